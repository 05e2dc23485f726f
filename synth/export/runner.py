"""Runs an export of any format: selects samples, cuts them into parts, writes what isn't done, assembles, seals."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from bgfg.data_manifests.corpus.digest import content_sha256
from bgfg.data_manifests.corpus.selection import Filter, Selection, parse_range, select_samples
from bgfg.data_manifests.corpus.splits import SPLITS
from bgfg.data_manifests.terminal.errors import Problem, bgfg_command, first_few
from bgfg.data_manifests.terminal.progress import Advance
from bgfg.data_manifests.terminal.version import BGFG_VERSION
from bgfg.synth.compose.executor import Executor, raise_failures
from bgfg.synth.export.assets import near_duplicates, write_camera_list
from bgfg.synth.export.atomic_writer import AtomicWriter
from bgfg.synth.export.coco import COCO_FORMAT
from bgfg.synth.export.croissant import write_croissant
from bgfg.synth.export.encode import depth_metadata
from bgfg.synth.export.export_record import EXPORT_FORMAT_NAME, EXPORT_FORMAT_VERSION
from bgfg.synth.export.folder import FOLDER_FORMAT
from bgfg.synth.export.format import Assemble, ExportFormat, ExportJob, SampleGroups, SampleIndices
from bgfg.synth.export.hdf5 import HDF5_FORMAT
from bgfg.synth.export.mds import MDS_FORMAT
from bgfg.synth.export.normal_maps import require_focal_lengths, require_metric_depth
from bgfg.synth.export.normals import normal_metadata
from bgfg.synth.export.parquet import PARQUET_FORMAT
from bgfg.synth.export.part import ExportPart, split_into_parts
from bgfg.synth.export.reorder_buffer import ReorderBuffer
from bgfg.synth.export.request import ExportRequest
from bgfg.synth.export.webdataset import WEBDATASET_FORMAT
from bgfg.synth.export.yolo import YOLO_FORMAT
from bgfg.synth.export.zips import ZIPS_FORMAT
from bgfg.synth.store.changes import open_with_digest, require_unchanged, unchanged_meanwhile
from bgfg.synth.store.corpus import Corpus
from bgfg.synth.store.outputs import EXPORT, require_place

EXPORT_FORMATS = {
    "folder": FOLDER_FORMAT,
    "zips": ZIPS_FORMAT,
    "webdataset": WEBDATASET_FORMAT,
    "mds": MDS_FORMAT,
    "coco": COCO_FORMAT,
    "yolo": YOLO_FORMAT,
    "hdf5": HDF5_FORMAT,
    "parquet": PARQUET_FORMAT,
}

# What decides the bytes, by the names of the distributions.
_LIBRARIES = ("numpy", "opencv-python-headless", "pyarrow", "h5py", "zstandard")


@dataclass(frozen=True)
class ExportResult:
    """What an export came to.

    Attributes:
        samples: How many samples it has.
        files: How many files it has.
        bytes: Size of all of them.
        notes: What the user should know.
        unchanged: Whether all of it was there before.
    """

    samples: int
    files: int
    bytes: int
    notes: tuple[str, ...]
    unchanged: bool


def export_request(
    format_name: str,
    splits: Sequence[str] = (),
    samples: str | None = None,
    where: Sequence[str] = (),
    depth: str | None = None,
    **options: Any,
) -> ExportRequest:
    """Return the request that is asked for in the words of the command line.

    Args:
        format_name: Name of the format, of EXPORT_FORMATS.
        splits: Names of splits; all where none is named.
        samples: A range "FIRST:END" of samples, or None for all.
        where: Filters on columns of samples.parquet, such as "visible_px>=500".
        depth: Bits of depth maps, "8" or "16", or "none"; None for what the format takes by default.
        **options: Further fields of ExportRequest.

    Raises:
        Problem: For a name, range or filter that makes no sense, or an option that the format doesn't have (exit
            code 2).
    """
    if format_name not in EXPORT_FORMATS:
        raise Problem(f"--as {format_name}: no such form: give one of {', '.join(EXPORT_FORMATS)}", exit_code=2)
    for name in splits:
        if name not in SPLITS:
            raise Problem(f"--split {name}: no such split: give one of {', '.join(SPLITS)}", exit_code=2)
    chosen = Selection(
        tuple(name for name in SPLITS if name in splits),
        None if samples is None else parse_range(samples),
        tuple(Filter.parse(text) for text in where),
    )
    depths = {None: EXPORT_FORMATS[format_name].default_depth_bits, "8": 8, "16": 16, "none": None}
    if depth not in depths:
        raise Problem(f"--depth {depth}: give one of 8, 16, none", exit_code=2)
    bits = depths[depth]
    return ExportRequest(format_name, chosen, depth_bits=bits, **options)


def export_corpus(path: Path, out: Path, request: ExportRequest, executor: Executor) -> ExportResult:
    """Export a corpus.

    The bytes depend on corpus, request and versions alone; what an interrupted export of the same left is kept.

    Args:
        path: The folder of the corpus.
        out: The folder of the export.
        request: What is asked for.
        executor: What runs the parts.

    Returns:
        What was written, or was there already.

    Raises:
        Problem: Nothing is selected, shards are missing, `out` holds something else, or parts failed.
    """
    require_place(out, "OUT", EXPORT)
    corpus = Corpus(path)
    corpus.check_plan()
    _require_one_label(corpus, request)
    if request.normals:
        require_metric_depth(corpus)
    request, notes = _without_missing_depth(corpus, request)
    export_format = EXPORT_FORMATS[request.format_name]
    request.selection.require_classes(corpus.classes)
    chosen = select_samples(corpus.path, corpus.samples_path, corpus.geometry, request.selection)
    groups = export_format.groups(chosen)
    samples = np.sort(np.concatenate(list(chosen.values())))
    _require_shards(corpus, samples, request)
    job = ExportJob(corpus, out, request)
    if request.normals:
        require_focal_lengths(corpus, samples, request.fov_deg)
    head = _identity(job)
    with job.manifest.open(head, executor.progress), unchanged_meanwhile(corpus, request.depth_bits is not None):
        unchanged = job.manifest.complete() is not None
        if not unchanged:
            names = _write_all(job, export_format, groups, executor)
            names.append(_write_description(job, len(samples), names))
            splits = {split: len(numbers) for split, numbers in chosen.items()}
            job.manifest.seal(head | _summary(job, len(samples), splits, notes), names)
        content = job.manifest.complete() or {}
    if job.manifest.is_renewed:
        notes.append("files were missing or had other sizes: all were written again")
    written = content["written"].values()
    totals = sum(kind["files"] for kind in written), sum(kind["bytes"] for kind in written)
    return ExportResult(len(samples), *totals, tuple(notes), unchanged)


def write_part(path: Path, digest: str, out: Path, request: ExportRequest, number: int) -> None:
    """Write and mark one part of an export.

    Args:
        path: The folder of the corpus.
        digest: Digest that the corpus has to have.
        out: The folder of the export.
        request: What is asked for.
        number: Number of the part.

    Raises:
        Problem: The corpus has another digest.
    """
    job = ExportJob(open_with_digest(path, digest), out, request)
    part = ExportPart.load(job.manifest.parts, number)
    with job.manifest.writer(number) as writer:
        EXPORT_FORMATS[request.format_name].write(job, part, writer)
        _mark_done(job, str(number), writer)


def _mark_done(job: ExportJob, name: str, writer: AtomicWriter) -> None:
    """Mark what was written, if it was read of one state of the corpus."""
    require_unchanged(job.corpus, job.request.depth_bits is not None)
    job.manifest.mark_done(name, writer.written)


def _write_all(job: ExportJob, export_format: ExportFormat, groups: SampleGroups, executor: Executor) -> list[str]:
    """Write whatever isn't marked; return the names of all marks, in the order of SHA256SUMS."""
    parts = split_into_parts(groups, export_format.samples_per_part)
    for part in parts:
        part.save(job.manifest.parts)
    with job.manifest.writer() as writer:
        if export_format.prepare is not None:
            export_format.prepare(job, groups, writer)
        write_camera_list(job, np.sort(np.concatenate(list(groups.values()))), writer)
        _mark_done(job, "assets", writer)  # they are few, so they are written anew each time
    done = job.manifest.done_names(with_segments=False)
    made: set[str] = set()
    if export_format.assemble is not None:  # a part is done by its segments, or by the file that they have become
        made = {group for group in groups if done.issuperset((group, *_names(parts, group)))}
        done = {name for group in made for name in _names(parts, group)} | job.manifest.done_names()
    written = sum(len(part.samples) for part in parts if str(part.number) in done)
    with executor.progress("export", sum(map(len, groups.values())), written) as advance:
        if export_format.assemble is None:
            _write_parts(job, parts, done, executor, lambda part: advance(len(part.samples)))
            return ["assets", *_names(parts)]
        for group, samples in groups.items():
            if group not in made:
                buffer = ReorderBuffer([part for part in parts if part.group == group], done)
                _write_group(job, export_format.assemble, group, samples, buffer, done, executor, advance)
    return ["assets", *_names(parts), *groups]


