"""Decoding of blocks: read from a shard, held to their checksums, decompressed, scattered into the slots of a pool."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, fields
from functools import lru_cache, partial
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.files.failing_call import raise_failed_call
from bgfg.data_manifests.objects.object_store import REQUESTS_AT_A_TIME
from bgfg.synth.store.changes import require_unchanged
from bgfg.synth.store.corpus import Corpus
from bgfg.synth.store.shard import DamagedShard, ShardReader

# The reader of a block's shard, the block's number within the shard, and its zstd frame.
Frame = tuple[ShardReader, int, memoryview]
# Takes the name of an array and all samples of a decoded block.
Decoded = Callable[[str, NDArray], None]

_MOST_REQUESTS = 3 * REQUESTS_AT_A_TIME
_SHARDS_KEPT_OPEN = 512  # half of the files that a process may usually have open


@dataclass
class DecodeTimes:
    """Seconds that decoding took, by what they went into.

    Attributes:
        read_s: Reading from the disk or the object store.
        decode_s: Checking and decompressing.
        scatter_s: Copying samples into their slots.
        idle_s: Waiting for a free row of the pool.
    """

    read_s: float = 0.0
    decode_s: float = 0.0
    scatter_s: float = 0.0
    idle_s: float = 0.0

    def __add__(self, other: DecodeTimes) -> DecodeTimes:
        return DecodeTimes(*(getattr(self, field.name) + getattr(other, field.name) for field in fields(self)))

    def __sub__(self, other: DecodeTimes) -> DecodeTimes:
        return DecodeTimes(*(getattr(self, field.name) - getattr(other, field.name) for field in fields(self)))


class ShardFrames:
    """The compressed frames of a corpus's shards, whose indices are read once; shared by all threads.

    Attributes:
        corpus: The corpus.
    """

    def __init__(self, corpus: Corpus) -> None:
        self.corpus = corpus
        self._open = lru_cache(maxsize=_SHARDS_KEPT_OPEN)(corpus.open_shard)
        self._opened: set[tuple[str, int]] = set()  # array and shard; what is opened again asks no server
        # Who waits for one answer after the other waits as often as there are arrays: asked for at once, they are one.
        self._requests = ThreadPoolExecutor(_MOST_REQUESTS) if corpus.mirror is not None else None

    def frame(self, array: str, block: int) -> Frame:
        """Return the reader of a block's shard, the block's number within the shard, and its zstd frame."""
        shard, chunk = self.corpus.place_of_block(block)
        reader = self._open(array, shard)
        self._opened.add((array, shard))
        return reader, chunk, reader.frame(chunk)

    def ask(self, arrays: Sequence[str], block: int) -> dict[str, Callable[[], Frame]]:
        """Return what gives `frame` of each of some arrays; those of a corpus under a URL are all asked for by then."""
        calls: dict[str, Callable[[], Frame]] = {array: partial(self.frame, array, block) for array in arrays}
        if self._requests is not None:
            for array in arrays:
                if (kept := self._kept(array, block)) is not None:
                    calls[array] = partial(_given, kept)
                elif array != arrays[0]:  # the thread that asks reads the first one itself
                    calls[array] = self._requests.submit(calls[array]).result
        return calls

    def _kept(self, array: str, block: int) -> Frame | None:
        """Return what `frame` does where that asks no server: the shard was opened before, and the block is cached."""
        shard, chunk = self.corpus.place_of_block(block)
        if (array, shard) in self._opened:
            with suppress(DamagedShard, OSError):  # `frame` raises it in its turn
                reader = self._open(array, shard)
                frame = reader.kept_frame(chunk)
                return None if frame is None else (reader, chunk, frame)
        return None


def _given(frame: Frame) -> Frame:
    return frame


class BlockDecoder:
    """Decodes blocks into the slots of a pool; each thread has a decoder of its own.

    Attributes:
        times: Where its time went so far.
    """

    def __init__(self, shards: ShardFrames, pool: Mapping[str, NDArray]) -> None:
        """Prepare the memory that every block is decompressed into.

        Args:
            shards: Where blocks are read from.
            pool: Memory to decode into by array name, (slots, ...) each.
        """
        self._shards, self._pool = shards, pool
        layouts = {name: shards.corpus.layouts[name] for name in pool}
        sizes = {name: math.prod(of.stored_shape) * np.dtype(of.dtype).itemsize for name, of in layouts.items()}
        # One array after the other in the same memory: the less it is, the more of it stays in the caches.
        memory = np.empty(max(sizes.values()), np.uint8)
        self._stored, self._samples = {}, {}
        for name, layout in layouts.items():
            stored = memory[: sizes[name]].view(layout.dtype).reshape(layout.stored_shape)
            self._stored[name] = stored
            self._samples[name] = stored.transpose(np.argsort(layout.order)) if layout.order else stored
        self.times = DecodeTimes()

    def decode(
        self, block: int, placements: NDArray[np.int64], slots: NDArray[np.int64], also: Decoded | None = None
    ) -> None:
        """Decode some placements of a block into slots.

        Args:
            block: Number of the block.
            placements: (n,) which of its samples are wanted.
            slots: (n,) the slot of each.
            also: Called with each array's name and all its samples, (K, ...), which stay as they are while it runs.

        Raises:
            Problem: The block is damaged or can't be read, or the corpus was planned or labelled anew meanwhile.
        """
        ascending = np.argsort(placements)
        chosen, slots = placements[ascending], slots[ascending]
        runs = _contiguous_runs(chosen, slots)
        for array, frame in self._shards.ask([*self._pool], block).items():
            try:
                self._decode(array, frame, runs, also)
            except (DamagedShard, OSError) as error:
                corpus, (shard, _) = self._shards.corpus, self._shards.corpus.place_of_block(block)
                if isinstance(corpus, Corpus):
                    require_unchanged(corpus, "depth" in self._pool)
                    raise_failed_call(error, corpus.chunk_path(array, shard))
                raise corpus.damage_problem(array, shard, error) from error

    def _decode(
        self,
        array: str,
        read: Callable[[], Frame],
        runs: list[tuple[slice, NDArray[np.int64]]],
        also: Decoded | None,
    ) -> None:
        began = time.perf_counter()
        reader, chunk, frame = read()
        was_read = time.perf_counter()
        reader.decode(chunk, frame, self._stored[array])
        was_decoded = time.perf_counter()
        pool, samples = self._pool[array], self._samples[array]
        for placements, slots in runs:
            pool[slots] = samples[placements]
        if also is not None:
            also(array, samples)
        self.times.read_s += was_read - began
        self.times.decode_s += was_decoded - was_read
        self.times.scatter_s += time.perf_counter() - was_decoded


def _contiguous_runs(placements: NDArray[np.int64], slots: NDArray[np.int64]) -> list[tuple[slice, NDArray[np.int64]]]:
    """Group ascending placements (n,) into runs without a gap, each with its slots.

    A run is a view, which is copied once; picked one by one, placements would be gathered first and copied twice.
    """
    edges = [0, *(np.flatnonzero(np.diff(placements) != 1) + 1), len(placements)]
    if not len(placements):
        return []
    return [(slice(int(placements[a]), int(placements[b - 1]) + 1), slots[a:b]) for a, b in pairwise(edges)]
