"""What corpora of any size take: in proportion, with the longest of four named, and as the page says."""

from __future__ import annotations

import pytest

from benchmarks.scaling import SAMPLES, STORES, WORKERS, Prices, Rates, Store, estimate, table
from tests.support.project import ROOT

RATES, PRICES = Rates(), Prices()


@pytest.mark.parametrize("store", STORES, ids=lambda store: store.name)
def test_everything_grows_with_the_samples_and_more_workers_are_no_slower(store: Store) -> None:
    for workers in WORKERS:
        small, large = (estimate(n, workers, store, RATES, PRICES) for n in SAMPLES[1:])
        assert large.total_s == pytest.approx(100 * small.total_s, rel=0.12)
        assert large.usd == pytest.approx(100 * small.usd, rel=0.02)
        assert large.stored_bytes == pytest.approx(100 * small.stored_bytes)
        assert large.objects == 100 * small.objects
    times_s = [estimate(SAMPLES[1], workers, store, RATES, PRICES).total_s for workers in WORKERS]
    assert times_s == sorted(times_s, reverse=True)


def test_the_longest_is_the_bottleneck() -> None:
    slow = [Store("narrow", 1e3, 1e3, 0), Store("far", 1e12, 1e12, 1e3), Store("none", 1e15, 1e15, 0)]
    found = [estimate(400_000, 2, store, RATES, PRICES).bottleneck for store in slow]
    assert found == ["bandwidth", "requests", "cores"]
    assert estimate(SAMPLES[-1], 10**6, slow[2], RATES, PRICES).bottleneck == "planning"


def test_a_sample_costs_what_it_is_made_with() -> None:
    free = estimate(1_000_000, 4, Store("none", 1e15, 1e15, 0), RATES, Prices(1.0, 0.0, 0.0))
    starts_s = 9 * RATES.start_s  # the plan, and both other commands on each of 4 workers
    expected_s = starts_s + 1_000_000 * RATES.plan_s + 4 * 63 * 4_000 * RATES.make_s  # 250 shards, in 63 rounds
    assert free.usd == pytest.approx(expected_s / 3600)


def test_the_page_has_the_table() -> None:
    assert table(RATES, PRICES) in (ROOT / "docs/scaling.md").read_text(encoding="utf-8")