def _write_description(job: ExportJob, samples: int, names: Sequence[str]) -> str:
    """Write croissant.json, which lists what was written for some marks; return the name of its own."""
    with job.manifest.writer() as writer:
        write_croissant(job, samples, job.manifest.written_files(names), writer)
        _mark_done(job, "croissant", writer)
    return "croissant"


def _names(parts: Sequence[ExportPart], group: str | None = None) -> list[str]:
    """Return the names of the marks of parts: of all, or of those of a group."""
    return [str(part.number) for part in parts if group in (None, part.group)]


def _write_parts(
    job: ExportJob,
    parts: Sequence[ExportPart],
    done: Set[str],
    executor: Executor,
    on_done: Callable[[ExportPart], None],
) -> None:
    """Write those of the parts that aren't done, and call `on_done` with each."""
    left = {part.number: part for part in parts if str(part.number) not in done}
    work = partial(write_part, job.corpus.path, job.corpus.manifest.digest, job.manifest.out, job.request)
    failures = executor.run(job.manifest.out, work, list(left), lambda result: on_done(left[result.task]))
    raise_failures(failures, "part")


def _write_group(
    job: ExportJob,
    assemble: Assemble,
    group: str,
    samples: SampleIndices,
    buffer: ReorderBuffer,
    done: Set[str],
    executor: Executor,
    advance: Advance,
) -> None:
    """Write the parts of one group while a thread assembles their segments into one file; remove the segments."""

    def put(part: ExportPart) -> None:
        buffer.put(part)
        advance(len(part.samples))

    with job.manifest.writer() as writer, ThreadPoolExecutor(1) as thread:
        assembled = thread.submit(assemble, job, group, samples, iter(buffer), writer)
        try:
            _write_parts(job, buffer.parts, done, executor, put)
        finally:
            buffer.close()  # else the thread would wait for parts that failed
        assembled.result()
        _mark_done(job, group, writer)
    numbers = set(_names(buffer.parts))
    for segment in job.manifest.segments.iterdir():
        if segment.name.partition(".")[0] in numbers:  # others may wait for their group
            segment.unlink()


