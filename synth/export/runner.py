"""The one loop of all exports: select, cut into parts, write those that aren't done, assemble, seal."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from bgfg.data_manifests.corpus.selection import select
from bgfg.data_manifests.terminal.errors import command
from bgfg.data_manifests.terminal.progress import Advance
from bgfg.data_manifests.terminal.version import BGFG
from bgfg.synth.compose.executor import Crew, produce, raise_for
from bgfg.synth.compose.recipe import opened
from bgfg.synth.export.assets import near_duplicates
from bgfg.synth.export.coco import COCO
from bgfg.synth.export.encode import depth_record
from bgfg.synth.export.folder import FOLDER
from bgfg.synth.export.format import Assemble, Groups, Job, Samples, Way
from bgfg.synth.export.hdf5 import HDF5
from bgfg.synth.export.manifest import FORMAT, VERSION
from bgfg.synth.export.parquet import PARQUET
from bgfg.synth.export.part import Part, cut
from bgfg.synth.export.reorder import Belt
from bgfg.synth.export.request import Request
from bgfg.synth.export.webdataset import WEBDATASET
from bgfg.synth.export.zips import ZIPS
from bgfg.synth.store.store import Corpus

WAYS = {
    "folder": FOLDER,
    "zips": ZIPS,
    "webdataset": WEBDATASET,
    "coco": COCO,
    "hdf5": HDF5,
    "parquet": PARQUET,
}

# What decides the bytes, by the names of the distributions.
_LIBRARIES = ("numpy", "opencv-python-headless", "pyarrow", "h5py")


@dataclass(frozen=True)
class Exported:
    """What an export came to. unchanged: whether all of it was there before."""

    samples: int
    files: int
    bytes: int
    notes: tuple[str, ...]
    unchanged: bool


def export_corpus(path: Path, out: Path, request: Request, crew: Crew) -> Exported:
    """Export what `request` asks for of the corpus at `path` into the folder `out`.

    The bytes depend on corpus, request and versions alone; what an interrupted export of the same left is kept.
    Raises Problem where nothing is selected, shards are missing, `out` holds something else, or parts failed.
    """
    corpus = Corpus(path)
    corpus.check_plan()
    request, notes = _with_what_there_is(corpus, request)
    way = WAYS[request.way]
    chosen = select(corpus.path, corpus.geometry, request.selection)
    groups = _groups(way, chosen)
    samples = np.sort(np.concatenate(list(chosen.values())))
    _require_shards(corpus, samples, request)
    job = Job(corpus, out, request)
    head = _head(job)
    with job.ledger.open(head):
        unchanged = job.ledger.complete() is not None
        if not unchanged:
            names = _write_all(job, way, groups, crew)
            splits = {split: len(numbers) for split, numbers in chosen.items()}
            job.ledger.seal(head | _summary(job, len(samples), splits, notes), names)
        content = job.ledger.complete() or {}
    written = content["written"].values()
    totals = sum(kind["files"] for kind in written), sum(kind["bytes"] for kind in written)
    return Exported(len(samples), *totals, tuple(notes), unchanged)


def write_part(path: Path, digest: str, out: Path, request: Request, number: int) -> None:
    """Write and mark one part of an export."""
    job = Job(opened(path, digest), out, request)
    part = Part.load(job.ledger.parts, number)
    with job.ledger.scratch(number) as scratch:
        WAYS[request.way].write(job, part, scratch)
        job.ledger.mark(str(number), scratch.written)


def _write_all(job: Job, way: Way, groups: Groups, crew: Crew) -> list[str]:
    """Write whatever isn't marked; return the names of all marks, in the order of SHA256SUMS."""
    parts = cut(groups, way.samples_per_part)
    for part in parts:
        part.save(job.ledger.parts)
    with job.ledger.scratch() as scratch:
        if way.prepare is not None:
            way.prepare(job, groups, scratch)
        job.ledger.mark("assets", scratch.written)
    done = job.ledger.marked()
    made = sum(len(part.samples) for part in parts if str(part.number) in done)
    with crew.progress("export", sum(map(len, groups.values())), made) as advance:
        if way.assemble is None:
            _write_parts(job, parts, crew, lambda part: advance(len(part.samples)))
            return ["assets", *(str(part.number) for part in parts)]
        for group, samples in groups.items():
            if group not in done:
                belt = Belt([part for part in parts if part.group == group], done)
                _write_group(job, way.assemble, group, samples, belt, crew, advance)
    return ["assets", *(str(part.number) for part in parts), *groups]


