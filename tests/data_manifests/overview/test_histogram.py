"""Histograms count every value once, between round edges."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bgfg.data_manifests.overview.histogram import Histogram


@given(st.lists(st.floats(-1e300, 1e300), min_size=1, max_size=40), st.integers(1, 40))
@example([1e6, 999_999.9999999999], 2)
@example([5e-324, 0.0], 24)
def test_every_value_is_counted_once_and_where_it_lies(values: list[float], bins: int) -> None:
    found = Histogram.of(values, bins=bins)
    assert found.total == len(values)
    assert (np.diff(found.edges) > 0).all()
    slack = max(1e-6 * (found.edges[-1] - found.edges[0]), 2 * math.ulp(abs(found.edges).max()))  # edges are doubles
    for low, high, count in zip(found.edges, found.edges[1:], found.counts, strict=False):
        assert count <= sum(low - slack <= value <= high + slack for value in values)
    assert found.mean == pytest.approx(np.mean(values), abs=1e-6 * max(map(abs, values)))


def test_values_may_be_counted_already_and_what_is_not_finite_is_left_out() -> None:
    values, times = np.array([1.0, 2.0, math.nan, math.inf, 4.0]), np.array([3, 0, 7, 7, 1])
    found = Histogram.of(values, times)
    assert found.total == 4
    assert found.mean == pytest.approx(7 / 4)
    assert found.shares.sum() == pytest.approx(1)


def test_of_nothing_there_is_an_empty_one() -> None:
    found = Histogram.of([])
    assert found.total == 0
    assert math.isnan(found.mean)
    assert found.shares.tolist() == [0.0]
