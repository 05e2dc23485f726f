"""Depth codes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.depth_code import LogDepth


@given(st.floats(0.1, 10.0))
def test_the_relative_error_is_at_most_what_the_format_says(metres: float) -> None:
    code = LogDepth()
    back = float(code.decode(code.encode(np.array([metres])))[0])
    assert abs(back - metres) / metres <= 0.0092


def test_codes_are_the_formula_of_the_format() -> None:
    code = LogDepth(0.1, 10.0)
    values = [0.0] + [0.1 * (10.0 / 0.1) ** ((q - 1) / 254) for q in range(1, 256)]
    assert code.values_m() == pytest.approx(values)
    assert code.encode(code.values_m()).tolist() == list(range(256))


def test_the_ends_and_the_unknown() -> None:
    depths = np.array([0.0, -1.0, np.nan, np.inf, 0.01, 0.1, 10.0, 99.0])
    assert LogDepth().encode(depths).tolist() == [0, 0, 0, 0, 1, 1, 255, 255]


@pytest.mark.parametrize(("farthest", "far"), [(3.0, 10.0), (10.0, 10.0), (10.1, 20.0), (65.5, 100.0), (900.0, 100.0)])
def test_the_range_grows_with_the_deepest_background(farthest: float, far: float) -> None:
    assert LogDepth.covering(farthest).far_m == far


def test_attributes_round_trip_and_other_kinds_are_refused() -> None:
    assert LogDepth.from_attributes(LogDepth(0.2, 50.0).attributes()) == LogDepth(0.2, 50.0)
    with pytest.raises(ValueError, match="'relative' is not known"):
        LogDepth.from_attributes({"kind": "relative"})
