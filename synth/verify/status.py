"""How far a corpus is: done, left and bytes of each array."""

from __future__ import annotations

from dataclasses import dataclass

from bgfg.synth.store.corpus import Corpus
from bgfg.synth.store.done_marks import DoneMark


@dataclass(frozen=True)
class ArrayStatus:
    """How far one array of samples is.

    Attributes:
        array: Its name.
        shards_done: How many of its shards are done.
        shards_left: How many aren't.
        samples_done: How many of its samples are done.
        samples_left: How many aren't.
        bytes: Bytes on disk of the finished shards.
    """

    array: str
    shards_done: int
    shards_left: int
    samples_done: int
    samples_left: int
    bytes: int


def corpus_status(corpus: Corpus) -> list[ArrayStatus]:
    """Return how far each array of samples is; depth with everything left where it wasn't begun."""
    found = []
    n = corpus.samples_per_shard
    for array in (*corpus.composed_arrays, "depth"):
        done = corpus.done_shards(array)
        size = sum(DoneMark.load(corpus.path, array, shard).bytes for shard in done)
        left = len(corpus.shards) - len(done)
        found.append(ArrayStatus(array, len(done), left, len(done) * n, left * n, size))
    return found
