"""One feed after the other into one pool: the next epoch begins while the last batches of this one are consumed."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Generator

from bgfg.train.stream.buffer_pool import Pool
from bgfg.train.stream.decode import Shards, Spent
from bgfg.train.stream.sampler import Order, Schedule
from bgfg.train.stream.workers import Feed
from numpy.typing import NDArray


class Feeds:
    """Hands over the batches of an order, each epoch by a feed of its own.

    make_pool: returns a pool for blocks that reach over so many batches.
    """

    def __init__(self, order: Order, shards: Shards, threads: int, make_pool: Callable[[int], Pool]) -> None:
        self._order, self._shards, self._threads, self._make_pool = order, shards, threads, make_pool
        self.pool: Pool | None = None
        self._feed: Feed | None = None
        self._ahead: list[tuple[int, Feed]] = []  # the next epoch and its feed, if that was begun
        self._spent, self._wait_s = Spent(), 0.0
        weakref.finalize(self, _end, self._ahead)

    def batches(self, epoch: int, consumed: int) -> Generator[tuple[NDArray, dict[str, NDArray]], None, None]:
        """Yield the indices and the pixels of each batch, from where `consumed` samples of the epoch are behind."""
        self._retire()
        feed = self._feed = self._begun(epoch, consumed)
        try:
            for samples in self._order.batches(epoch, consumed):
                views = feed.take(len(samples))
                if feed.all_begun and not self._ahead:
                    self._look_ahead(epoch + 1, feed.end)
                yield samples, views
            self._retire()
        finally:
            if self._feed is feed:
                self.close()

    def pool_for(self, schedule: Schedule) -> Pool:
        """Return the pool; a new one in the rare case that a block of this epoch reaches over more batches than fit."""
        if self.pool is None or not self.pool.holds(schedule.span):
            self.pool = self._make_pool(schedule.span)
        return self.pool

    def close(self) -> None:
        """End all threads; what was handed over stays."""
        self._retire()
        self._end_ahead()

    @property
    def spent(self) -> Spent:
        """Where the seconds of the decoding threads went so far."""
        return self._spent + self._feed.spent if self._feed else self._spent

    @property
    def wait_s(self) -> float:
        """How many seconds were waited for batches so far."""
        return self._wait_s + (self._feed.wait_s if self._feed else 0.0)

    def _begun(self, epoch: int, consumed: int) -> Feed:
        """Return the feed that was begun ahead, where it is of what is wanted, or a new one."""
        if self._ahead and self._ahead[0][0] == epoch and not consumed:
            return self._ahead.pop()[1]
        self._end_ahead()
        schedule = self._order.schedule(epoch, consumed)
        return Feed(schedule, self.pool_for(schedule), self._shards, self._threads)

    def _look_ahead(self, epoch: int, base: int) -> None:
        """Begin a shuffled epoch behind the one that is consumed; what is read in order is seldom read twice."""
        if self._order.window is not None and self.pool is not None:
            schedule = self._order.schedule(epoch)
            if self.pool.holds(schedule.span):
                self._ahead.append((epoch, Feed(schedule, self.pool, self._shards, self._threads, base)))

    def _retire(self) -> None:
        """End the feed of the present epoch, which may have been left in its middle."""
        if self._feed is not None:
            if not self._feed.close():
                self.pool = None  # a thread may write to it yet
            self._spent, self._wait_s = self._spent + self._feed.spent, self._wait_s + self._feed.wait_s
            self._feed = None

    def _end_ahead(self) -> None:
        if not _end(self._ahead):
            self.pool = None


def _end(ahead: list[tuple[int, Feed]]) -> bool:
    """End what was begun ahead; say whether all threads did."""
    ended = True
    while ahead:
        ended &= ahead.pop()[1].close()
    return ended
