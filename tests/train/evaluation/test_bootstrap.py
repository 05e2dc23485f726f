"""Intervals over identities, held to a slow bootstrap that copies samples, and to simulated tables."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from bgfg.train.evaluation.bootstrap import PigeonholeBootstrap


def slow_estimate(
    values: NDArray, rows: NDArray, columns: NDArray, row_draws: NDArray, column_draws: NDArray
) -> tuple[float, float, float]:
    """Draw backgrounds and cut-outs one by one, and copy each sample as often as both of its were drawn."""
    row_names, column_names = sorted(set(rows.tolist())), sorted(set(columns.tolist()))
    means = []
    for of_rows, of_columns in zip(row_draws.astype(int), column_draws.astype(int), strict=True):
        drawn_rows = [name for name, count in zip(row_names, of_rows, strict=True) for _ in range(count)]
        drawn_columns = [name for name, count in zip(column_names, of_columns, strict=True) for _ in range(count)]
        copies = [
            values[i]
            for row in drawn_rows
            for column in drawn_columns
            for i in range(len(values))
            if rows[i] == row and columns[i] == column and not np.isnan(values[i])
        ]
        if copies:
            means.append(sum(copies) / len(copies))
    known = values[~np.isnan(values)]
    return float(known.mean()), float(np.quantile(means, 0.025)), float(np.quantile(means, 0.975))


def test_it_is_the_slow_bootstrap_of_copied_samples() -> None:
    rng = np.random.default_rng(3)
    rows, columns = rng.choice([2, 5, 9, 11], 60), rng.choice([0, 4, 8], 60)
    values = rng.normal(size=60)
    values[rng.random(60) < 0.2] = np.nan
    pigeonhole = PigeonholeBootstrap(rows, columns, replicates=40, seed=1)
    found = pigeonhole.estimate(values)
    draws = pigeonhole.row_draws, pigeonhole.column_draws
    assert (found.mean, found.low, found.high) == pytest.approx(slow_estimate(values, rows, columns, *draws))
    assert found.n == np.isfinite(values).sum()


def test_each_direction_is_drawn_as_often_as_it_has_identities() -> None:
    pigeonhole = PigeonholeBootstrap(np.repeat(np.arange(7), 5), np.tile(np.arange(5), 7), replicates=300)
    assert (pigeonhole.row_draws.sum(axis=1) == 7).all()
    assert (pigeonhole.column_draws.sum(axis=1) == 5).all()
    assert pigeonhole.row_draws.mean(axis=0) == pytest.approx(np.ones(7), abs=0.2)
    assert not np.array_equal(pigeonhole.row_draws[:, :5], pigeonhole.column_draws)


def test_intervals_hold_the_true_mean_about_as_often_as_they_say() -> None:
    rng = np.random.default_rng(0)
    rows, columns = (ids.ravel() for ids in np.meshgrid(np.arange(15), np.arange(12), indexing="ij"))
    held = naive = 0
    for trial in range(200):
        values = rng.normal(size=15)[rows] + rng.normal(size=12)[columns] + 0.3 * rng.normal(size=180)
        found = PigeonholeBootstrap(rows, columns, replicates=300, seed=trial).estimate(values)
        assert found.low is not None
        assert found.high is not None
        held += found.low <= 0 <= found.high
        naive += abs(values.mean()) <= 1.96 * values.std() / np.sqrt(180)
    assert 0.87 <= held / 200 <= 0.99
    assert naive / 200 < 0.6  # what an interval over single samples would claim to be 95 %


def test_the_seed_decides() -> None:
    rows, columns, values = np.repeat(np.arange(6), 4), np.tile(np.arange(4), 6), np.arange(24.0)
    first, again, other = (PigeonholeBootstrap(rows, columns, seed=seed).estimate(values) for seed in (1, 1, 2))
    assert first == again
    assert first.low != other.low


def test_one_identity_in_a_direction_gives_a_mean_without_an_interval() -> None:
    found = PigeonholeBootstrap(np.zeros(4), np.arange(4)).estimate(np.array([1.0, 2.0, 3.0, np.nan]))
    assert (found.mean, found.low, found.high, found.n) == (2.0, None, None, 3)


def test_no_value_at_all_is_no_mean() -> None:
    found = PigeonholeBootstrap(np.arange(4), np.arange(4)).estimate(np.full(4, np.nan))
    assert (found.mean, found.low, found.high, found.n) == (None, None, None, 0)


def test_other_figures_than_means_are_drawn_by_the_same_weights() -> None:
    rng = np.random.default_rng(4)
    rows, columns, values = rng.integers(0, 6, 90), rng.integers(0, 5, 90), rng.normal(size=90)
    pigeonhole = PigeonholeBootstrap(rows, columns, replicates=120)
    weights = np.concatenate(list(pigeonhole.weights()))
    assert weights.shape == (120, 90)
    drawn = (weights * values).sum(axis=1) / weights.sum(axis=1)
    mean = pigeonhole.estimate(values)
    found = pigeonhole.around(values.mean(), np.append(drawn, np.nan), 90)
    assert (found.mean, found.low, found.high, found.n) == pytest.approx((mean.mean, mean.low, mean.high, mean.n))
    assert pigeonhole.around(1.0, np.full(3, np.nan), 90).low is None


def test_with_one_kind_of_identity_it_is_the_bootstrap_over_these() -> None:
    rng = np.random.default_rng(5)
    rows, values = rng.choice(["hall", "room", "yard", "lane"], 40), rng.normal(size=40)
    bootstrap = PigeonholeBootstrap(rows, replicates=60, seed=2)
    found = bootstrap.estimate(values)
    draws = bootstrap.row_draws, np.ones((60, 1))
    assert (found.mean, found.low, found.high) == pytest.approx(slow_estimate(values, rows, np.zeros(40, int), *draws))
    alone = PigeonholeBootstrap(np.zeros(40)).estimate(values)
    assert (alone.low, alone.high) == (None, None)