def _without_missing_depth(corpus: Corpus, request: ExportRequest) -> tuple[ExportRequest, list[str]]:
    """Return the request without depth where the corpus has none, and a note that says so."""
    if request.depth_bits is None or corpus.manifest.teacher is not None:
        return request, []
    label = bgfg_command("label", corpus.path)
    note = f"no depth maps: the corpus isn't labelled; run {label} first, and they are exported too"
    return replace(request, depth_bits=None), [note]


def _require_one_label(corpus: Corpus, request: ExportRequest) -> None:
    """Raise Problem where one name is to stand for several classes."""
    if request.label is not None and len(corpus.classes) > 1:
        classes = first_few(corpus.classes, 3)
        line = f"--label {request.label}: {corpus.path} has {len(corpus.classes)} classes ({classes})"
        raise Problem(f"{line}, whose names go into the export: leave it out", exit_code=2)


def _require_shards(corpus: Corpus, samples: SampleIndices, request: ExportRequest) -> None:
    """Raise Problem where a shard that is needed isn't done."""
    needed = set(corpus.shards_of(samples))
    for array in (*corpus.composed_arrays, *(("depth",) if request.depth_bits is not None else ())):
        if missing := needed - corpus.done_shards(array):
            corpus.require_done(array, min(missing))


def _identity(job: ExportJob) -> dict[str, Any]:
    """Return what makes two exports the same, so that the second goes on with the first."""
    manifest = job.corpus.manifest
    teacher = manifest.teacher if job.request.depth_bits is not None else None
    corpus = {"digest": manifest.digest, "samples": len(job.corpus), "teacher": teacher}
    asked = job.request.record()
    if manifest.classes:
        # The digest is of pixels alone: who is of which class makes another export too.
        labels = {"labels": job.corpus.cutout_labels}
        corpus |= {"classes": list(manifest.classes), "labels_sha256": content_sha256(labels)}
        if job.request.label is None:
            asked.pop("label", None)
    return {
        "format": EXPORT_FORMAT_NAME,
        "version": EXPORT_FORMAT_VERSION,
        "asked": asked,
        "corpus": corpus,
    }


def _summary(job: ExportJob, samples: int, splits: Mapping[str, int], notes: Sequence[str]) -> dict[str, Any]:
    """Return what export.json says of a finished export beside its identity and its files."""
    bits = job.request.depth_bits
    return {
        "samples": samples,
        "splits": dict(splits),
        "depth": None if bits is None else depth_metadata(job.corpus.depth_code(), bits),
        **({"normals": normal_metadata()} if job.request.normals else {}),
        "near_duplicates": near_duplicates(job.corpus),
        "notes": list(notes),
        "versions": {"bgfg": BGFG_VERSION} | {name: version(name) for name in _LIBRARIES},
    }
