"""How far a corpus is: done, left and bytes of each array."""

from __future__ import annotations

from dataclasses import dataclass

from bgfg.synth.store.marks import Mark
from bgfg.synth.store.store import Corpus


@dataclass(frozen=True)
class ArrayStatus:
    """How far one array of samples is: shards done and left, bytes on disk of the finished ones."""

    array: str
    shards_done: int
    shards_left: int
    samples_done: int
    samples_left: int
    bytes: int


def status(corpus: Corpus) -> list[ArrayStatus]:
    """Return how far each array of samples is; depth as all left where it wasn't begun."""
    found = []
    n = corpus.samples_per_shard
    for array in (*corpus.composed, "depth"):
        done = corpus.done(array)
        size = sum(Mark.load(corpus.path, array, shard).bytes for shard in done)
        left = len(corpus.shards) - len(done)
        found.append(ArrayStatus(array, len(done), left, len(done) * n, left * n, size))
    return found
