"""Crops are centred and as large as they can be."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from bgfg.data_manifests.images.resampling.frame_geometry import centre_crop_box


@given(st.integers(1, 99), st.integers(1, 99), st.integers(1, 99), st.integers(1, 99))
@settings(derandomize=True)
def test_the_crop_is_the_largest_centred_box_of_the_aspect(h: int, w: int, frame_h: int, frame_w: int) -> None:
    top, left, height_px, width_px = centre_crop_box(h, w, frame_h, frame_w)
    assert height_px == h or width_px == w
    assert abs((h - height_px) - 2 * top) <= 1
    assert abs((w - width_px) - 2 * left) <= 1
    assert 1 <= height_px <= h
    assert 1 <= width_px <= w
    exact = (h, h * frame_w / frame_h) if h * frame_w <= w * frame_h else (w * frame_h / frame_w, w)
    assert abs(height_px - max(1, exact[0])) <= 0.5
    assert abs(width_px - max(1, exact[1])) <= 0.5
