"""How fast a corpus streams on this machine, where the time goes, and how well its samples are mixed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass

import numpy as np
from bgfg.train.stream.decode import Spent
from bgfg.train.stream.sampler import Order, distinct
from bgfg.train.stream.stream import Stream
from bgfg.train.stream.to_device import Batch
from bgfg.train.stream.touch import touch
from numpy.typing import NDArray

_MIXED_BATCHES = 1_000


@dataclass(frozen=True)
class Speed:
    """What was measured of a stream.

    samples_per_s: handed over and touched. first_batch_s: from the opened corpus to the first batch, backgrounds
    included. wait_share: of the consumer's time. threads: where the decoding threads' seconds went, over `seconds`.
    """

    samples_per_s: float
    first_batch_s: float
    seconds: float
    wait_share: float
    threads: Spent


@dataclass(frozen=True)
class Mixing:
    """How many different ones there are on average: blocks and backgrounds in a batch, and blocks in 10 in a row."""

    blocks: float
    backgrounds: float
    blocks_in_10: float

    @classmethod
    def of(cls, batches: NDArray[np.int64], placements: int, per_background: int) -> Mixing:
        """Measure batches, (t, n) samples; per_background: samples of one background."""
        runs = batches[: len(batches) // 10 * 10].reshape(-1, 10 * batches.shape[1])
        in_10 = distinct(runs // placements) if len(runs) else float("nan")
        return cls(distinct(batches // placements), distinct(batches // per_background), in_10)


@dataclass(frozen=True)
class Report:
    """What `bench-stream` says: the stream in a sentence, its speed, its mixing and that of a full shuffle."""

    stream: str
    pool_bytes: int
    speed: Speed
    mixing: Mixing
    full_shuffle: Mixing

    def lines(self) -> list[str]:
        """Return the report for people."""
        s, m, f = self.speed, self.mixing, self.full_shuffle
        spent = asdict(s.threads)
        whole = sum(spent.values())
        in_10 = f"blocks in 10 batches in a row: {m.blocks_in_10:.0f} ({f.blocks_in_10:.0f})"
        shares = ", ".join(f"{name.removesuffix('_s')} {value / whole:.0%}" for name, value in spent.items())
        return [
            self.stream,
            f"{s.samples_per_s:,.0f} samples/s over {s.seconds:.1f} s; first batch after {s.first_batch_s:.2f} s",
            f"the consumer waited {s.wait_share:.0%} of the time; the threads: {shares}",
            f"blocks in a batch: {m.blocks:.1f} (a full shuffle: {f.blocks:.1f}); {in_10}",
            f"backgrounds in a batch: {m.backgrounds:.1f} ({f.backgrounds:.1f})",
        ]


def bench(stream: Stream, seconds: float) -> Report:
    """Measure a stream that wasn't iterated yet, for some seconds."""
    return Report(stream.summary, stream.pool_bytes, measure(stream, seconds), *mixing(stream))


def measure(stream: Stream, seconds: float) -> Speed:
    """Stream for some seconds, touching what is handed over.

    The clock of the speed starts after as many batches as the stream's memory holds: all of it was used before, and
    the threads are no farther ahead than they stay.
    """
    began = time.perf_counter()
    batches = _endless(stream)
    touch(next(batches), stream.backgrounds)
    first_batch_s = time.perf_counter() - began
    for _ in range(stream.pool_batches):
        touch(next(batches), stream.backgrounds)
    spent, wait_s, start, samples = stream.spent, stream.wait_s, time.perf_counter(), 0
    while (passed_s := time.perf_counter() - start) < seconds:
        batch = next(batches)
        touch(batch, stream.backgrounds)
        samples += len(batch["sample"])
    threads, waited_s = stream.spent - spent, stream.wait_s - wait_s
    stream.close()
    return Speed(samples / passed_s, first_batch_s, passed_s, waited_s / passed_s, threads)


def mixing(stream: Stream) -> tuple[Mixing, Mixing]:
    """Measure the first global batches of an epoch of a stream, and those of a full shuffle of the same samples."""
    g = stream.corpus.geometry
    window = stream.window if stream.shuffle else None
    order = Order(stream.samples, g.placements, stream.seed, window, stream.batch * stream.world_size)
    batches = np.stack([batch for batch in order.batches(0)[:_MIXED_BATCHES] if len(batch) == order.batch])
    whole = np.random.default_rng(stream.seed).permutation(stream.samples)[: batches.size].reshape(batches.shape)
    sizes = g.placements, 2 * g.cutouts * g.placements
    return Mixing.of(batches, *sizes), Mixing.of(whole, *sizes)


def _endless(stream: Stream) -> Iterator[Batch]:
    while True:
        yield from stream
