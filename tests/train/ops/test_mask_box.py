"""The box of a mask holds all that is set and nothing more, but for its margin within the frame."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from bgfg.train.ops.mask_box import box_around


@given(arrays.arrays(np.bool_, st.tuples(st.integers(1, 7), st.integers(1, 7))), st.integers(0, 3))
def test_a_box_is_that_of_looking_at_each_pixel(there: NDArray[np.bool_], margin_px: int) -> None:
    places = [place for place in np.ndindex(there.shape) if there[place]]
    if not places:
        assert box_around(there, margin_px) is None
        return
    expected = []
    for axis, side_px in enumerate(there.shape):
        values = [place[axis] for place in places]
        expected.append(slice(max(0, min(values) - margin_px), min(side_px, max(values) + 1 + margin_px)))
    assert box_around(there, margin_px) == tuple(expected)
    assert box_around(there.astype(np.float32) / np.float32(9), margin_px) == tuple(expected)
