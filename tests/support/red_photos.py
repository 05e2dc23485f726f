"""Photographs of red things before grey noise: what stands in them, and where, is known."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]

RED = (210, 20, 30)

# Left, top, width and height.
Box = tuple[int, int, int, int]


def red_photo(height_px: int, width_px: int, boxes: Sequence[Box], seed: int = 0) -> Pixels:
    """Return a photograph (H, W, 3) uint8 RGB with a red box for each thing."""
    photo = np.random.default_rng(seed).integers(90, 130, (height_px, width_px, 1)).astype(np.uint8).repeat(3, axis=2)
    for left, top, box_width_px, box_height_px in boxes:
        photo[top : top + box_height_px, left : left + box_width_px] = RED
    return photo


def write_red_photo(path: Path, boxes: Sequence[Box], height_px: int = 120, width_px: int = 160, seed: int = 0) -> Path:
    """Write such a photograph as the suffix says, and return the path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    assert cv2.imwrite(str(path), red_photo(height_px, width_px, boxes, seed)[..., ::-1])
    return path
