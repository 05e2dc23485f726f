"""Turning and scaling, in whole numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from bgfg.data_manifests.images.resampling import affine_warp
from bgfg.data_manifests.images.resampling.affine_warp import warp, warped_size
from tests.support import references

SCALES = st.integers(100, 4_000)
TURNS = st.integers(-180_000, 180_000)


def slow_halved(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    h, w, channels = pixels.shape
    halved = np.zeros(((h + 1) // 2, (w + 1) // 2, channels), np.uint8)
    for y, x, c in np.ndindex(halved.shape):
        four = pixels[2 * y : 2 * y + 2, 2 * x : 2 * x + 2, c]
        halved[y, x, c] = (int(four.sum()) + 2) // 4
    return halved


def slow_warp(pixels: NDArray[np.uint8], scale_milli: int, rotation_mdeg: int) -> NDArray[np.uint8]:
    """The formulas of the docstring, pixel by pixel."""
    h, w, channels = pixels.shape
    height_px, width_px = warped_size(h, w, scale_milli, rotation_mdeg)
    level = 0
    while scale_milli * 2**level <= 500:
        pixels, level = slow_halved(pixels), level + 1
    t, angle = scale_milli * 2**level / 1000, math.radians(rotation_mdeg / 1000)
    c, n = round(2**15 * math.cos(angle) / t), round(2**15 * math.sin(angle) / t)

    def at(y: int, x: int) -> NDArray[np.int64]:
        inside = 0 <= y < pixels.shape[0] and 0 <= x < pixels.shape[1]
        return pixels[y, x].astype(np.int64) if inside else np.zeros(channels, np.int64)

    warped = np.zeros((height_px, width_px, channels), np.uint8)
    for y, x in np.ndindex(height_px, width_px):
        across, down = 2 * x + 1 - width_px, 2 * y + 1 - height_px
        u = across * c - down * n + (w * 2**15 // 2**level) - 2**15
        v = across * n + down * c + (h * 2**15 // 2**level) - 2**15
        (column, fx), (row, fy) = (divmod((place + 2**10) // 2**11, 32) for place in (u, v))
        sums = (
            at(row, column) * (32 - fx) * (32 - fy)
            + at(row, column + 1) * fx * (32 - fy)
            + at(row + 1, column) * (32 - fx) * fy
            + at(row + 1, column + 1) * fx * fy
        )
        warped[y, x] = (sums + 512) // 1024
    return warped


@pytest.mark.parametrize("channels", [(), (1,), (4,)])
@given(
    st.integers(1, 70), st.integers(1, 70), st.integers(1, 3_000), TURNS | st.just(90_000), st.integers(0, 2**32 - 1)
)
def test_compiled_and_opencv_s_are_the_same(
    channels: tuple[int, ...], height_px: int, width_px: int, scale: int, turn: int, seed: int
) -> None:
    pixels = np.random.default_rng(seed).integers(0, 256, (height_px, width_px, *channels), np.uint8)
    assert affine_warp.library() is not None, "the tests need a C compiler where bgfg is installed"
    compiled = warp(pixels, scale, turn)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(affine_warp, "library", lambda: None)
        by_map = warp(pixels, scale, turn)
    assert np.array_equal(compiled, by_map.reshape(compiled.shape))


@given(st.integers(1, 9), st.integers(1, 9), SCALES.filter(lambda scale: scale < 2_500), TURNS, st.integers(0, 99))
def test_every_pixel_is_the_mean_that_the_formulas_say(h: int, w: int, scale: int, turn: int, seed: int) -> None:
    pixels = np.random.default_rng(seed).integers(0, 256, (h, w, 4), np.uint8)
    assert np.array_equal(warp(pixels, scale, turn), slow_warp(pixels, scale, turn))


@pytest.mark.parametrize(("scale", "turn"), [(1_000, 8_123), (613, -15_000), (250, 90_000), (120, 0), (1_497, 3)])
def test_so_it_is_of_a_cutout(scale: int, turn: int) -> None:
    pixels = references.cutout(31, 17, 1)
    assert np.array_equal(warp(pixels, scale, turn), slow_warp(pixels, scale, turn))


def test_where_nothing_is_to_be_done_nothing_is() -> None:
    pixels = references.cutout(13, 7, 1)
    assert warp(pixels, 1_000, 0) is pixels
    assert warp(pixels, 1_000, -360_000) is pixels


@pytest.mark.parametrize("quarters", [1, 2, 3])
def test_quarter_turns_are_exact(quarters: int) -> None:
    pixels = references.cutout(13, 7, 3)
    assert np.array_equal(warp(pixels, 1_000, 90_000 * quarters), np.rot90(pixels, quarters))


@given(st.integers(1, 200), st.integers(1, 200), SCALES, TURNS)
def test_the_box_holds_the_turned_corners_and_hardly_more(h: int, w: int, scale: int, turn: int) -> None:
    angle, s = math.radians(turn / 1000), scale / 1000
    corners = [(x * math.cos(angle) + y * math.sin(angle), y * math.cos(angle) - x * math.sin(angle))
               for x in (-w / 2, w / 2) for y in (-h / 2, h / 2)]  # fmt: skip
    wide, high = (2 * s * max(abs(corner[axis]) for corner in corners) for axis in (0, 1))
    height_px, width_px = warped_size(h, w, scale, turn)
    for side, exact in ((height_px, high), (width_px, wide)):
        assert exact - 0.0051 <= side < max(1, exact) + 1


@given(SCALES, TURNS, st.integers(0, 9))
def test_colours_that_were_multiplied_by_alpha_stay_below_it(scale: int, turn: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    alpha = rng.integers(0, 256, (9, 11, 1))
    pixels = np.concatenate([rng.integers(0, alpha + 1, (9, 11, 3)), alpha], axis=2).astype(np.uint8)
    warped = warp(pixels, scale, turn)
    assert (warped[..., :3] <= warped[..., 3:]).all()
    assert np.array_equal(warp(np.ascontiguousarray(pixels[..., 3]), scale, turn), warped[..., 3])
