"""Prefetching across epochs: the next epoch is decoded while the last batches of this one are consumed."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Generator

from numpy.typing import NDArray

from bgfg.synth.store.block_decoder import DecodeTimes, ShardFrames
from bgfg.train.stream.buffer_pool import BufferPool
from bgfg.train.stream.decode_workers import DecodeWorkers
from bgfg.train.stream.packed_samples import SamplePacker, library
from bgfg.train.stream.sampler import BatchSampler, DecodeSchedule


class EpochPrefetcher:
    """Yields the decoded batches of epoch after epoch; each epoch has its own threads, and all share one pool.

    Attributes:
        pool: The memory that batches are decoded into; None before the first epoch.
    """

    def __init__(
        self, sampler: BatchSampler, shards: ShardFrames, threads: int, make_pool: Callable[[int], BufferPool]
    ) -> None:
        """Prepare to decode.

        Args:
            sampler: Which samples are in which batch.
            shards: Where blocks are read from.
            threads: How many threads decode.
            make_pool: Returns a pool for blocks that reach over so many batches.
        """
        self._sampler, self._shards, self._threads, self._make_pool = sampler, shards, threads, make_pool
        self.pool: BufferPool | None = None
        self._workers: DecodeWorkers | None = None
        self._ahead: list[tuple[int, DecodeWorkers]] = []  # the next epoch and its threads, if that was begun
        compiled = library()
        self._packer = SamplePacker(compiled) if compiled is not None else None
        self._times, self._wait_s = DecodeTimes(), 0.0
        # Threads that were started ahead end with this object; else they would wait for room for ever.
        weakref.finalize(self, _close_all, self._ahead)

    def batches(self, epoch: int, consumed: int) -> Generator[tuple[NDArray, dict[str, NDArray]], None, None]:
        """Yield the batches of an epoch.

        Args:
            epoch: Number of the epoch.
            consumed: Samples of global batches that were consumed before.

        Yields:
            Indices (n,) and pixels by array name, views of the pool.
        """
        self._close_current()
        workers = self._workers = self._workers_for(epoch, consumed)
        try:
            for samples in self._sampler.batches(epoch, consumed):
                views = workers.next_batch(len(samples))
                if workers.all_started and not self._ahead:
                    self._prefetch(epoch + 1, workers.end)
                yield samples, views
            self._close_current()
        finally:
            if self._workers is workers:
                self.close()

    def pool_for(self, schedule: DecodeSchedule) -> BufferPool:
        """Return the pool; a new one in the rare case that a block of the schedule reaches over too many batches."""
        if self.pool is None or not self.pool.has_room_for(schedule.span):
            self.pool = self._make_pool(schedule.span)
        return self.pool

    def close(self) -> None:
        """End all threads; batches that were yielded stay valid."""
        self._close_current()
        self._close_ahead()

    @property
    def times(self) -> DecodeTimes:
        """Where the seconds of the decoding threads went so far."""
        return self._times + self._workers.times if self._workers else self._times

    @property
    def wait_s(self) -> float:
        """How many seconds the consumer waited for batches so far."""
        return self._wait_s + (self._workers.wait_s if self._workers else 0.0)

    def _workers_for(self, epoch: int, consumed: int) -> DecodeWorkers:
        """Return the threads that were started ahead, if they decode what is wanted, or new ones."""
        if self._ahead and self._ahead[0][0] == epoch and not consumed:
            return self._ahead.pop()[1]
        self._close_ahead()
        schedule = self._sampler.schedule(epoch, consumed)
        return DecodeWorkers(schedule, self.pool_for(schedule), self._shards, self._threads, packer=self._packer)

    def _prefetch(self, epoch: int, base: int) -> None:
        """Start the threads of the next epoch if it is shuffled; what is read in order is seldom read twice."""
        if self._sampler.window is not None and self.pool is not None:
            schedule = self._sampler.schedule(epoch)
            if self.pool.has_room_for(schedule.span):
                workers = DecodeWorkers(schedule, self.pool, self._shards, self._threads, base, self._packer)
                self._ahead.append((epoch, workers))

    def _close_current(self) -> None:
        """End the threads of the present epoch, which may have been left in its middle."""
        if self._workers is not None:
            if not self._workers.close():
                self.pool = None  # a thread may write to it yet
            self._times, self._wait_s = self._times + self._workers.times, self._wait_s + self._workers.wait_s
            self._workers = None

    def _close_ahead(self) -> None:
        if not _close_all(self._ahead):
            self.pool = None


def _close_all(ahead: list[tuple[int, DecodeWorkers]]) -> bool:
    """End threads that were started ahead; return whether all of them ended."""
    ended = True
    while ahead:
        ended &= ahead.pop()[1].close()
    return ended
