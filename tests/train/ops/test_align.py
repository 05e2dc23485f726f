"""A background taken from a little aside is laid over its picture, or refused."""

from __future__ import annotations

import re

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from bgfg.train.ops.align import find_alignment, warp_background


def room(height_px: int = 240, width_px: int = 320, seed: int = 0) -> NDArray[np.uint8]:
    """Return a picture with many features: overlapping boxes and disks."""
    draw = np.random.default_rng(seed)
    pixels = np.full((height_px, width_px, 3), 128, np.uint8)
    for _ in range(150):
        x, y = int(draw.integers(0, width_px)), int(draw.integers(0, height_px))
        colour = draw.integers(0, 256, 3).tolist()
        if draw.random() < 0.5:
            cv2.circle(pixels, (x, y), int(draw.integers(3, 18)), colour, -1, cv2.LINE_AA)
        else:
            cv2.rectangle(pixels, (x, y), (x + int(draw.integers(4, 40)), y + int(draw.integers(4, 40))), colour, -1)
    return pixels


def turned(
    pixels: NDArray[np.uint8], degrees: float, zoom: float, shift_px: tuple[float, float]
) -> NDArray[np.float64]:
    centre = (pixels.shape[1] / 2, pixels.shape[0] / 2)
    matrix = np.asarray(cv2.getRotationMatrix2D(centre, degrees, zoom), np.float64)
    matrix[:, 2] += shift_px
    return np.vstack([matrix, [0, 0, 1]])


def test_a_turned_shot_is_laid_over_to_a_fraction_of_a_pixel() -> None:
    scene = room()
    matrix = turned(scene, 2.0, 1.03, (5.3, -3.7))
    picture = cv2.warpPerspective(scene, matrix, (320, 240), borderMode=cv2.BORDER_REFLECT)
    cv2.rectangle(picture, (120, 60), (190, 240), (200, 30, 40), -1)  # the person
    found = find_alignment(scene, np.asarray(picture, np.uint8))
    assert found.matrix is not None
    assert found.inliers > 50
    corners = np.array([[[20, 20]], [[300, 20]], [[300, 220]], [[20, 220]]], np.float64)
    apart = cv2.perspectiveTransform(corners, found.matrix) - cv2.perspectiveTransform(corners, matrix)
    assert np.abs(apart).max() < 0.5


def test_another_size_is_brought_to_the_pictures() -> None:
    scene = room()
    large = cv2.resize(scene, (480, 360), interpolation=cv2.INTER_CUBIC)
    found = find_alignment(np.asarray(large, np.uint8), scene)
    assert found.matrix is not None
    laid = warp_background(np.asarray(large, np.uint8), scene, found.matrix)
    assert laid.shape == scene.shape
    assert np.abs(laid.astype(int) - scene)[10:-10, 10:-10].mean() < 6


def test_beyond_the_background_stands_the_picture() -> None:
    scene, picture = room(), room(seed=3)
    laid = warp_background(scene, picture, turned(scene, 0, 1, (100, 0)))
    assert (laid[:, :99] == picture[:, :99]).all()
    assert np.abs(laid[:, 101:].astype(int) - scene[:, 1:-100]).max() <= 1


@pytest.mark.parametrize(
    ("background", "why"),
    [
        (np.full((240, 320, 3), 90, np.uint8), "0 features in one"),
        (room(seed=9), "features in common"),
        (room()[:, ::-1].copy(), "features in common|folded"),
    ],
)
def test_another_scene_is_refused(background: NDArray[np.uint8], why: str) -> None:
    found = find_alignment(background, room())
    assert found.matrix is None
    assert re.search(why, found.why)
