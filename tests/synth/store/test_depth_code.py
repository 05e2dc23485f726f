"""Depth codes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bgfg.synth.store.depth_code import LinearDepth, LogDepth, RelativeDepth, depth_code


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


@pytest.mark.parametrize(
    "code",
    [
        LogDepth(0.2, 50.0),
        LinearDepth(0.0002),
        LinearDepth(0.04, 8),
        RelativeDepth(-1.5, 9.0),
        RelativeDepth(0.0, 1.0, 16),
    ],
)
def test_every_code_is_found_again_by_its_attributes(code: LogDepth | LinearDepth | RelativeDepth) -> None:
    assert depth_code(code.attributes()) == code
    assert len(code.values_m()) == 2**code.bits
    assert code.encode(np.array([np.nan, np.inf])).tolist() == [0, 0]


def test_millimetres_are_exact_and_end_at_both_ends() -> None:
    code = LinearDepth()
    depths = np.array([0, -1, 1e-9, 0.001, 1.2344, 65.535, 70])
    assert code.encode(depths).tolist() == [0, 0, 1, 1, 1234, 65535, 65535]
    assert code.encode(depths).dtype == np.uint16
    assert code.decode(code.encode(depths))[4] == pytest.approx(1.234)


def test_distances_of_8_bits_end_at_255() -> None:
    code = LinearDepth(0.04, 8)
    codes = code.encode(np.array([0, 0.001, 0.4, 10.2, 11]))
    assert codes.dtype == np.uint8
    assert codes.tolist() == [0, 1, 10, 255, 255]
    np.testing.assert_allclose(code.decode(codes), [0, 0.04, 0.4, 10.2, 10.2], rtol=1e-6)
    with pytest.raises(ValueError, match="linear depth of 12 bits"):
        depth_code({"kind": "linear", "scale_m": 0.04, "bits": 12})


@pytest.mark.parametrize("bits", [8, 16])
def test_relative_codes_grow_with_distance(bits: int) -> None:
    code = RelativeDepth(0.0, 10.0, bits)
    last = 2**bits - 1
    assert code.encode(np.array([10.0, 11.0, 0.0, -1.0])).tolist() == [1, 1, last, last]
    codes = code.encode(np.linspace(10, 0, 50)).astype(int)
    assert (np.diff(codes) > 0).all()
    assert code.decode(codes.astype(f"u{bits // 8}"))[-1] == last
    with pytest.raises(ValueError, match="relative depth of 8 bits from 1 to 1"):
        RelativeDepth(1, 1)
