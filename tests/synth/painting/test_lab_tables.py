"""Tables of CIELAB: they say what OpenCV converts."""

from __future__ import annotations

import cv2
import numpy as np

from bgfg.synth.painting.lab_tables import converted, lab_tables


def test_the_tables_convert_colours_as_opencv_does() -> None:
    tables = lab_tables()
    assert tables is not None
    rng = np.random.default_rng(0)
    axis = np.arange(256, dtype=np.uint8)
    for light in (0, 1, 20, 21, 22, *rng.integers(0, 256, 3).tolist(), 255):
        a, b = (each.ravel() for each in np.meshgrid(axis, axis))
        lab_u8 = np.stack([np.full_like(a, light), a, b], axis=-1)
        assert np.array_equal(converted(lab_u8, tables), cv2.cvtColor(lab_u8[None], cv2.COLOR_Lab2RGB)[0])
