"""A depth map laid over its picture: whether it may show the same, and which way round."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.images.decode import PictureError
from bgfg.data_manifests.images.orientation import read_orientation, turn_upright

Depth = TypeVar("Depth", np.uint16, np.float32)

# The aspects of a picture and of its depth may differ by this share, or by a pixel: sizes are rounded.
_ASPECT_TOLERANCE = 0.01

# Files of arrays, which have no orientation tag.
_UNTAGGED = frozenset((".npy", ".npz", ".mat", ".pfm"))


def is_same_shape(depth_shape: tuple[int, ...], picture_shape: tuple[int, ...]) -> bool:
    """Say whether a map (h, w) may lie over a picture (H, W, ...): the sizes may differ, not the aspects."""
    (h, w), (height_px, width_px) = depth_shape, picture_shape[:2]
    if not (h and w):
        return False
    # A pixel is allowed in any case: a map of 60×40 for a picture of 1000×667 is as near as it can be.
    sides = ((w, h * width_px / height_px), (h, w * height_px / width_px))
    return any(abs(side - expected) <= max(1.0, _ASPECT_TOLERANCE * expected) for side, expected in sides)


def turn_with_picture(
    depth: NDArray[Depth], depth_file: Path, picture_file: Path, picture_shape: tuple[int, ...]
) -> NDArray[Depth]:
    """Turn a depth map as its photo is turned by its orientation tag, where it lies as the sensor does.

    Args:
        depth: (h, w), as `depth_file` has it, upright if that has a tag of its own.
        depth_file: The map's file.
        picture_file: The photo's file.
        picture_shape: Shape of the photo once upright, (H, W, ...).

    Returns:
        The map turned, where only that gives it the photo's shape; else the same array, which may be of another shape.

    Raises:
        PictureError: By its sides it may lie either way.
    """
    orientation = read_orientation(picture_file)
    if orientation == 1 or (depth_file.suffix.lower() not in _UNTAGGED and read_orientation(depth_file) != 1):
        return depth
    turned: NDArray[Depth] = turn_upright(depth, orientation)
    fits, fits_turned = (is_same_shape(each.shape, picture_shape) for each in (depth, turned))
    if fits and fits_turned:
        reason = f"the orientation tag ({orientation}) of {picture_file.name} turns it, and its map may lie either way"
        raise PictureError(depth_file, reason, "Save both upright, without the tag")
    return turned if fits_turned else depth
