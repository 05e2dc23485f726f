"""Shapes are compared wherever they lie and however large they are."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from data_manifests.contents import Inspection, Inspector, opaque_box, shape_iou
from data_manifests.tree import read_tree


def blob(height_px: int, width_px: int) -> NDArray[np.uint8]:
    mask = np.zeros((height_px, width_px), np.uint8)
    points = np.array([(0.5, 0), (0.9, 0.5), (0.6, 1), (0.1, 0.8)]) * (width_px - 1, height_px - 1)
    cv2.fillPoly(mask, [points.astype(np.int32)], 255)
    return mask


def test_the_box_of_what_is_opaque() -> None:
    alpha = np.zeros((13, 17), np.uint8)
    alpha[3:7, 5:9] = 127
    assert opaque_box(alpha) is None
    alpha[4, 6:9] = 128
    box = opaque_box(alpha)
    assert box is not None
    assert box.shape == (1, 3)
    assert box.all()


@pytest.mark.parametrize("scale", [0.3, 0.7, 1.0, 1.9])
def test_a_shape_agrees_with_itself_at_any_size_and_place(scale: float) -> None:
    figure = opaque_box(blob(130, 90))
    height_px, width_px = round(130 * scale), round(90 * scale)
    mask = np.zeros((300, 300), np.uint8)
    mask[17 : 17 + height_px, 40 : 40 + width_px] = cv2.resize(
        blob(130, 90), (width_px, height_px), interpolation=cv2.INTER_AREA
    )
    iou = shape_iou(mask, figure)
    assert iou is not None
    assert iou > 0.95


def test_other_shapes_disagree_as_plain_counting_says() -> None:
    mask = np.zeros((30, 30), np.uint8)
    mask[5:15, 5:15] = 255
    figure = np.ones((10, 10), bool)
    figure[:5] = False
    figure[0, 0] = figure[0, 9] = True
    assert shape_iou(mask, figure) == pytest.approx(52 / 100)


def test_what_the_frame_may_cut_is_not_compared() -> None:
    mask = np.zeros((30, 30), np.uint8)
    mask[0:15, 5:15] = 255
    assert shape_iou(mask, np.ones((10, 10), bool)) is None
    assert shape_iou(np.zeros((30, 30), np.uint8), np.ones((10, 10), bool)) is None


def test_every_picture_is_read_in_just_one_part(tmp_path: Path) -> None:
    for kind, count in (("bg", 203), ("bg_fg", 405)):
        (tmp_path / kind).mkdir()
        for n in range(count):
            name = f"bg{n + 1:03d}" + ("" if kind == "bg" else "_fg001_001")
            cv2.imwrite(str(tmp_path / kind / f"{name}.jpeg"), np.full((8, 8, 3), n % 256, np.uint8))
    inspector = Inspector(read_tree(tmp_path))
    assert inspector.parts == 5
    whole = Inspection()
    for part in range(inspector.parts):
        inspection = inspector.inspect(part)
        assert sum(map(len, inspection.modes.values())) == inspector.pictures_in(part)
        whole.add(inspection)
    assert {key: len(paths) for key, paths in whole.modes.items()} == {("bg", "RGB"): 203, ("image", "RGB"): 405}
    assert len(whole.copies) == 203
    assert inspector.pictures == 608
