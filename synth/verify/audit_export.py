"""Audit of an export: its files against SHA256SUMS, their names, and on demand their contents."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from bgfg.data_manifests.audit.names import audit_names
from bgfg.data_manifests.audit.recognition import recognise_path
from bgfg.data_manifests.audit.tree import read_tree
from bgfg.data_manifests.corpus.manifest_file import EXPORT_FILE
from bgfg.data_manifests.corpus.naming import SUFFIXES
from bgfg.data_manifests.files.checksum import file_sha256
from bgfg.data_manifests.files.failing_call import call_reason
from bgfg.data_manifests.files.json_form import read_json
from bgfg.data_manifests.files.regular_file import UnfitFile
from bgfg.data_manifests.imports.coco_samples import coco_files
from bgfg.data_manifests.objects.failures import Missing
from bgfg.data_manifests.objects.mirror_folders import mirrored
from bgfg.data_manifests.objects.object_store import REQUESTS_AT_A_TIME
from bgfg.data_manifests.terminal.errors import counted, first_few
from bgfg.data_manifests.terminal.findings import Finding
from bgfg.synth.compose.executor import Executor
from bgfg.synth.export.export_record import EXPORT_FORMAT_NAME, SUMS_KEY, misfit_of_record
from bgfg.synth.formats.checksum_list import CHECKSUM_FILE, checksum_list_sha256, listed_files
from bgfg.synth.store.lock import LOCK_FILE
from bgfg.synth.verify.audit_annotations import annotation_findings
from bgfg.synth.verify.audit_pictures import audit_folder, picture_findings

# Files under a URL of which is known at a time that they are to be read.
_HASHED_AT_A_TIME = 1024


def audit_export(path: Path, executor: Executor, full: bool) -> Iterator[Finding]:
    """Yield what there is to say of an export: files against SHA256SUMS, and names where pictures are files.

    What isn't a readable export is audited as a folder of pictures.

    Args:
        path: The folder of the export.
        executor: What runs the checks of pictures.
        full: Whether checksums and the contents of pictures are checked too.
    """
    try:
        export = _Export.read(path)
    except ValueError as error:
        message = f"not the manifest of an export ({error})"
        yield Finding("error", "manifest", EXPORT_FILE, message)
        yield from audit_folder(path, executor, full)
        return
    message = f"an export as {export.format_name} of {export.samples:,} of {counted(export.all_samples, 'sample')}"
    yield Finding("note", "recognised", ".", message)
    if not export.complete:
        message = "the export isn't complete: run the same `bgfg export` again"
        yield Finding("error", "unfinished", EXPORT_FILE, message)
        return
    listed, fault = _listed(path, export)
    if fault:
        yield Finding("error", "manifest", CHECKSUM_FILE, fault)
    yield from _audit_files(path, export, listed, executor, full)


@dataclass(frozen=True)
class _Export:
    """What export.json says. sums_sha256: of SHA256SUMS; is_png: whether images and backgrounds are PNGs."""

    format_name: str
    is_png: bool
    complete: bool
    sums_sha256: str | None
    samples: int
    all_samples: int
    near_duplicates: Sequence[Sequence[str]]

    @classmethod
    def read(cls, path: Path) -> _Export:
        content = read_json(path / EXPORT_FILE)
        if not isinstance(content, dict) or content.get("format") != EXPORT_FORMAT_NAME:
            raise ValueError("of another format")
        if fault := misfit_of_record(content):
            raise ValueError(fault)
        asked, complete, sums = content["asked"], content["complete"], content.get(SUMS_KEY)
        format_name, is_png = asked["as"], asked.get("image") == "png"
        samples, all_samples = content.get("samples", 0), content["corpus"].get("samples", 0)
        return cls(format_name, is_png, complete, sums, samples, all_samples, content.get("near_duplicates", []))

    @property
    def suffixes(self) -> Mapping[str, tuple[str, ...]]:
        """Kind of image -> suffixes that its files may have."""
        return SUFFIXES | ({"bg": ("png",), "image": ("png",)} if self.is_png else {})


def _audit_files(
    path: Path, export: _Export, listed: Mapping[str, str], executor: Executor, full: bool
) -> Iterator[Finding]:
    # A lock stays where an export was refused, as another one was there.
    own = {EXPORT_FILE, CHECKSUM_FILE, LOCK_FILE}
    there = _files_of(path) - own
    has_names = export.format_name in ("folder", "zips", "coco")  # those of the grammar, on files or in packs
    renamed = _renamed(listed.keys() - there, there - listed.keys(), export.suffixes) if has_names else {}
    for file in sorted(listed.keys() - there - set(renamed.values())):
        yield Finding("error", "missing-file", file, f"listed in {CHECKSUM_FILE}, but not there")
    for file in sorted(there - listed.keys()):
        message = f"not a file of this export: {CHECKSUM_FILE} doesn't list it"
        if file in renamed:
            message = f"{CHECKSUM_FILE} has it as {renamed[file]}"
        yield Finding("warning", "stranger", file, message)
    if has_names:
        tree = read_tree(path, export.suffixes)
        annotations = [file.relative_to(path).as_posix() for file in coco_files(path)]
        yield from audit_names(tree, there | own, export.samples < export.all_samples, annotations)
        if annotations:
            images = [entry.path for entry in tree.kinds["image"]]
            yield from annotation_findings(path, annotations, images, executor.progress)
    if full:
        # A renamed file is held to the checksum of the file that it was.
        both = sorted(there & (listed.keys() | renamed.keys()))
        sums_there = {file: listed[renamed.get(file, file)] for file in both}
        changed = yield from _changed(path, sums_there, executor)
        if export.format_name in ("folder", "coco"):
            as_made = sums_there.keys() - changed
            for finding in picture_findings(tree, executor, export.near_duplicates):
                if (finding.check, finding.path in as_made) != ("mask-alpha", True):  # what is hidden isn't in a mask
                    yield finding


def _changed(path: Path, sums: Mapping[str, str], executor: Executor) -> Generator[Finding, None, set[str]]:
    """Yield a finding for each file whose SHA-256 isn't what it was; return all of these."""
    changed = set()
    with executor.progress("audit: checksums", len(sums), 0) as advance:
        for file, found in _sums_of(path, [*sums]):
            if isinstance(found, OSError):
                yield Finding("error", "unreadable", file, f"can't be read ({call_reason(found)})")
            elif found != sums[file]:
                changed.add(file)
                yield Finding("error", "changed", file, f"its SHA-256 isn't the one in {CHECKSUM_FILE}")
            advance(1)
    return changed


