"""Layers over pictures: to the level what the formula says, compiled and not."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from bgfg.data_manifests.images.resampling.cutout_shape import premultiplied
from bgfg.synth.painting import layers
from bgfg.synth.painting.layers import PremultipliedCutout, Shade, multiplied_bells
from tests.support import references
from tests.synth.compose.test_known_matches import cutout_of


@pytest.fixture(params=["compiled", "OpenCV"], autouse=True)
def _way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    assert layers.library() is not None, "the tests need a C compiler where bgfg is installed"
    if request.param == "OpenCV":
        monkeypatch.setattr(layers, "library", lambda: None)


def slow_over(colours: NDArray[np.uint8], alpha_u8: NDArray[np.uint8], under: NDArray[np.uint8]) -> NDArray[np.uint8]:
    over = under.copy()
    for y, x, c in np.ndindex(*under.shape):
        level = int(colours[y, x, c]) + references.blend(0, int(under[y, x, c]), int(alpha_u8[y, x]))
        over[y, x, c] = min(level, 255)
    return over


def test_every_level_shines_through_every_alpha_as_it_is_rounded() -> None:
    under = np.repeat(np.arange(256, dtype=np.uint8)[None, :, None], 256, axis=0).repeat(3, axis=2)
    alpha_u8 = np.repeat(np.arange(256, dtype=np.uint8)[:, None], 256, axis=1)
    through = (under * (255 - alpha_u8.astype(np.int64))[..., None] * 2 + 255) // 510
    shaded, covered = under.copy(), under.copy()
    Shade(alpha_u8).lay_over(shaded, np.s_[:, :])
    assert np.array_equal(shaded, through)
    pixels = np.dstack([np.zeros((256, 256, 3), np.uint8), alpha_u8])
    PremultipliedCutout.of(pixels).lay_over(covered, np.s_[:, :])
    assert np.array_equal(covered, through)


@settings(max_examples=20)
@given(st.integers(1, 20), st.integers(1, 90), st.booleans(), st.integers(0, 2**32 - 1))
def test_a_part_of_a_layer_changes_its_place_and_nothing_else(
    height_px: int, width_px: int, overflows: bool, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    rgba = cutout_of(height_px + 3, width_px + 5, rng)
    pixels = rgba if overflows else premultiplied(rgba)
    frame = rng.integers(0, 256, (height_px + 2, 2, width_px + 4, 3), np.uint8)
    part, place = np.s_[2 : 2 + height_px, 4 : 4 + width_px], np.s_[1 : 1 + height_px, 1, 3 : 3 + width_px]
    for layer, colours in ((PremultipliedCutout.of(pixels), pixels[part]), (Shade(rgba[..., 3].copy()), None)):
        image = frame.copy()
        expected = frame.copy()
        seen = np.zeros((height_px, width_px, 3), np.uint8) if colours is None else colours[..., :3]
        expected[place] = slow_over(seen, pixels[part][..., 3], frame[place])
        layer.lay_over(image[:, 1][1 : 1 + height_px, 3 : 3 + width_px], part)
        assert np.array_equal(image, expected)


def test_nothing_is_laid_where_a_layer_lies_outside() -> None:
    image = np.zeros((4, 4, 3), np.uint8)
    for layer in (PremultipliedCutout.of(np.full((3, 3, 4), 9, np.uint8)), Shade(np.full((3, 3), 9, np.uint8))):
        layer.lay_over(image[4:, :2], np.s_[3:, :2])
    assert not image.any()


@settings(max_examples=20)
@given(st.integers(1, 40), st.integers(1, 90), st.integers(0, 255 * 1024), st.integers(0, 99))
def test_bells_are_multiplied_as_they_are_written_down(height_px: int, width_px: int, dark: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    down, across = (rng.integers(0, 1025, side).astype(np.int32) for side in (height_px, width_px))
    found = multiplied_bells(down, across, dark)
    for y, x in np.ndindex(height_px, width_px):
        assert found[y, x] == ((int(down[y]) * dark + 512) // 1024 * int(across[x]) + 2**19) // 2**20
