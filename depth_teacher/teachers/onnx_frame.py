"""Where a picture lies in the input of a depth network, and the numbers that it has there."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from bgfg.depth_teacher.teachers.onnx_recipes import OnnxRecipe

# What is around a picture that doesn't fill the input: ImageNet's mean colour, which is 0 for most networks.
_BORDER_RGB = (123.675, 116.28, 103.53)


@dataclass(frozen=True)
class Frame:
    """The place of a picture in the input of a network.

    Attributes:
        size_px: Height and width of the input.
        shown_px: Height and width that the picture has in it.
        corner_px: Its upper left corner there, down and right.
        scale: By what the picture is enlarged there, the mean of both directions.
    """

    size_px: tuple[int, int]
    shown_px: tuple[int, int]
    corner_px: tuple[int, int]
    scale: float

    @classmethod
    def of(cls, recipe: OnnxRecipe, picture_px: tuple[int, int], size_px: tuple[int, int]) -> Frame:
        """Return the place of a picture of a size in an input of a size: all of it, or the middle in proportion."""
        shown = size_px
        if recipe.fit in ("pad", "own"):
            scale = min(of / side for of, side in zip(size_px, picture_px, strict=True))
            shown = max(1, round(picture_px[0] * scale)), max(1, round(picture_px[1] * scale))
        corner = (size_px[0] - shown[0]) // 2, (size_px[1] - shown[1]) // 2
        return cls(size_px, shown, corner, (shown[0] / picture_px[0] + shown[1] / picture_px[1]) / 2)

    def crop(self, map_: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the part of a map (h, w, ...) that shows the picture; the map may be smaller than the input."""
        cuts = []
        for side, of, shown, corner in zip(map_.shape[:2], self.size_px, self.shown_px, self.corner_px, strict=True):
            start = min(round(corner * side / of), side - 1)
            cuts.append(slice(start, max(start + 1, round((corner + shown) * side / of))))
        return np.ascontiguousarray(map_[tuple(cuts)])


def fitted_size_px(recipe: OnnxRecipe, height_px: int, width_px: int) -> tuple[int, int]:
    """Return the size (height, width) that a network wants its input to have for pictures of a size."""
    if recipe.fit in ("stretch", "pad"):
        return recipe.side_px
    by_height, by_width = recipe.side_px[0] / height_px, recipe.side_px[1] / width_px
    scale = {
        "shorter": max(by_height, by_width),
        "longer": min(by_height, by_width),
        "nearest": min(by_height, by_width, key=lambda each: abs(1 - each)),
        "own": 1.0,
    }[recipe.fit]
    rows, columns = (max(1, round(side * scale / recipe.multiple_px)) for side in (height_px, width_px))
    return rows * recipe.multiple_px, columns * recipe.multiple_px


def network_input(recipe: OnnxRecipe, picture: NDArray[np.uint8], frame: Frame) -> NDArray[np.float32]:
    """Return the input (1, 3, h, w) of a network for a picture (H, W, 3) RGB."""
    shrinks = frame.shown_px[0] < picture.shape[0]
    how = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    (top, left), (rows, columns) = frame.corner_px, frame.shown_px
    whole = np.empty((*frame.size_px, 3), np.float32)
    whole[:] = _BORDER_RGB
    whole[top : top + rows, left : left + columns] = cv2.resize(picture, (columns, rows), interpolation=how)
    mean, std = (np.asarray(values, np.float32) for values in (recipe.mean, recipe.std))
    whole = (whole * np.float32(recipe.levels / 255) - mean) / std
    return np.ascontiguousarray(whole.transpose(2, 0, 1)[None])
