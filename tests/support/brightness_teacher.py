"""A teacher whose depth is known beforehand, and pictures with measured depth to score it on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from bgfg.depth_teacher.teachers.teacher import DepthBatch, RgbBatch
from tests.support import references

H, W = 13, 17


class BrightnessTeacher:
    """A teacher that takes the red channel for decimetres, at half the picture's size."""

    batch, where, is_metric, overlooks_people, range_m = 4, "cpu", True, False, (0.1, 25.5)

    def describe(self) -> dict[str, Any]:
        return {"name": "brightness", "version": 1, "weights_sha256": None}

    def input_px(self, height_px: int, width_px: int) -> tuple[int, int]:
        return height_px, width_px

    def predict_batches(self, batches: Iterable[RgbBatch]) -> Iterator[DepthBatch]:
        for pictures in batches:
            yield (pictures[:, ::2, ::2, 0] / 10).astype(np.float32)


class UnitlessTeacher(BrightnessTeacher):
    """The same, whose depth has no unit."""

    is_metric = False


def save_rgbd_pairs(folder: Path) -> Path:
    """Write three pictures to `folder`/rgb, and to `folder`/depth their red channels as 1/5000 m; return the folder."""
    for name in ("rgb", "depth"):
        (folder / name).mkdir(parents=True)
    for i in range(3):
        rgb = references.picture(H, W, i)
        cv2.imwrite(str(folder / f"rgb/{i}.png"), rgb[..., ::-1])
        depth = (rgb[..., 0].astype(np.uint16) + 1) * 500  # 1/5000 m
        cv2.imwrite(str(folder / f"depth/{i}.png"), depth)
    return folder
