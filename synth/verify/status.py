"""How far a corpus is: done, left and bytes of each array."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bgfg.synth.store.corpus import Corpus
from bgfg.synth.store.corpus_part import CorpusPart


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
        being_added: Whether it is about parts that are being added, which are read once all of them is made.
    """

    array: str
    shards_done: int
    shards_left: int
    samples_done: int
    samples_left: int
    bytes: int
    being_added: bool = False


def corpus_status(corpus: Corpus) -> list[ArrayStatus]:
    """Return how far each array of samples is; depth with everything left where it wasn't begun.

    Of a corpus that is being extended, the parts that are being added come after those there are.
    """
    found = _status(corpus, corpus.parts[: corpus.listed], being_added=False)
    return [*found, *(_status(corpus, corpus.pending, being_added=True) if corpus.pending else [])]


def _status(corpus: Corpus, parts: Sequence[CorpusPart], being_added: bool) -> list[ArrayStatus]:
    found = []
    for array in (*corpus.composed_arrays, "depth"):
        done = {part: part.done_sizes_bytes(array) for part in parts}
        samples = sum(len(part.samples_of(shard)) for part, shards in done.items() for shard in shards)
        size = sum(sum(sizes.values()) for sizes in done.values())
        shards = sum(map(len, done.values()))
        shards_left = sum(len(part.shards) for part in parts) - shards
        samples_left = sum(len(part.rectangle) for part in parts) - samples
        found.append(ArrayStatus(array, shards, shards_left, samples, samples_left, size, being_added))
    return found
