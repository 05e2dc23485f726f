"""Unfinished shards -> depth; and what a teacher is."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import zarr
from numpy.typing import NDArray
from zarr.storage import LocalStore

from data_manifests.problem import Problem
from depth_teacher.layered import Layered
from synth.depth_code import LogDepth
from synth.layout import layouts
from synth.lock import only_writer
from synth.marks import Mark, level_histograms
from synth.produce import Crew, make_missing
from synth.recipe import Recipe, opened
from synth.shard import ChunkEncoder
from synth.store import Corpus

TEACHERS = {"layered": Layered}


class Teacher(Protocol):
    """What labels a corpus with depth: a pure function of the corpus and the shard."""

    @property
    def encoding(self) -> LogDepth:
        """How its codes stand for metres."""

    def describe(self) -> dict[str, Any]:
        """Return name, version, weights' SHA-256, licence and input size."""

    def label(self, recipe: Recipe) -> Iterator[NDArray[np.uint8]]:
        """Yield the depth codes of each block of a shard, (K, H, W) uint8; the buffer may be used again."""


def label_corpus(path: Path, teacher_name: str, crew: Crew) -> None:
    """Make every unfinished shard of depth of the corpus at `path`.

    Raises Problem where the corpus is held by another writer, was changed by hand, was labelled by another teacher,
    can't be labelled by this one, or where shards failed.
    """
    Corpus(path)  # what is no corpus has no lock either
    with only_writer(path):
        corpus = Corpus(path)
        corpus.check_plan()
        teacher: Teacher = TEACHERS[teacher_name](corpus)
        _record(corpus, teacher)
        work = partial(label_shard, path, corpus.manifest.digest, teacher_name)
        make_missing(corpus, ("depth",), work, crew, lambda: bytes_per_sample(corpus, teacher))


def label_shard(path: Path, digest: str, teacher_name: str, shard: int) -> None:
    """Label, write and mark one shard of depth, block by block."""
    corpus = opened(path, digest)
    teacher: Teacher = TEACHERS[teacher_name](corpus)
    histogram = np.zeros(256, np.int64)
    with corpus.write_shard("depth", shard) as writer:
        for codes in teacher.label(Recipe(corpus, shard)):
            writer.append(codes)
            histogram += level_histograms(codes, 1)[0]
    Mark("depth", shard, digest, writer.size_bytes, writer.sha256, *depth_sums(histogram, teacher.encoding)).save(path)


def label_again(corpus: Corpus, recipe: Recipe) -> Iterator[NDArray[np.uint8]]:
    """Yield the blocks of a shard as the recorded teacher of the corpus labels them."""
    recorded = corpus.manifest.teacher or {}
    teacher: Teacher = TEACHERS[str(recorded.get("name"))](corpus)
    return teacher.label(recipe)


def depth_sums(histogram: NDArray[np.int64], encoding: LogDepth) -> tuple[int, tuple[float, ...], tuple[float, ...]]:
    """Return count, sums and sums of squares, in metres, of the known depths of a histogram of codes."""
    metres, known = encoding.values_m()[1:], histogram[1:]
    return int(known.sum()), (float(known @ metres),), (float(known @ metres**2),)


def bytes_per_sample(corpus: Corpus, teacher: Teacher) -> float:
    """Estimate what a sample's depth takes on disk from the first block."""
    codes = next(teacher.label(Recipe(corpus, 0)))
    return len(ChunkEncoder().encode(codes)) / len(codes)


def _record(corpus: Corpus, teacher: Teacher) -> None:
    """Write down the teacher, then create the array; raise Problem where another teacher labelled before."""
    description = teacher.describe() | {"encoding": teacher.encoding.attributes()}
    recorded = corpus.manifest.teacher
    if recorded is not None and dict(recorded) != description:
        raise Problem(
            f"{corpus.path}: labelled by {recorded['name']} (version {recorded['version']}) with other settings, and a "
            f"corpus has one teacher: {corpus.mend} to label it anew"
        )
    if recorded is None:
        corpus.save_manifest(replace(corpus.manifest, teacher=description))
    group = zarr.open_group(LocalStore(corpus.path / "data.zarr"), mode="r+")
    if "depth" not in group:
        layouts(corpus.geometry, True, description)["depth"].create(group)
