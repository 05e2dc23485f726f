"""Writes what isn't done of an export: parts by workers, and files of groups as soon as their parts are there."""

from __future__ import annotations

from collections.abc import Callable, Sequence, Set
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np

from bgfg.data_manifests.terminal.progress import Advance
from bgfg.synth.compose.executor import Executor, raise_failures
from bgfg.synth.export.assets import write_camera_list
from bgfg.synth.export.atomic_writer import AtomicWriter
from bgfg.synth.export.croissant import write_croissant
from bgfg.synth.export.format import Assemble, ExportFormat, ExportJob, SampleGroups, SampleIndices
from bgfg.synth.export.forms.registry import EXPORT_FORMATS
from bgfg.synth.export.part import ExportPart, split_into_parts
from bgfg.synth.export.reorder_buffer import ReorderBuffer
from bgfg.synth.export.request import ExportRequest
from bgfg.synth.store.changes import open_with_digest, require_unchanged


def write_all(job: ExportJob, export_format: ExportFormat, groups: SampleGroups, executor: Executor) -> list[str]:
    """Write whatever isn't marked; return the names of all marks, in the order of SHA256SUMS."""
    parts = split_into_parts(groups, export_format.samples_per_part)
    job.manifest.save_parts(parts, executor.is_cluster)
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


def write_description(job: ExportJob, samples: int, names: Sequence[str]) -> str:
    """Write croissant.json, which lists what was written for some marks; return the name of its own."""
    with job.manifest.writer() as writer:
        write_croissant(job, samples, job.manifest.marks.files(names), writer)
        _mark_done(job, "croissant", writer)
    return "croissant"


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
    part = job.manifest.load_part(number)
    with job.manifest.writer(number) as writer:
        EXPORT_FORMATS[request.format_name].write(job, part, writer)
        _mark_done(job, str(number), writer)


def _mark_done(job: ExportJob, name: str, writer: AtomicWriter) -> None:
    """Mark what was written, if it was read of one state of the corpus."""
    require_unchanged(job.corpus, job.request.depth_bits is not None)
    job.manifest.mark_done(name, writer.finish())


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
    reading = replace(executor, reads=(job.corpus.path,))
    failures = reading.run(job.manifest.out, work, list(left), lambda result: on_done(left[result.task]))
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
    job.manifest.remove_segments(set(_names(buffer.parts)))