def _write_parts(job: Job, parts: Sequence[Part], crew: Crew, done: Callable[[Part], None]) -> None:
    """Write those of the parts that aren't marked, and call `done` with each."""
    marks = job.ledger.marked()
    left = {part.number: part for part in parts if str(part.number) not in marks}
    work = partial(write_part, job.corpus.path, job.corpus.manifest.digest, job.ledger.out, job.request)
    failures = produce(job.ledger.out, work, list(left), crew, lambda outcome: done(left[outcome.shard]))
    raise_for(failures, "part")


def _write_group(
    job: Job, assemble: Assemble, group: str, samples: Samples, belt: Belt, crew: Crew, advance: Advance
) -> None:
    """Write the parts of one group and, meanwhile, make of their segments what they are segments of; remove them."""

    def put(part: Part) -> None:
        belt.put(part)
        advance(len(part.samples))

    with job.ledger.scratch() as scratch, ThreadPoolExecutor(1) as thread:
        assembled = thread.submit(assemble, job, group, samples, iter(belt), scratch)
        try:
            _write_parts(job, belt.parts, crew, put)
        finally:
            belt.end()
        assembled.result()
        job.ledger.mark(group, scratch.written)
    for segment in job.ledger.segments.iterdir():
        segment.unlink()


def _groups(way: Way, chosen: Groups) -> Groups:
    """Return which samples go together into files: those of a split, those of a pack, or all."""
    if way.by_split:
        return chosen
    samples = np.sort(np.concatenate(list(chosen.values())))
    if way.pack_samples is None:
        return {"all": samples}
    starts = range(0, len(samples), way.pack_samples)
    digits = max(2, len(str(len(starts))))
    return {
        f"pack_{number:0{digits}d}": samples[start : start + way.pack_samples]
        for number, start in enumerate(starts, start=1)
    }


def _with_what_there_is(corpus: Corpus, request: Request) -> tuple[Request, list[str]]:
    if request.depth_bits is None or corpus.manifest.teacher is not None:
        return request, []
    label = command("label", corpus.path)
    note = f"no depth maps: the corpus isn't labelled; run {label} first, and they are exported too"
    return replace(request, depth_bits=None), [note]


def _require_shards(corpus: Corpus, samples: Samples, request: Request) -> None:
    """Raise Problem where a shard that is needed isn't done."""
    needed = set(np.unique(samples // corpus.samples_per_shard).tolist())
    for array in (*corpus.composed, *(("depth",) if request.depth_bits is not None else ())):
        if missing := needed - corpus.done(array):
            corpus.require(array, min(missing))


def _head(job: Job) -> dict[str, Any]:
    """Return what makes two exports the same."""
    manifest = job.corpus.manifest
    teacher = manifest.teacher if job.request.depth_bits is not None else None
    corpus = {"digest": manifest.digest, "samples": len(job.corpus), "teacher": teacher}
    return {"format": FORMAT, "version": VERSION, "asked": job.request.record(), "corpus": corpus}


def _summary(job: Job, samples: int, splits: Mapping[str, int], notes: Sequence[str]) -> dict[str, Any]:
    bits = job.request.depth_bits
    return {
        "samples": samples,
        "splits": dict(splits),
        "depth": None if bits is None else depth_record(job.corpus.depth_code(), bits),
        "near_duplicates": near_duplicates(job.corpus),
        "notes": list(notes),
        "versions": {"bgfg": BGFG} | {name: version(name) for name in _LIBRARIES},
    }
