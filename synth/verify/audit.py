"""`bgfg audit`: which kind of thing lies at a path, and everything that is to be said of it."""

from __future__ import annotations

import json
import uuid
from collections.abc import Generator, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
from bgfg.data_manifests.audit.contents import Inspection, Inspector
from bgfg.data_manifests.audit.cross_file import compare
from bgfg.data_manifests.audit.names import archives_of, audit_names
from bgfg.data_manifests.audit.tree import Tree, entry_of, read_tree
from bgfg.data_manifests.corpus import tables
from bgfg.data_manifests.corpus.assets import Asset
from bgfg.data_manifests.corpus.manifest import file_sha256
from bgfg.data_manifests.corpus.naming import SUFFIXES
from bgfg.data_manifests.images.fit import flip
from bgfg.data_manifests.terminal.errors import Problem, command, few
from bgfg.data_manifests.terminal.findings import Finding, ordered
from bgfg.synth.compose.executor import Crew, Outcome, produce
from bgfg.synth.export.manifest import FORMAT, SUMS
from bgfg.synth.store.layout import SHARDED
from bgfg.synth.store.store import Corpus
from bgfg.synth.verify.verify import verify_corpus
from bgfg.synth.verify.verify_plan import check_plan

EXPORT = "export.json"


@dataclass(frozen=True)
class Report:
    """An audit. what: "corpus", "export" or "folder"; findings: errors first."""

    what: str
    findings: list[Finding]


def audit(path: Path, crew: Crew, full: bool = False) -> Report:
    """Audit a corpus, an export or any other folder of this exercise: names and structure, with `full` contents too.

    Raises Problem only where there is nothing to audit: whatever is wrong is a finding.
    """
    if not path.is_dir():
        raise Problem(f"{path}: no such folder: give a corpus, an export or a folder of pictures", exit_code=2)
    if (path / "manifest" / "corpus.json").is_file():
        return Report("corpus", ordered(_audit_corpus(path, crew, full)))
    if (path / EXPORT).is_file():
        return Report("export", ordered(_audit_export(path, crew, full)))
    return Report("folder", ordered(_audit_folder(path, crew, full)))


def _audit_corpus(path: Path, crew: Crew, full: bool) -> Iterator[Finding]:
    try:
        corpus = Corpus(path)
    except Problem as problem:
        yield from (_finding("manifest", path, line) for line in problem.lines)
        return
    g = corpus.geometry
    plan = f"{g.backgrounds} backgrounds x {g.cutouts} cut-outs x 2 (flips) x {g.placements} placements"
    what = f"a corpus of {len(corpus):,} samples of {g.width_px}x{g.height_px}: {plan}"
    yield Finding("note", "recognised", ".", what)
    try:
        yield from _missing_shards(corpus)
        yield from _duplicates(corpus)
        if full:
            yield from _mirrors(corpus)
    except Problem as problem:
        yield from (_finding("manifest", path, line) for line in problem.lines)
    if full:
        found = verify_corpus(path, crew, recompose=True).found  # what the plan's own check says is among it
        yield from (_finding("stored", path, line) for line in found)
    else:
        yield from (_finding("manifest", path, line) for line in check_plan(corpus, crew.progress))


def _missing_shards(corpus: Corpus) -> Iterator[Finding]:
    """Composites without masks or depth maps, the other way round, and what isn't made at all."""
    done = {array: corpus.done(array) for array in SHARDED if array in corpus.layouts}
    for array, shards in done.items():
        left = [shard for shard in corpus.shards if shard not in shards]
        if left:
            run = command("label" if array == "depth" else "compose", corpus.path)
            message = f"{len(left)} of {len(corpus.shards)} shards aren't made ({few(left)}): run {run}"
            yield Finding("error", f"missing-{array}", f"data.zarr/{array}", message)
    if "depth" not in done:
        message = f"there are no depth maps: {command('label', corpus.path)} makes them"
        yield Finding("note", "kind-absent", ".", message)


def _duplicates(corpus: Corpus) -> Iterator[Finding]:
    """Near-duplicates among the sources, which planning found; they share a group, and should share a split."""
    rows = [Asset(**row) for row in tables.read_assets(corpus.path / "manifest" / tables.ASSETS)]
    originals = [asset for asset in rows if asset.flip_of is None]
    first = {(asset.kind, asset.id): asset for asset in originals}
    for asset in originals:
        like = first.get((asset.kind, asset.group))
        if like is not None and like != asset:
            exact = "the same file as" if asset.sha256 == like.sha256 else "a near-duplicate of"
            across = f", across the splits {like.split} and {asset.split}" if asset.split != like.split else ""
            message = f"{exact} {like.file} ({like.name}){across or f', both in {asset.split}'}"
            yield Finding("warning", "duplicate", f"{asset.file} ({asset.name})", message)


def _mirrors(corpus: Corpus) -> Iterator[Finding]:
    sizes = corpus.cutout_sizes.tolist()
    for f in range(0, 2 * corpus.geometry.cutouts, 2):
        height_px, width_px = sizes[f]
        both = corpus.read("cutout", slice(f, f + 2))[:, :height_px, :width_px]
        if not np.array_equal(both[1], flip(both[0])):
            yield Finding("error", "flip", f"data.zarr/cutout, picture {f + 1}", f"isn't the exact mirror of {f}")


