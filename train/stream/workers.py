"""The threads that decode an epoch's blocks in the order in which they are needed, as soon as there is room."""

from __future__ import annotations

import threading
import time
from functools import reduce
from operator import add

import numpy as np
from bgfg.train.stream.buffer_pool import Pool
from bgfg.train.stream.decode import Decoder, Shards, Spent
from bgfg.train.stream.sampler import Schedule
from numpy.typing import NDArray

_PATIENCE_S = 5.0


class Feed:
    """Decodes what `schedule` says into `pool` while the consumer works, batch by batch from the pool's next one on.

    base: the number, in the pool, of the first batch, where those before it are still another feed's to give.
    `take()` gives the next batch; `close()` ends the threads. What fails in a thread is raised by `take()`.
    """

    def __init__(self, schedule: Schedule, pool: Pool, shards: Shards, threads: int, base: int | None = None) -> None:
        self._schedule, self._pool = schedule, pool
        self._base = pool.next if base is None else base
        # Batch t is whole once this many blocks, in their order, are decoded; they reach up to that batch.
        steps = int(schedule.last.max(initial=-1)) + 1
        self.end = self._base + steps  # the number of the batch after the last
        needed = np.searchsorted(schedule.first, np.arange(steps), side="right")
        self._needed = needed.tolist()
        self._reach = np.maximum.accumulate(schedule.last)[needed - 1].tolist()
        self._decoded = threading.Condition(pool.lock)
        self._done = np.zeros(len(schedule.blocks) + 1, bool)
        self._begun, self._whole, self._awaited, self._stopped = 0, 0, 0, False
        self._failure: BaseException | None = None
        self._decoders = [Decoder(shards, pool.arrays) for _ in range(min(threads, len(schedule.blocks)))]
        self._threads = [
            threading.Thread(target=self._work, args=(decoder,), name=f"bgfg-decode-{number}", daemon=True)
            for number, decoder in enumerate(self._decoders)
        ]
        self.wait_s = 0.0
        for thread in self._threads:
            thread.start()

    def take(self, samples: int) -> dict[str, NDArray]:
        """Return the next batch, of this many samples, once it is decoded: views of the pool."""
        step = self._pool.next - self._base
        self._pool.check_held(self._reach[step] + 1 - step)
        needed = self._needed[step]
        began = time.perf_counter()
        with self._decoded:
            self._awaited = needed
            self._decoded.wait_for(lambda: self._failure is not None or self._stopped or self._whole >= needed)
            if self._failure is not None:
                raise self._failure
            if self._stopped:
                raise RuntimeError("the stream was closed, or is iterated anew")
        self.wait_s += time.perf_counter() - began
        return self._pool.lend(samples)

    def close(self) -> bool:
        """End the threads, each after the block that it is at; say whether all did: one may wait for a server."""
        with self._pool.lock:
            self._stopped = True
            self._pool.room.notify_all()
            self._decoded.notify_all()
        until = time.monotonic() + _PATIENCE_S
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    @property
    def all_begun(self) -> bool:
        """Say whether nothing is left that no thread has begun to decode."""
        return self._begun == len(self._schedule.blocks)

    @property
    def spent(self) -> Spent:
        """Where the time of all threads went so far."""
        return reduce(add, (decoder.spent for decoder in self._decoders), Spent())

    def _work(self, decoder: Decoder) -> None:
        try:
            while (task := self._next_task(decoder)) is not None:
                self._decode(decoder, task)
                self._finish(task)
        except BaseException as error:  # whatever it is, the consumer's thread raises it
            with self._decoded:
                self._failure = error
                self._decoded.notify_all()

    def _next_task(self, decoder: Decoder) -> int | None:
        began = time.perf_counter()
        with self._pool.room:
            self._pool.room.wait_for(self._may_go_on)
            decoder.spent.idle_s += time.perf_counter() - began
            if self._stopped or self._failure is not None or self.all_begun:
                return None
            self._begun += 1
            return self._begun - 1

    def _may_go_on(self) -> bool:
        """Say whether the next block's last batch has a free row, or there is nothing left to wait for."""
        if self._stopped or self._failure is not None or self.all_begun:
            return True
        return self._base + int(self._schedule.last[self._begun]) < self._pool.assigned

    def _decode(self, decoder: Decoder, task: int) -> None:
        s = self._schedule
        mine = slice(s.bounds[task], s.bounds[task + 1])
        slots = self._pool.slots(self._base * s.size + s.positions[mine])
        decoder.decode(int(s.blocks[task]), s.placements[mine], slots)

    def _finish(self, task: int) -> None:
        with self._decoded:
            self._done[task] = True
            while self._done[self._whole]:
                self._whole += 1
            if self._whole >= self._awaited:
                self._decoded.notify_all()
