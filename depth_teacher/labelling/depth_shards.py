"""Shards of depth: begun with the teacher that a corpus has, and labelled, written and marked one by one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.terminal.errors import Problem, bgfg_command
from bgfg.depth_teacher.labelling.changed_teacher import changed_options
from bgfg.depth_teacher.teachers.layered import FootTally, LayeredTeacher
from bgfg.depth_teacher.teachers.teacher import Teacher
from bgfg.synth.compose.executor import Executor
from bgfg.synth.compose.missing_shards import make_missing_shards, make_slice
from bgfg.synth.compose.recipe import ShardRecipe
from bgfg.synth.store.changes import open_with_digest
from bgfg.synth.store.corpus import Corpus
from bgfg.synth.store.depth_array import remove_depth, start_depth
from bgfg.synth.store.depth_code import DepthCode
from bgfg.synth.store.done_marks import level_histograms
from bgfg.synth.store.shard import ChunkEncoder
from bgfg.synth.store.shard_slice import ShardSlice

# Makes the teacher of a corpus in each worker: a new one, or one that threads share.
TeacherFactory = Callable[[Corpus], Teacher]


@dataclass(frozen=True)
class DepthShards:
    """The shards of depth of a corpus, or of a slice of it, that are to be made.

    Attributes:
        corpus: The corpus.
        executor: What runs the workers.
        replace: Whether to remove what another teacher made.
        which: The slice, while others may be making other slices; None for all shards.
        only_begin: Whether none is made yet.
    """

    corpus: Corpus
    executor: Executor
    replace: bool = False
    which: ShardSlice | None = None
    only_begin: bool = False

    @property
    def numbers(self) -> Sequence[int]:
        """Numbers of the shards."""
        return self.corpus.shards if self.which is None else self.which.of(self.corpus.shards)

    def begin(self, teacher: Teacher) -> None:
        """Record the teacher and create the array; raise Problem where another teacher labelled, unless `replace`."""
        corpus, description = self.corpus, describe(teacher)
        recorded = corpus.manifest.teacher
        if recorded is not None and dict(recorded) != description:
            if not self.replace:
                raise Problem(
                    f"{corpus.path}: labelled with {changed_options(recorded, description)}, and a corpus has one "
                    f"teacher: label with that, or {bgfg_command('label', corpus.path, '...', '--replace')} labels it "
                    "anew"
                )
            remove_depth(corpus)
        start_depth(corpus, description)

    def make(
        self,
        teacher: Teacher,
        work: Callable[[int], Any],
        executor: Executor | None = None,
        on_made: Callable[[Any], None] = lambda _value: None,
    ) -> None:
        """Make the shards that aren't done.

        Args:
            teacher: What labels, by which disk space is estimated.
            work: Labels, writes and marks one shard; picklable.
            executor: What runs the work, where it isn't the one that was given.
            on_made: Called with what `work` returned of each shard.
        """
        if self.only_begin:
            return
        size = partial(_bytes_per_sample, self.corpus, teacher)
        if self.which is None:
            make_missing_shards(self.corpus, ("depth",), work, executor or self.executor, size, on_made)
        else:
            make_slice(self.corpus, ("depth",), work, executor or self.executor, size, self.which, on_made)


def describe(teacher: Teacher) -> dict[str, Any]:
    """Return what a corpus records of its teacher, with the coding of its labels."""
    return teacher.describe() | {"encoding": teacher.encoding.attributes()}


def label_shard(path: Path, digest: str, make_teacher: TeacherFactory, shard: int) -> FootTally:
    """Label, write and mark one shard of depth, block by block.

    Args:
        path: Folder of the corpus.
        digest: That of its plan, which is checked.
        make_teacher: Makes the teacher.
        shard: Number of the shard.

    Returns:
        How many cut-outs of a layered teacher stood on holes.
    """
    corpus = open_with_digest(path, digest)
    teacher = make_teacher(corpus)
    histogram = np.zeros(2**teacher.encoding.bits, np.int64)
    with corpus.write_shard("depth", shard) as writer:
        for codes in teacher.label(ShardRecipe(corpus, shard)):
            writer.append(codes)
            histogram += level_histograms(codes, 1)[0]
    statistics = depth_statistics(histogram, teacher.encoding)
    corpus.mark_done("depth", shard, writer, *statistics)
    return teacher.tally if isinstance(teacher, LayeredTeacher) else FootTally()


def depth_statistics(
    histogram: NDArray[np.int64], encoding: DepthCode
) -> tuple[int, tuple[float, ...], tuple[float, ...]]:
    """Return count, sums and sums of squares, in metres, of the known depths of a histogram of codes."""
    metres, known = encoding.values_m()[1:], histogram[1:]
    return int(known.sum()), (float(known @ metres),), (float(known @ metres**2),)


def _bytes_per_sample(corpus: Corpus, teacher: Teacher) -> float:
    """Estimate what a sample's depth takes on disk from some of the first."""
    codes = teacher.probe(ShardRecipe(corpus, 0))
    return len(ChunkEncoder().encode(codes)) / len(codes)
