"""The EXIF orientation of a picture, and arrays turned by it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.images.decode import StrPath, open_picture, orientation_of

_TURNS: dict[int, Callable[[NDArray[Any]], NDArray[Any]]] = {
    2: lambda values: values[:, ::-1],
    3: lambda values: values[::-1, ::-1],
    4: lambda values: values[::-1],
    5: lambda values: values.swapaxes(0, 1),
    6: lambda values: np.rot90(values, -1),
    7: lambda values: np.rot90(values, 2).swapaxes(0, 1),
    8: np.rot90,
}


def read_orientation(path: StrPath) -> int:
    """Return the EXIF orientation of a picture that can be read, 1 (upright) to 8; 1 where there is none."""
    with open_picture(path) as image:
        orientation = orientation_of(image)
    return orientation if orientation in _TURNS else 1


def read_upright_size(path: StrPath) -> tuple[int, int]:
    """Return height and width of a picture that can be read, as it stands upright."""
    with open_picture(path) as image:
        width_px, height_px = image.size
        return (width_px, height_px) if orientation_of(image) in (5, 6, 7, 8) else (height_px, width_px)


def turn_upright(values: NDArray[Any], orientation: int) -> NDArray[Any]:
    """Turn an array (H, W, ...) as a picture of this EXIF orientation is turned to stand upright."""
    return values if orientation not in _TURNS else np.ascontiguousarray(upright_view(values, orientation))


def upright_view(values: NDArray[Any], orientation: int) -> NDArray[Any]:
    """Return what `turn_upright` does without a copy: a view, row by row only where nothing is turned."""
    return _TURNS[orientation](values) if orientation in _TURNS else values
