"""Ticks are round numbers that enclose a range."""

from __future__ import annotations

import numpy as np
import pytest

from bgfg.data_manifests.overview.axis_ticks import axis_ticks


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.0, 1.0, [0.0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        (3.0, 97.0, [0, 20, 40, 60, 80, 100]),
        (0.1, 0.1, [0.1, 0.12]),
        (-1.5, 1.0, [-1.5, -1.0, -0.5, 0.0, 0.5, 1.0]),
        (0.0, 0.0, [0.0, 0.2]),
    ],
)
def test_ticks_are_round_and_enclose(low: float, high: float, expected: list[float]) -> None:
    assert axis_ticks(low, high) == pytest.approx(expected)


@pytest.mark.parametrize("seed", range(20))
def test_there_are_a_few_ticks_whatever_the_range(seed: int) -> None:
    rng = np.random.default_rng(seed)
    low = float(rng.normal() * 10.0 ** rng.integers(-8, 8))
    high = low + abs(float(rng.normal())) * 10.0 ** float(rng.integers(-8, 8))
    found = axis_ticks(low, high)
    assert 2 <= len(found) <= 8
    span = found[1] - found[0]
    assert found[0] <= low + span * 1e-6
    assert found[-1] >= high - span * 1e-6
