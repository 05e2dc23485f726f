"""Colours of cut-outs on their way to those around them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from bgfg.synth.painting.colour_match import LabColours, Surroundings
from tests.support import references


def slow_lab(rgb: NDArray[np.uint8]) -> NDArray[np.float64]:
    """CIELAB of sRGB under D65, by its definition, in the scale of bytes."""
    linear = np.where(rgb / 255 > 0.04045, ((rgb / 255 + 0.055) / 1.055) ** 2.4, rgb / 255 / 12.92)
    matrix = [[0.412453, 0.357580, 0.180423], [0.212671, 0.715160, 0.072169], [0.019334, 0.119193, 0.950227]]
    x, y, z = np.moveaxis(linear @ np.transpose(matrix) / [0.950456, 1, 1.088754], -1, 0)
    fx, fy, fz = (np.where(v > 216 / 24389, np.cbrt(v), (24389 / 27 * v + 16) / 116) for v in (x, y, z))
    return np.stack([(116 * fy - 16) * 2.55, 500 * (fx - fy) + 128, 200 * (fy - fz) + 128], axis=-1)


def test_surroundings_are_mean_and_deviation_of_a_grown_box_within_the_frame() -> None:
    background = references.picture(31, 43, 2)
    lab = slow_lab(background)
    for x, y, w, h in ((10, 12, 9, 7), (-5, -3, 12, 11), (40, 28, 10, 10), (0, 0, 43, 31)):
        top, left = max(0, y - h // 2), max(0, x - w // 2)
        box = lab[top : y + h + h // 2, left : x + w + w // 2].reshape(-1, 3)
        mean, deviation = Surroundings(background).around(x, y, w, h)
        np.testing.assert_allclose(mean, box.mean(axis=0), atol=0.7)
        np.testing.assert_allclose(deviation, box.std(axis=0), atol=0.7)


def test_what_lies_wholly_outside_has_the_whole_background_around() -> None:
    found = Surroundings(references.picture(31, 43, 2))
    for mine, whole in zip(found.around(500, 500, 9, 9), found.around(0, 0, 43, 31), strict=True):
        np.testing.assert_array_equal(mine, whole)


@pytest.mark.parametrize("strength_milli", [0, 250, 500, 1_000])
def test_mean_and_deviation_go_as_far_as_they_are_told(strength_milli: int) -> None:
    rng = np.random.default_rng(0)
    rgba = np.dstack([rng.integers(70, 190, (40, 30, 3)), np.full((40, 30), 255)]).astype(np.uint8)
    rgba[:10, :, 3] = 0  # what isn't opaque doesn't count
    rgba[:10, :, :3] = 255
    colours, share = LabColours.of(rgba), strength_milli / 1000
    mean, deviation = np.array([110.0, 140.0, 120.0]), colours.deviation * [0.7, 1.2, 0.9]
    lab = slow_lab(colours.matched(mean, deviation, strength_milli)[10:, :, :3]).reshape(-1, 3)
    np.testing.assert_allclose(lab.mean(axis=0), colours.mean + share * (mean - colours.mean), atol=2)
    expected = colours.deviation + share * (deviation - colours.deviation)
    np.testing.assert_allclose(lab.std(axis=0), expected, rtol=0.15)


@pytest.mark.parametrize("transparent", [0.0, 0.4, 1.0])
def test_pixels_are_matched_one_by_one_and_what_is_transparent_is_black(transparent: float) -> None:
    """OpenCV converts many pixels at once: those of a picture must come out as those that are packed, and as alone."""
    rng = np.random.default_rng(3)
    rgba = rng.integers(0, 256, (37, 29, 4), np.uint8)
    rgba[rng.random((37, 29)) < transparent, 3] = 0
    colours, mean, deviation = LabColours.of(rgba), np.array([90.0, 140.0, 120.0]), np.array([20.0, 9.0, 30.0])
    matched = colours.matched(mean, deviation, 700)
    assert np.array_equal(matched[..., 3], rgba[..., 3])
    assert not matched[rgba[..., 3] == 0].any()
    share, contrast = 0.7, np.clip(deviation / colours.deviation, 0.5, 2)
    lab = cv2.cvtColor(np.ascontiguousarray(rgba[..., :3]), cv2.COLOR_RGB2Lab)
    centre = colours.mean + share * (mean - colours.mean)
    moved = np.rint(np.clip(centre + (1 + share * (contrast - 1)) * (lab - colours.mean), 0, 255)).astype(np.uint8)
    whole = cv2.cvtColor(moved, cv2.COLOR_Lab2RGB)
    seen = rgba[..., 3] > 0
    assert np.array_equal(matched[seen, :3], whole[seen])
    for y, x in np.argwhere(seen)[:50]:
        assert np.array_equal(matched[y, x, :3], cv2.cvtColor(moved[y : y + 1, x : x + 1], cv2.COLOR_Lab2RGB)[0, 0])


def test_a_flat_garment_is_not_made_noisy() -> None:
    rgba = np.full((9, 9, 4), 255, np.uint8)
    rgba[..., :3] = 120
    rgba[::2, ::2, :3] = 122
    matched = LabColours.of(rgba).matched(np.array([128.0, 128, 128]), np.array([60.0, 30, 30]), 1_000)
    assert np.ptp(matched[..., :3].astype(int), axis=(0, 1)).max() <= 8


def test_the_lab_of_bytes_is_that_of_the_definition() -> None:
    rgb = np.random.default_rng(1).integers(0, 256, (50, 50, 3), np.uint8)
    assert np.abs(cv2.cvtColor(rgb, cv2.COLOR_RGB2Lab) - slow_lab(rgb)).max() < 2
