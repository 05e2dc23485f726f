"""Ticks are round numbers that enclose a range."""

from __future__ import annotations

import math
import sys
from itertools import pairwise

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bgfg.data_manifests.overview.axis_ticks import axis_ticks, number, tick_texts


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


@given(
    st.floats(allow_nan=False, allow_infinity=False),
    st.integers(0, 40) | st.floats(0, sys.float_info.max),
    st.integers(1, 40),
)
@example(999_999.9999999999, 1, 2)
@example(0.0, 1, 5)
@example(sys.float_info.max, 0, 1)
@example(3.402823466e38, 1, 1)
@example(-sys.float_info.max, sys.float_info.max, 1)
def test_there_are_a_few_ticks_that_ascend_whatever_the_range(low: float, further: float, count: int) -> None:
    """`further` counts the doubles between the ends where it is whole, else it is how far they are apart."""
    high = min(low + (further * math.ulp(low) if isinstance(further, int) else further), sys.float_info.max)
    found = axis_ticks(low, high, count)
    assert 2 <= len(found) <= count + 3
    assert all(left < right for left, right in pairwise(found))
    hair = 0.01 * (found[1] - found[0])
    assert found[0] - hair <= low
    assert found[-1] + hair >= high
    told = [float(text.replace(",", "")) for text in tick_texts(found)]
    assert all(abs(as_told - tick) <= hair for as_told, tick in zip(told, found, strict=True))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0123456, "0.0123"),
        (2.0, "2"),
        (999.96, "1,000"),
        (1234.5, "1,234"),
        (20_000.0, "20,000"),
        (1e300, "1e+300"),
        (math.nan, "unknown"),
    ],
)
def test_numbers_are_as_people_read_them(value: float, text: str) -> None:
    assert number(value) == text


def test_ticks_have_as_many_digits_as_their_steps_need() -> None:
    assert tick_texts([0.0, 0.2, 0.4]) == ["0", "0.2", "0.4"]
    assert tick_texts([0.0010001, 0.0010002]) == ["0.0010001", "0.0010002"]
    assert tick_texts([1000.0, 1000.5]) == ["1,000", "1,000.5"]