def _audit_export(path: Path, crew: Crew, full: bool) -> Iterator[Finding]:
    try:
        content = json.loads((path / EXPORT).read_text(encoding="utf-8"))
        if content["format"] != FORMAT:
            raise ValueError(f"its format is {content['format']!r}")
        asked, complete, sums = content["asked"], content["complete"], content.get(SUMS.lower())
        way, png = asked["as"], asked["image"] == "png"
        chosen, all_samples = content.get("samples", 0), content["corpus"]["samples"]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, OSError) as error:
        yield Finding("error", "manifest", EXPORT, f"not the manifest of an export ({type(error).__name__}: {error})")
        yield from _audit_folder(path, crew, full)
        return
    yield Finding("note", "recognised", ".", f"an export as {way} of {chosen:,} of {all_samples:,} samples")
    if not complete:
        yield Finding("error", "unfinished", EXPORT, "the export isn't complete: run the same `bgfg export` again")
        return
    listed = _listed(path)
    if not (path / SUMS).is_file() or file_sha256(path / SUMS) != sums:
        yield Finding("error", "manifest", SUMS, f"missing, or not the list that {EXPORT} was sealed with")
    there = {str(file.relative_to(path)) for file in path.rglob("*") if file.is_file()} - {EXPORT, SUMS}
    by_names = way in ("folder", "zips", "coco")
    suffixes = SUFFIXES | ({"bg": ("png",), "image": ("png",)} if png else {})
    renamed = _renamed(listed.keys() - there, there - listed.keys(), suffixes) if by_names else {}
    for file in sorted(listed.keys() - there - set(renamed.values())):
        yield Finding("error", "missing-file", file, f"listed in {SUMS}, but not there")
    for file in sorted(there - listed.keys()):
        is_what = (
            f"{SUMS} has it as {renamed[file]}"
            if file in renamed
            else f"not a file of this export: {SUMS} doesn't list it"
        )
        yield Finding("warning", "stranger", file, is_what)
    if by_names:
        tree = read_tree(path, suffixes)
        yield from audit_names(tree, known=there | {EXPORT, SUMS}, partial=chosen < all_samples)
    if full:
        sums_there = {
            file: listed[renamed.get(file, file)] for file in sorted(there & (listed.keys() | renamed.keys()))
        }
        changed = yield from _changed(path, sums_there, crew)
        if way in ("folder", "coco"):
            as_made = sums_there.keys() - changed
            for finding in _contents(tree, crew, content.get("near_duplicates", [])):
                if (finding.check, finding.path in as_made) != ("mask-alpha", True):  # what is hidden isn't in a mask
                    yield finding


def _changed(path: Path, sums: Mapping[str, str], crew: Crew) -> Generator[Finding, None, set[str]]:
    """Yield a finding for each file whose SHA-256 isn't what it was; return all of these."""
    changed = set()
    with crew.progress("audit: checksums", len(sums), 0) as advance:
        for file, sha256 in sums.items():
            try:
                same = file_sha256(path / file) == sha256
            except OSError as error:
                yield Finding("error", "unreadable", file, f"can't be read ({error.strerror})")
                same = True
            if not same:
                changed.add(file)
                yield Finding("error", "changed", file, f"its SHA-256 isn't the one in {SUMS}")
            advance(1)
    return changed


def _renamed(
    missing: AbstractSet[str], strangers: AbstractSet[str], suffixes: Mapping[str, tuple[str, ...]]
) -> dict[str, str]:
    """Return new name -> old name of the files that stand for a picture of a folder under another name."""
    found: dict[object, str] = {}
    for file in missing:
        if (entry := entry_of(file, suffixes)) is not None and entry.name is not None:
            found[entry.folder, entry.kind, entry.sample] = file
    entries = ((file, entry_of(file, suffixes)) for file in sorted(strangers))
    pairs = ((file, found.pop((e.folder, e.kind, e.sample), None)) for file, e in entries if e is not None and e.name)
    return {new: old for new, old in pairs if old is not None}


def _listed(path: Path) -> dict[str, str]:
    """Read SHA256SUMS: file -> SHA-256. These names are compared with what is there, and never opened as they stand."""
    try:
        lines = (path / SUMS).read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return {}
    return {file: sha256 for sha256, _, file in (line.partition("  ") for line in lines)}


def _audit_folder(path: Path, crew: Crew, full: bool) -> Iterator[Finding]:
    tree = read_tree(path)
    yield from audit_names(tree)
    if full:
        yield from _contents(tree, crew)


def _contents(tree: Tree, crew: Crew, known: Sequence[Sequence[str]] = ()) -> Iterator[Finding]:
    """Read every picture, in parts that the crew shares. known: near-duplicates that are no news."""
    for archive in sorted(archives_of(tree)):
        message = "its pictures are known by their names alone: unpack it, and audit what comes out with --full"
        yield Finding("note", "not-read", archive, message)
    run = uuid.uuid4().hex  # what a process knows of the tree is good for one audit
    inspector = Inspector(tree)
    gathered = Inspection()
    with crew.progress("audit: pictures", inspector.pictures, 0) as advance:

        def gather(outcome: Outcome) -> None:
            gathered.add(outcome.result)
            advance(inspector.pictures_in(outcome.shard))

        failures = produce(tree.root, partial(inspect_part, tree.root, run), range(inspector.parts), crew, gather)
    yield from gathered.findings
    yield from compare(gathered, known, crew.workers)
    for failure in failures:
        yield Finding("error", "unreadable", f"pictures of part {failure.shard}", failure.reason)


def inspect_part(path: Path, run: str, part: int) -> Inspection:
    """Read the pictures of one part of a tree, which a process lists once a run."""
    return _inspector(path, run).inspect(part)


@lru_cache(maxsize=1)
def _inspector(path: Path, _run: str) -> Inspector:
    return Inspector(read_tree(path))


def _finding(check: str, root: Path, line: str) -> Finding:
    """Make a finding of a line that begins with what it is about."""
    about, _, message = line.partition(": ")
    inside = about.removeprefix(f"{root}/")
    return Finding("error", check, inside or ".", message or line)