def _files_of(path: Path) -> set[str]:
    there = mirrored(path)
    if there is not None:
        return {key for key, _ in there.listed()}
    return {str(file.relative_to(path)) for file in path.rglob("*") if file.is_file()}


def _sums_of(path: Path, files: Sequence[str]) -> Iterator[tuple[str, str | OSError]]:
    """Yield each file with its SHA-256, or why it can't be read; those under a URL are read in concurrent requests."""
    there = mirrored(path)
    if there is None:
        yield from ((file, _sum_or_error(partial(file_sha256, path / file))) for file in files)
        return
    with ThreadPoolExecutor(REQUESTS_AT_A_TIME) as threads:
        for start in range(0, len(files), _HASHED_AT_A_TIME):
            reads = [partial(there.store.sha256, file) for file in files[start : start + _HASHED_AT_A_TIME]]
            yield from zip(files[start:], threads.map(_sum_or_error, reads), strict=False)


def _sum_or_error(read: Callable[[], str]) -> str | OSError:
    try:
        return read()
    except OSError as error:
        return error
    except Missing:  # since it was listed
        return FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT))


def _renamed(
    missing: AbstractSet[str], strangers: AbstractSet[str], suffixes: Mapping[str, tuple[str, ...]]
) -> dict[str, str]:
    """Return new name -> old name of the files that stand for a picture of a folder under another name."""
    found: dict[object, str] = {}
    for file in missing:
        if (entry := recognise_path(file, suffixes)) is not None and entry.name is not None:
            found[entry.folder, entry.kind, entry.sample] = file
    entries = ((file, recognise_path(file, suffixes)) for file in sorted(strangers))
    pairs = ((file, found.pop((e.folder, e.kind, e.sample), None)) for file, e in entries if e is not None and e.name)
    return {new: old for new, old in pairs if old is not None}


def _listed(path: Path, export: _Export) -> tuple[dict[str, str], str]:
    """Read SHA256SUMS: file -> SHA-256, and what is wrong with it in words, "" where nothing is.

    These names are compared with what is there, and never opened as they stand.
    """
    listed: dict[str, str] = {}
    damaged = []
    try:
        for number, entry in enumerate(listed_files(path), start=1):
            if entry is None:
                damaged.append(number)
            else:
                listed[entry.file] = entry.sha256
        is_sealed = checksum_list_sha256(path) == export.sums_sha256
    except (FileNotFoundError, IsADirectoryError):
        return {}, "missing"
    except UnfitFile as error:
        return {}, str(error)
    if damaged:
        of = "line" if len(damaged) == 1 else "lines"
        return listed, f"damaged in {of} {first_few(damaged)}: a SHA-256 and a name are expected"
    return listed, "" if is_sealed else f"not the list that {EXPORT_FILE} was sealed with"
