"""Shapes are compared wherever they lie, however large they are, and whatever the frame leaves of them."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from bgfg.data_manifests.audit.shapes import match_anywhere, match_in_place, match_nearby, opaque_box


def blob(height_px: int, width_px: int) -> NDArray[np.uint8]:
    mask = np.zeros((height_px, width_px), np.uint8)
    points = np.array([(0.5, 0), (0.9, 0.5), (0.6, 1), (0.1, 0.8)]) * (width_px - 1, height_px - 1)
    cv2.fillPoly(mask, [points.astype(np.int32)], 255)
    return mask


def figure() -> NDArray[np.bool_]:
    box = opaque_box(blob(130, 90))
    assert box is not None
    return box


def pasted(y: int, x: int, scale: float = 1.0, mirrored: bool = False) -> NDArray[np.uint8]:
    """Return a mask of 200 by 150 with the blob at (y, x), which may hang out."""
    size = round(90 * scale), round(130 * scale)
    shape = cv2.resize(blob(130, 90)[:, :: -1 if mirrored else 1], size, interpolation=cv2.INTER_AREA)
    wide = np.zeros((1000, 1000), np.uint8)
    wide[400 + y : 400 + y + size[1], 400 + x : 400 + x + size[0]] = shape
    return wide[400:600, 400:550]


def test_the_box_of_what_is_opaque() -> None:
    alpha = np.zeros((13, 17), np.uint8)
    alpha[3:7, 5:9] = 127
    assert opaque_box(alpha) is None
    alpha[4, 6:9] = 128
    box = opaque_box(alpha)
    assert box is not None
    assert box.shape == (1, 3)
    assert box.all()


@pytest.mark.parametrize("scale", [0.3, 0.7, 1.0, 1.4])
def test_a_shape_agrees_with_itself_at_any_size_and_place(scale: float) -> None:
    match = match_anywhere(pasted(9, 12, scale) >= 128, figure())
    assert match.agrees
    assert match.iou > 0.95


@pytest.mark.parametrize(
    ("y", "x", "scale"), [(-40, 20, 1.0), (110, 20, 1.2), (30, -30, 1.0), (30, 100, 1.0), (-50, -30, 1.3), (120, 90, 1)]
)
def test_what_the_frame_leaves_of_a_shape_agrees_with_it(y: int, x: int, scale: float) -> None:
    assert match_anywhere(pasted(y, x, scale) >= 128, figure()).agrees


@pytest.mark.parametrize("y", [20, -40, 110])
def test_the_mirrored_shape_disagrees(y: int) -> None:
    assert not match_anywhere(pasted(y, 20, mirrored=True) >= 128, figure()).agrees


@pytest.mark.parametrize("damage", ["empty", "full", "inverted", "half"])
def test_a_mask_of_something_else_disagrees(damage: str) -> None:
    mask = pasted(20, 20)
    if damage == "half":
        mask[:, :75] = 255
    damaged = {"empty": mask * 0, "full": mask * 0 + 255, "inverted": 255 - mask, "half": mask}[damage]
    assert not match_anywhere(np.asarray(damaged) >= 128, figure()).agrees


def test_even_a_wholly_opaque_figure_does_not_fill_the_frame() -> None:
    round_figure = cv2.circle(np.zeros((80, 80), np.uint8), (40, 40), 39, 1, -1) > 0
    assert not match_anywhere(np.ones((160, 160), bool), round_figure).agrees


def test_other_shapes_disagree_as_plain_counting_says() -> None:
    mask = np.zeros((30, 30), np.uint8)
    mask[5:15, 5:15] = 255
    other = np.ones((10, 10), bool)
    other[:5] = False
    other[0, 0] = other[0, 9] = True
    assert match_anywhere(mask >= 128, other).iou == pytest.approx(52 / 100)
    assert match_in_place(mask[5:15, 5:15] > 0, other).iou == pytest.approx(52 / 100)


def test_two_empty_shapes_agree() -> None:
    assert match_in_place(np.zeros((3, 4), bool), np.zeros((3, 4), bool)) == (1.0, True)


@pytest.mark.parametrize(("dy", "dx"), [(0, 0), (1, 0), (-1, 1), (0, -1)])
def test_shapes_one_pixel_off_agree_though_they_are_thin(dy: int, dx: int) -> None:
    thin = np.zeros((31, 37), bool)
    thin[4:27:4, 5:30] = thin[4:25, 7:30:5] = True
    match = match_nearby(np.roll(thin, (dy, dx), (0, 1)), thin)
    assert match == (1.0, True)


def test_shapes_three_pixels_off_disagree() -> None:
    thin = np.zeros((31, 37), bool)
    thin[4:8, 5:30] = True
    assert not match_nearby(np.roll(thin, 3, axis=0), thin).agrees


def test_a_shape_in_a_mask_of_thousands_of_pixels_is_found_as_in_a_small_one() -> None:
    figure = np.zeros((41, 30), bool)
    figure[:10] = figure[:, 10:20] = True
    large = np.kron(figure, np.ones((200, 100), np.uint8)) * np.uint8(255)
    assert match_anywhere(np.pad(large, 300) > 0, figure).agrees
    assert not match_anywhere(np.pad(np.tril(np.ones((8200, 3000), bool)), 300), figure).agrees
