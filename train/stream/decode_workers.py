"""Decoding threads: they decode an epoch's blocks in the order of need, as soon as the pool has room."""

from __future__ import annotations

import threading
import time
from functools import reduce
from operator import add

import numpy as np
from numpy.typing import NDArray

from bgfg.synth.store.block_decoder import BlockDecoder, DecodeTimes, ShardFrames
from bgfg.train.stream.buffer_pool import BufferPool
from bgfg.train.stream.sampler import DecodeSchedule

_JOIN_TIMEOUT_S = 5.0


class DecodeWorkers:
    """Threads that decode a schedule into a pool while the consumer works.

    `next_batch()` returns the batches in order, and raises what failed in a thread; `close()` ends the threads.

    Attributes:
        end: Number, in the pool, of the batch after the last.
        wait_s: Seconds that the consumer waited for batches.
    """

    def __init__(
        self, schedule: DecodeSchedule, pool: BufferPool, shards: ShardFrames, threads: int, base: int | None = None
    ) -> None:
        """Start the threads.

        Args:
            schedule: What is decoded, and when it is needed.
            pool: The memory to decode into.
            shards: Where blocks are read from.
            threads: How many threads decode, at most.
            base: Number, in the pool, of the schedule's first batch; None for the pool's next one. It is later where
                the threads of another epoch still deliver those before it.
        """
        self._schedule, self._pool = schedule, pool
        self._base = pool.next_number if base is None else base
        # Batch t is complete once the first `_blocks_needed[t]` blocks of the schedule are decoded, whose samples reach
        # up to batch `_last_batch_needed[t]`: so far rows must be free.
        steps = int(schedule.last_batch.max(initial=-1)) + 1
        self.end = self._base + steps
        needed = np.searchsorted(schedule.first_batch, np.arange(steps), side="right")
        self._blocks_needed = needed.tolist()
        self._last_batch_needed = np.maximum.accumulate(schedule.last_batch)[needed - 1].tolist()
        self._decoded = threading.Condition(pool.lock)
        # One thread waits for a row, and the others for it: a row that is released is room for few blocks, and wakes
        # few threads.
        self._turn = threading.Lock()
        self._is_decoded = np.zeros(len(schedule.blocks) + 1, bool)
        # Blocks that a thread has begun; decoded without a gap from the first on; that the consumer waits for.
        self._started, self._decoded_blocks, self._awaited_blocks, self._stopped = 0, 0, 0, False
        self._failure: BaseException | None = None
        self._decoders = [BlockDecoder(shards, pool.arrays) for _ in range(min(threads, len(schedule.blocks)))]
        self._threads = [
            threading.Thread(target=self._work, args=(decoder,), name=f"bgfg-decode-{number}", daemon=True)
            for number, decoder in enumerate(self._decoders)
        ]
        self.wait_s = 0.0
        for thread in self._threads:
            thread.start()

    def next_batch(self, samples: int) -> dict[str, NDArray]:
        """Wait for the next batch and return it.

        Args:
            samples: How many samples it has.

        Returns:
            Views of the pool by array name.

        Raises:
            Problem: A block is damaged, or so many batches are held that there is no room.
            RuntimeError: The threads were ended.
        """
        step = self._pool.next_number - self._base
        self._pool.require_room(self._last_batch_needed[step] + 1 - step)
        needed = self._blocks_needed[step]
        began = time.perf_counter()
        with self._decoded:
            self._awaited_blocks = needed
            self._decoded.wait_for(lambda: self._failure is not None or self._stopped or self._decoded_blocks >= needed)
            if self._failure is not None:
                raise self._failure
            if self._stopped:
                raise RuntimeError("the stream was closed, or is iterated anew")
        self.wait_s += time.perf_counter() - began
        return self._pool.lend(samples)

    def close(self) -> bool:
        """End the threads, each after its present block.

        Returns:
            Whether all ended; one that waits for a server's answer may not.
        """
        with self._pool.lock:
            self._stopped = True
            self._pool.row_released.notify_all()
            self._decoded.notify_all()
        until = time.monotonic() + _JOIN_TIMEOUT_S
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    @property
    def all_started(self) -> bool:
        """Whether a thread has begun every block."""
        return self._started == len(self._schedule.blocks)

    @property
    def times(self) -> DecodeTimes:
        """Where the time of all threads went so far."""
        return reduce(add, (decoder.times for decoder in self._decoders), DecodeTimes())

    def _work(self, decoder: BlockDecoder) -> None:
        try:
            while (task := self._next_task(decoder)) is not None:
                self._decode(decoder, task)
                self._finish(task)
        except BaseException as error:  # whatever it is, the consumer's thread raises it
            with self._decoded:
                self._failure = error
                self._decoded.notify_all()

    def _next_task(self, decoder: BlockDecoder) -> int | None:
        began = time.perf_counter()
        with self._turn, self._pool.row_released:
            self._pool.row_released.wait_for(self._may_proceed)
            decoder.times.idle_s += time.perf_counter() - began
            if self._stopped or self._failure is not None or self.all_started:
                return None
            self._started += 1
            return self._started - 1

    def _may_proceed(self) -> bool:
        """Say whether the next block's last batch has a row in the pool, or there is nothing left to wait for."""
        if self._stopped or self._failure is not None or self.all_started:
            return True
        return self._base + int(self._schedule.last_batch[self._started]) < self._pool.assigned

    def _decode(self, decoder: BlockDecoder, task: int) -> None:
        s = self._schedule
        mine = slice(s.bounds[task], s.bounds[task + 1])
        slots = self._pool.slots(self._base * s.batch_size + s.positions[mine])
        decoder.decode(int(s.blocks[task]), s.placements[mine], slots)

    def _finish(self, task: int) -> None:
        with self._decoded:
            self._is_decoded[task] = True
            while self._is_decoded[self._decoded_blocks]:
                self._decoded_blocks += 1
            if self._decoded_blocks >= self._awaited_blocks:
                self._decoded.notify_all()
