"""Benchmark of a stream: its throughput on this machine, where the time goes, and how well its samples are shuffled."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.corpus.instances import UNKNOWN
from bgfg.synth.store.block_decoder import DecodeTimes
from bgfg.train.stream.array_stream import ArrayStream
from bgfg.train.stream.bench_consumer import consume_batch
from bgfg.train.stream.corpus_stream import ArrayBatch
from bgfg.train.stream.sampler import BatchSampler, mean_distinct

if TYPE_CHECKING:  # batches on this processor are measured without PyTorch, which takes half a gigabyte
    from bgfg.train.stream.stream import Stream
    from bgfg.train.stream.to_device import RawBatch

_SHUFFLE_BATCHES = 1_000


@dataclass(frozen=True)
class Throughput:
    """What was measured of a stream.

    Attributes:
        samples_per_s: Samples a second that were delivered and read.
        first_batch_s: Seconds from the opened corpus to the first batch, backgrounds included, if they are known.
        seconds: How long it was measured.
        processor_us: Microseconds of this process's processor time that a sample took, its consumer's among them.
        wait_share: Share of the time in which the consumer waited for a batch.
        threads: Where the seconds of the decoding threads went, over `seconds`.
    """

    samples_per_s: float
    first_batch_s: float
    seconds: float
    processor_us: float
    wait_share: float
    threads: DecodeTimes


@dataclass(frozen=True)
class ShuffleQuality:
    """How many different blocks and backgrounds are together on average: the more, the better the shuffle.

    Attributes:
        blocks: Different blocks in a batch.
        backgrounds: Different backgrounds in a batch; None where not all are known.
        blocks_in_10: Different blocks in 10 batches in a row; None where an epoch has fewer.
    """

    blocks: float
    backgrounds: float | None
    blocks_in_10: float | None

    @classmethod
    def of(cls, batches: NDArray[np.int64], backgrounds: NDArray[np.int64], placements: int) -> ShuffleQuality:
        """Measure batches.

        Args:
            batches: (t, n) samples of t batches.
            backgrounds: (t, n) the background of each, UNKNOWN where nobody knows it.
            placements: K, the samples of a block.
        """
        runs = batches[: len(batches) // 10 * 10].reshape(-1, 10 * batches.shape[1])
        in_10 = mean_distinct(runs // placements) if len(runs) else None
        is_known = not (backgrounds == UNKNOWN).any()
        of_backgrounds = mean_distinct(backgrounds) if is_known else None
        return cls(mean_distinct(batches // placements), of_backgrounds, in_10)


@dataclass(frozen=True)
class StreamReport:
    """The report of `bench-stream`, also as JSON.

    Attributes:
        arrays: The arrays that were streamed.
        stream: The stream in a sentence.
        without_background: Of how many samples nobody knows the background, so that none was read; empty where of none.
        pool_bytes: Memory for batches.
        speed: Its throughput.
        mixing: How well its samples are shuffled.
        full_shuffle: How well they would be if the whole epoch were shuffled at once.
    """

    arrays: tuple[str, ...]
    stream: str
    without_background: str
    pool_bytes: int
    speed: Throughput
    mixing: ShuffleQuality
    full_shuffle: ShuffleQuality

    def lines(self) -> list[str]:
        """Return the report as lines of text."""
        s, m, f = self.speed, self.mixing, self.full_shuffle
        spent = asdict(s.threads)
        whole = sum(spent.values())
        in_10 = "fewer than 10 batches an epoch"
        if m.blocks_in_10 is not None and f.blocks_in_10 is not None:
            in_10 = f"blocks in 10 batches in a row: {m.blocks_in_10:.0f} ({f.blocks_in_10:.0f})"
        speed = f"{s.samples_per_s:,.0f} samples/s over {s.seconds:.1f} s, {s.processor_us:,.0f} µs of processor time"
        shares = ", ".join(f"{name.removesuffix('_s')} {value / whole:.0%}" for name, value in spent.items())
        return [
            f"{', '.join(self.arrays)} of {self.stream}",
            f"{speed} each; first batch after {s.first_batch_s:.2f} s",
            f"the consumer waited {s.wait_share:.0%} of the time; the threads: {shares}",
            f"blocks in a batch: {m.blocks:.1f} (a full shuffle: {f.blocks:.1f}); {in_10}",
            self._line_of_backgrounds(),
        ]

    def _line_of_backgrounds(self) -> str:
        mixed, full = self.mixing.backgrounds, self.full_shuffle.backgrounds
        if mixed is None or full is None:
            return f"{self.without_background}: no background was read"
        return f"backgrounds in a batch: {mixed:.1f} ({full:.1f})"


def benchmark_stream(stream: ArrayStream | Stream, seconds: float) -> StreamReport:
    """Measure a stream that wasn't iterated yet, for some seconds."""
    return StreamReport(
        stream.arrays,
        stream.summary,
        stream.without_background,
        stream.pool_bytes,
        measure_throughput(stream, seconds),
        *measure_shuffle(stream),
    )


def measure_throughput(stream: ArrayStream | Stream, seconds: float) -> Throughput:
    """Stream for some seconds, and read all of every batch; backgrounds too where all of them are known.

    The clock starts after as many batches as the stream's memory holds: by then all of it was used once, and the
    threads are no farther ahead than they stay.
    """
    began = time.perf_counter()
    batches = _endless(stream)
    backgrounds = None if stream.without_background else stream.backgrounds
    consume_batch(next(batches), backgrounds)
    first_batch_s = time.perf_counter() - began
    for _ in range(stream.pool_batches):
        consume_batch(next(batches), backgrounds)
    spent, wait_s, start, samples = stream.decode_times, stream.wait_s, time.perf_counter(), 0
    processor_s = time.process_time()
    while (passed_s := time.perf_counter() - start) < seconds:
        batch = next(batches)
        consume_batch(batch, backgrounds)
        samples += len(batch["sample"])
    processor_us = 1e6 * (time.process_time() - processor_s) / samples
    threads, waited_s = stream.decode_times - spent, stream.wait_s - wait_s
    stream.close()
    return Throughput(samples / passed_s, first_batch_s, passed_s, processor_us, waited_s / passed_s, threads)


def measure_shuffle(stream: ArrayStream | Stream) -> tuple[ShuffleQuality, ShuffleQuality]:
    """Measure the first global batches of an epoch of a stream, and those of a full shuffle of the same samples."""
    g = stream.corpus.geometry
    window = stream.window if stream.shuffle else None
    sampler = BatchSampler(stream.samples, g.placements, stream.seed, window, stream.batch * stream.world_size)
    batches = np.stack([batch for batch in sampler.batches(0)[:_SHUFFLE_BATCHES] if len(batch) == sampler.batch])
    whole = np.random.default_rng(stream.seed).permutation(stream.samples)[: batches.size].reshape(batches.shape)
    mixed, full = (ShuffleQuality.of(b, stream.corpus.pictures_of(b)[0], g.placements) for b in (batches, whole))
    return mixed, full


def _endless(stream: ArrayStream | Stream) -> Iterator[ArrayBatch | RawBatch]:
    while True:
        yield from stream
