"""Decoding threads: they decode an epoch's blocks in the order of need, as soon as the pool has room."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from functools import partial, reduce
from operator import add

import numpy as np
from numpy.typing import NDArray

from bgfg.synth.store.block_decoder import BlockDecoder, DecodeTimes, ShardFrames
from bgfg.train.stream.buffer_pool import BufferPool
from bgfg.train.stream.packed_samples import PackedSamples, SamplePacker
from bgfg.train.stream.sampler import DecodeSchedule
from bgfg.train.stream.waiting_samples import WaitingSamples

_JOIN_TIMEOUT_S = 5.0


class DecodeWorkers:
    """Threads that decode a schedule into a pool while the consumer works.

    `next_batch()` returns the batches in order, and raises what failed in a thread; `close()` ends the threads.

    Attributes:
        end: Number, in the pool, of the batch after the last.
        wait_s: Seconds that the consumer waited for batches.
    """

    def __init__(
        self,
        schedule: DecodeSchedule,
        pool: BufferPool,
        shards: ShardFrames,
        threads: int,
        base: int | None = None,
        packer: SamplePacker | None = None,
    ) -> None:
        """Start the threads.

        Args:
            schedule: What is decoded, and when it is needed.
            pool: The memory to decode into.
            shards: Where blocks are read from.
            threads: How many threads decode, at most.
            base: Number, in the pool, of the schedule's first batch; None for the pool's next one. It is later where
                the threads of another epoch still deliver those before it.
            packer: Packs samples that are decoded before their batches have rows; None where the pool has rows for all
                batches that a block reaches over.
        """
        self._schedule, self._pool = schedule, pool
        self._base = pool.next_number if base is None else base
        # Batch t is decoded once the first `_blocks_needed[t]` blocks of the schedule are, which want rows up to batch
        # `_last_batch_needed[t]`: so far rows must be free. It is complete when what waited for it is in its row, too.
        steps = int(schedule.last_batch.max(initial=-1)) + 1
        self.end = self._base + steps
        needed = np.searchsorted(schedule.first_batch, np.arange(steps), side="right")
        self._blocks_needed: list[int] = needed.tolist()
        self._last_row = np.minimum(schedule.last_batch, schedule.first_batch + pool.near - 1)
        self._last_batch_needed = np.maximum.accumulate(self._last_row)[needed - 1].tolist()
        self._waiting = None
        if packer is not None and pool.near < schedule.span:
            self._waiting = WaitingSamples(packer, pool.arrays, schedule.batch_size, schedule.span + pool.rows)
            self._packer = packer
            first_samples = schedule.blocks * shards.corpus.geometry.placements
            self._backgrounds = shards.corpus.pictures_of(first_samples)[0]
        # Batches into which a thread has begun to write what waited; without a gap from the first on, all of them.
        self._begun_batches = self._complete_batches = 0
        self._is_complete = np.zeros(steps + 1, bool)
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
            self._decoded.wait_for(lambda: self._failure is not None or self._stopped or self._is_ready(step))
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
                task(decoder)
        except BaseException as error:  # whatever it is, the consumer's thread raises it
            with self._decoded:
                self._failure = error
                self._decoded.notify_all()

    def _next_task(self, decoder: BlockDecoder) -> Callable[[BlockDecoder], None] | None:
        began = time.perf_counter()
        with self._turn, self._pool.row_released:
            self._pool.row_released.wait_for(self._may_proceed)
            decoder.times.idle_s += time.perf_counter() - began
            if self._is_over():
                return None
            if self._may_write():
                self._begun_batches += 1
                return partial(self._write, self._begun_batches - 1)
            self._started += 1
            return partial(self._decode, self._started - 1)

    def _may_proceed(self) -> bool:
        """Say whether the next block has the rows that it wants, or a batch its samples, or nothing is left to do."""
        if self._is_over() or self._may_write():
            return True
        return not self.all_started and self._base + int(self._last_row[self._started]) < self._pool.assigned

    def _is_over(self) -> bool:
        """Say whether no task is left for a thread."""
        nothing_left = self.all_started and (self._waiting is None or self._begun_batches == len(self._blocks_needed))
        return self._stopped or self._failure is not None or nothing_left

    def _may_write(self) -> bool:
        """Say whether the next batch has a row and all its samples are decoded: those that wait may go there."""
        batch = self._begun_batches
        if self._waiting is None or batch == len(self._blocks_needed) or self._base + batch >= self._pool.assigned:
            return False
        return self._decoded_blocks >= self._blocks_needed[batch]

    def _is_ready(self, batch: int) -> bool:
        """Say whether a batch is complete."""
        if self._waiting is not None:
            return self._complete_batches > batch
        return self._decoded_blocks >= self._blocks_needed[batch]

    def _decode(self, task: int, decoder: BlockDecoder) -> None:
        s = self._schedule
        mine = slice(s.bounds[task], s.bounds[task + 1])
        placements, positions = s.placements[mine], s.positions[mine]
        in_pool = self._base * s.batch_size + positions
        packed: dict[str, PackedSamples] = {}
        if self._waiting is None or (has_row := self._pool.have_rows(in_pool)).all():
            decoder.decode(int(s.blocks[task]), placements, self._pool.slots(in_pool))
        else:
            far, background = placements[~has_row], int(self._backgrounds[task])

            def pack(array: str, samples: NDArray) -> None:
                packed[array] = self._packer.pack(array, samples, far, background)

            decoder.decode(int(s.blocks[task]), placements[has_row], self._pool.slots(in_pool[has_row]), pack)
            positions = positions[~has_row]
        self._finish(task, positions, packed)

    def _write(self, batch: int, decoder: BlockDecoder) -> None:
        """Write what waits for a batch into its row."""
        began, size = time.perf_counter(), self._schedule.batch_size
        if self._waiting is not None:
            self._waiting.write(batch, self._pool.slots((self._base + batch) * size + np.arange(size)))
        decoder.times.scatter_s += time.perf_counter() - began
        with self._decoded:
            self._is_complete[batch] = True
            while self._is_complete[self._complete_batches]:
                if self._waiting is not None:
                    self._waiting.release(self._complete_batches)
                self._complete_batches += 1
            if self._complete_batches > self._pool.next_number - self._base:
                self._decoded.notify_all()

    def _finish(self, task: int, positions: NDArray[np.int64], packed: dict[str, PackedSamples]) -> None:
        """Note that a block is decoded, and which of its samples wait."""
        with self._decoded:
            if self._waiting is not None and packed:
                self._waiting.add(positions, packed)
            self._is_decoded[task] = True
            while self._is_decoded[self._decoded_blocks]:
                self._decoded_blocks += 1
            if self._decoded_blocks >= self._awaited_blocks:
                self._decoded.notify_all()
            if self._may_write():
                self._pool.row_released.notify_all()
