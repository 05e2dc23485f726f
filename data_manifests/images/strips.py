"""Pictures converted strip by strip, so that what is wider on the way, 64 bits say, is never there for all pixels."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import cv2
import numpy as np
from numpy.typing import DTypeLike, NDArray
from PIL import Image

_STRIP_VALUES = 2**18  # of 64 bits they take 2 MB, several times over


def row_strips(height_px: int, row_values: int) -> Iterator[slice]:
    """Yield the rows of a picture in runs of about 260,000 values; `row_values` is how many a row has."""
    rows = max(1, _STRIP_VALUES // max(1, row_values))
    for start in range(0, height_px, rows):
        yield slice(start, min(start + rows, height_px))


def by_strips(values: NDArray[Any], convert: Callable[[NDArray[Any]], NDArray[Any]], dtype: DTypeLike) -> NDArray[Any]:
    """Convert each value of a picture by itself.

    Args:
        values: (H, W, ...).
        convert: From some of its rows to as many of the result, of any dtype.
        dtype: Of the result, which holds all that `convert` returns.

    Returns:
        As `values`, of `dtype`.
    """
    converted = np.empty(values.shape, dtype)
    for rows in row_strips(len(values), values[:1].size):
        converted[rows] = convert(values[rows])
    return converted


def resized_strips(
    values: NDArray[np.float32],
    height_px: int,
    width_px: int,
    wanted_rows: slice = slice(None),
    columns: slice = slice(None),
) -> Iterator[tuple[slice, NDArray[np.float32]]]:
    """Resize a map bilinearly, as OpenCV's INTER_LINEAR does, without ever having all of the result.

    Args:
        values: (h, w) or (h, w, C) float32.
        height_px: Height wanted.
        width_px: Width wanted.
        wanted_rows: Rows of the result that are made; all where not given.
        columns: Columns of it, likewise.

    Yields:
        Which rows they are, and the values, (rows, columns) or (rows, columns, C).
    """
    last = len(values) - 1
    centres = ((np.arange(height_px) + 0.5) * (len(values) / height_px) - 0.5).clip(0, last)
    above = np.floor(centres).astype(np.intp)
    shares = (centres - above).astype(np.float32)
    start, stop, _ = wanted_rows.indices(height_px)
    for part in row_strips(stop - start, width_px * values[:1, :1].size):
        rows = slice(start + part.start, start + part.stop)
        first, below = above[rows.start], np.minimum(above[rows] + 1, last)
        wide = cv2.resize(values[first : below[-1] + 1], (width_px, int(below[-1] + 1 - first)))[:, columns]
        share = shares[rows].reshape(-1, *[1] * (values.ndim - 1))
        yield rows, wide[above[rows] - first] * (1 - share) + wide[below - first] * share


def strips_of(image: Image.Image, mode: str = "") -> Iterator[tuple[slice, NDArray[Any]]]:
    """Yield the pixels of a picture strip by strip: all at once Pillow would copy them two or three times.

    Args:
        image: A loaded picture.
        mode: Pillow's mode to which they are converted; "" for the picture's own.

    Yields:
        Which rows they are, and the pixels, (rows, W) or (rows, W, C).
    """
    for rows in row_strips(image.height, image.width):
        strip = image.crop((0, rows.start, image.width, rows.stop))
        yield rows, np.asarray(strip.convert(mode) if mode else strip)


def array_of(image: Image.Image, mode: str = "") -> NDArray[Any]:
    """Return the pixels of a picture, (H, W) or (H, W, C); the arguments are those of `strips_of`."""
    pixels: NDArray[Any] | None = None
    for rows, strip in strips_of(image, mode):
        if pixels is None:
            pixels = np.empty((image.height, *strip.shape[1:]), strip.dtype)
        pixels[rows] = strip
    return np.asarray(image) if pixels is None else pixels


def value_range(image: Image.Image) -> tuple[float, float]:
    """Return the lowest and the highest value of a picture of one channel; NaN where there is one."""
    ends = np.array([(strip.min(), strip.max()) for _, strip in strips_of(image)])
    return ends[:, 0].min().item(), ends[:, 1].max().item()


def holds_everywhere(values: NDArray[Any], holds: Callable[[NDArray[Any]], NDArray[np.bool_]]) -> bool:
    """Say whether something holds for each value (H, W, ...); `holds` says it for those of some rows."""
    return all(bool(holds(values[rows]).all()) for rows in row_strips(len(values), values[:1].size))
