"""The pictures that a benchmark starts from."""

from __future__ import annotations

import numpy as np

from benchmarks.inputs import synthetic_depth


def test_made_up_depth_is_millimetres_of_a_room() -> None:
    depth_mm = synthetic_depth(13, 17, seed=1)
    assert depth_mm.shape == (13, 17)
    assert depth_mm.dtype == np.uint16
    assert 700 < depth_mm.min() < 2_000 < 4_000 < depth_mm.max() < 9_000
