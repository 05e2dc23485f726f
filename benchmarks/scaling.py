"""What a corpus of any size takes, by rates that were measured: `python -m benchmarks.scaling` prints the table.

Time is what the slowest of four takes: planning on one core, the workers' cores, what the store takes in a second, and
its answers to requests. Rates of bgfg are measured; what a store takes, and prices, are assumptions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import product

import click

from benchmarks.run_command import run_command


@dataclass(frozen=True)
class Rates:
    """What bgfg takes for samples of 224x224, of the drawn kit; seconds are those of one core of an AMD EPYC.

    Attributes:
        start_s: Seconds until a command begins to work: imports, mostly.
        plan_s: Seconds to plan a sample; it is one process that plans.
        compose_s: Seconds to compose a sample.
        label_s: Seconds to label a sample by layers.
        sample_bytes: Bytes of the image, the mask and the depth map of a sample.
        row_bytes: Bytes of a sample in the tables.
        samples_per_shard: Samples of a shard, of which there is one for each of three arrays, and a done mark.
    """

    start_s: float = 1.6
    plan_s: float = 1.32e-6
    compose_s: float = 1.03e-4
    label_s: float = 1.44e-4
    sample_bytes: float = 9_660.0
    row_bytes: float = 12.8
    samples_per_shard: int = 4_000

    @property
    def make_s(self) -> float:
        """Seconds to compose and label a sample."""
        return self.compose_s + self.label_s


@dataclass(frozen=True)
class Store:
    """Where a corpus is written to; all of it is assumed.

    Attributes:
        name: What it is.
        bytes_s: What it takes in a second from all workers together.
        worker_bytes_s: What it takes in a second from one worker.
        request_s: How long it takes to answer a request.
        is_object_store: Whether each request has a price.
    """

    name: str
    bytes_s: float
    worker_bytes_s: float
    request_s: float
    is_object_store: bool = False


STORES = (Store("disk", 1e9, 1e9, 2e-3), Store("object store", 2e10, 8e7, 5e-2, is_object_store=True))
SAMPLES = (400_000, 40_000_000, 4_000_000_000)
WORKERS = (2, 16, 256)
_OBJECTS_PER_SHARD = 6  # an object and a done mark for each of image, mask and depth


@dataclass(frozen=True)
class Prices:
    """Examples of November 2026, in US dollars; no vendor's."""

    core_hour: float = 0.04
    gb_month: float = 0.023
    thousand_requests: float = 0.005


@dataclass(frozen=True)
class Estimate:
    """What a corpus takes.

    Attributes:
        times_s: What each of the four takes, by its name: the longest is the bottleneck.
        stored_bytes: Its size.
        objects: How many files or objects it has.
        usd: Cost of the cores, the requests and a month of the store.
    """

    times_s: Mapping[str, float]
    stored_bytes: float
    objects: int
    usd: float

    @property
    def total_s(self) -> float:
        """Seconds by the clock: planning, then whatever of the rest takes longest."""
        return self.times_s["planning"] + max(s for name, s in self.times_s.items() if name != "planning")

    @property
    def bottleneck(self) -> str:
        """What takes longest."""
        return max(self.times_s, key=lambda name: self.times_s[name])


def estimate(samples: int, workers: int, store: Store, rates: Rates, prices: Prices) -> Estimate:
    """Estimate what it takes to plan, compose and label a corpus.

    Args:
        samples: N.
        workers: Processes that compose and label, each on a core of its own.
        store: Where it is written to.
        rates: What bgfg takes.
        prices: What it costs.
    """
    shards = -(-samples // rates.samples_per_shard)
    objects, rounds = _OBJECTS_PER_SHARD * shards, -(-shards // workers)
    stored = samples * (rates.sample_bytes + rates.row_bytes)
    times_s = {
        "planning": rates.start_s + samples * rates.plan_s,
        "cores": 2 * rates.start_s + rounds * rates.samples_per_shard * rates.make_s,
        "bandwidth": stored / min(store.bytes_s, workers * store.worker_bytes_s),
        "requests": objects * store.request_s / min(workers, shards),
    }
    core_s = times_s["planning"] + workers * max(s for name, s in times_s.items() if name != "planning")
    usd = core_s / 3600 * prices.core_hour + stored / 1e9 * prices.gb_month
    if store.is_object_store:
        usd += objects / 1000 * prices.thousand_requests
    return Estimate(times_s, stored, objects, usd)


def table(rates: Rates, prices: Prices, stores: Sequence[Store] = STORES) -> str:
    """Return the table, in Markdown: a row for each size, number of workers and store."""
    head = "| samples | workers | store | time | bytes | files | US$, with a month of the store | bottleneck |"
    lines = [head, "|---|---|---|---|---|---|---|---|"]
    for samples, workers, store in product(SAMPLES, WORKERS, stores):
        found = estimate(samples, workers, store, rates, prices)
        lines.append(
            f"| {samples:,} | {workers} | {store.name} | {_duration(found.total_s)} | {_size(found.stored_bytes)} | "
            f"{found.objects:,} | {found.usd:,.2f} | {found.bottleneck} |"
        )
    return "\n".join(lines) + "\n"


def _duration(seconds: float) -> str:
    for unit, length_s in (("days", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= 2 * length_s:
            return f"{seconds / length_s:.1f} {unit}"
    return f"{seconds:.1f} s"


def _size(number: float) -> str:
    for unit, bytes_ in (("TB", 1e12), ("GB", 1e9)):
        if number >= bytes_:
            return f"{number / bytes_:.1f} {unit}"
    return f"{number / 1e6:.1f} MB"


@click.command()
@click.option(
    "--core-hour", type=float, default=Prices.core_hour, show_default=True, help="Price of a core for an hour."
)
@click.option("--gb-month", type=float, default=Prices.gb_month, show_default=True, help="Price of a GB for a month.")
@click.option(
    "--requests",
    type=float,
    default=Prices.thousand_requests,
    show_default=True,
    help="Price of a thousand requests to an object store.",
)
@click.option(
    "--sample-bytes",
    type=float,
    default=Rates.sample_bytes,
    show_default=True,
    help="Bytes of a sample, as `bgfg status` tells them of a small corpus of the same pictures.",
)
def scaling(core_hour: float, gb_month: float, requests: float, sample_bytes: float) -> None:
    """Print what corpora of 400 thousand, 40 million and 4 billion samples take, on 2 to 256 workers."""
    rates, prices = Rates(sample_bytes=sample_bytes), Prices(core_hour, gb_month, requests)
    click.echo(table(rates, prices), nl=False)


if __name__ == "__main__":
    run_command(scaling, "stopped")
