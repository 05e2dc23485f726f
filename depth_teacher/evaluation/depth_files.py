"""Measured depth in files: pictures of 16 bits or floating-point numbers, arrays of NumPy and MATLAB, PFM."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.files.regular_file import open_regular
from bgfg.data_manifests.images.decode import decode
from bgfg.data_manifests.images.depth_codings import DepthCoding, recognise_coding
from bgfg.data_manifests.images.image_reading import holds_depth, read_depth_values
from bgfg.data_manifests.images.strips import array_of, by_strips
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.depth_teacher.evaluation.mat_arrays import read_mat
from bgfg.depth_teacher.evaluation.npy_arrays import npy_header, read_npy
from bgfg.depth_teacher.evaluation.npz_arrays import read_npz
from bgfg.depth_teacher.evaluation.pfm import read_pfm
from bgfg.depth_teacher.evaluation.planes import as_plane, is_plane

INTEGER_UNIT_M = 0.001

# A depth map's values, and what was found out about the file, in words.
Values = tuple[NDArray[Any], tuple[str, ...]]


def _read_npy(path: Path, _key: str | None) -> Values:
    return as_plane(path, read_npy(path, (2, 3))), ()


def _read_picture(path: Path, _key: str | None) -> Values:
    # Pillow gives the few kinds of floating-point pictures as they are.
    image = decode(path).image
    if image.mode == "F":
        return array_of(image), ()
    image.close()
    return read_depth_values(path), ()


_READERS: dict[str, Callable[[Path, str | None], Values]] = {
    **dict.fromkeys((".png", ".pgm", ".tif", ".tiff"), _read_picture),
    ".npy": _read_npy,
    ".npz": lambda path, key: (read_npz(path, key), ()),
    ".mat": lambda path, key: (read_mat(path, key), ()),
    ".pfm": lambda path, _key: read_pfm(path),
}
DEPTH_SUFFIXES = frozenset(_READERS)

# Of these nothing but depth is expected; the others are pictures too.
DEPTH_ALONE = frozenset((".npz", ".mat", ".pfm"))


def may_hold_depth(path: Path) -> bool:
    """Say by its header whether a file holds one channel of more than 8 bits; one that is broken doesn't."""
    suffix = path.suffix.lower()
    if suffix in DEPTH_ALONE:
        return True
    if suffix != ".npy":
        return holds_depth(path)
    try:
        with open_regular(path) as stream:
            return is_plane(npy_header(path, stream, (1, 2, 3, 4)).shape)
    except (Problem, OSError):
        return False  # it is named when it is read


def read_depth_m(path: Path, scale_m: float | None, key: str | None = None) -> tuple[NDArray[np.float32], list[str]]:
    """Read a depth map.

    Args:
        path: The file, of one of DEPTH_SUFFIXES.
        scale_m: Metres of one unit of the map, whatever its type; None for what the file says: metres of
            floating-point numbers, millimetres of integers, or the coding that a sensor has.
        key: The array to take of a file of several; None for the one that can be meant.

    Returns:
        Metres (h, w) float32, 0 unknown, and what was found out about the file where it isn't plain, in words.

    Raises:
        Problem: It can't be read, or is no depth map.
    """
    values, decided = _READERS[path.suffix.lower()](path, key)
    if values.dtype.kind == "u" and values.dtype.itemsize == 2:
        # A file without a unit of its own may say it by its coding, unless the unit was given.
        coding = recognise_coding(np.ascontiguousarray(values, np.uint16))
        if coding is not None and (scale_m is None or not coding.is_linear):
            in_metres = partial(_decoded, coding, scale_m or INTEGER_UNIT_M)
            return by_strips(values, in_metres, np.float32), [*decided, coding.name]
    if _looks_backwards(values):
        values, decided = -values, (*decided, "all values are negative, as OpenGL has z: taken for distances")
    return metres_of(values, scale_m), list(decided)


def _decoded(coding: DepthCoding, unit_m: float, strip: NDArray[Any]) -> NDArray[np.float64]:
    return coding.to_metres(np.ascontiguousarray(strip, np.uint16), unit_m)


def _looks_backwards(values: NDArray[Any]) -> bool:
    """Say whether all that is known is negative, and isn't a single mark for what is unknown."""
    if values.dtype.kind not in "if":
        return False
    known = values[np.isfinite(values) & (values != 0)]
    return bool(known.size) and float(known.min()) < float(known.max()) < 0


def metres_of(values: NDArray[Any], scale_m: float | None) -> NDArray[np.float32]:
    """Return metres, float32, of values of any shape; what isn't finite, positive and below a type's top is 0."""
    unit_m = scale_m if scale_m is not None else 1.0 if values.dtype.kind == "f" else INTEGER_UNIT_M

    def in_metres(strip: NDArray[Any]) -> NDArray[np.float64]:
        known = np.isfinite(strip) & (strip > 0)
        if strip.dtype.kind in "ui":
            known &= strip < np.iinfo(strip.dtype).max  # the mark of many sensors for "nothing seen"
        return np.asarray(np.where(known, strip, 0) * np.float64(unit_m))

    with np.errstate(over="ignore"):  # farther than a float32 reaches is as good as infinite
        metres = by_strips(values, in_metres, np.float32)
    metres[~np.isfinite(metres)] = 0
    return metres
