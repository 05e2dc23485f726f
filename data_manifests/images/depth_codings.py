"""Codings of 16-bit depth maps that sensors and data sets have, recognised by the values alone.

A plain map's values are proportional to the distance. Those of a Kinect's raw frames, of files whose bytes are swapped
and of SUN RGB-D aren't, and taken as they stand they give wrong distances without a word.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_LOOKED_AT_PX = 200_000
_FEWEST_VALUES = 32  # fewer distinct ones may be multiples of anything by chance

# A Kinect's disparity has 11 bits. By the calibration that comes with NYU Depth v2 the distance is
# 351.3 m / (1092.5 - disparity), so larger ones have none; 2047 is what it gives where it sees nothing.
_DISPARITY_UNKNOWN, _DISPARITY_FAR, _DISPARITY_NEAR = 2047, 1092, 300
_DISPARITY_METRES, _DISPARITY_OFFSET = 351.3, 1092.5

_SWAPPED_IS_SMOOTHER = 8  # so many times


@dataclass(frozen=True)
class DepthCoding:
    """How the values of a map stand for distances.

    Attributes:
        name: In words, for a message.
        to_metres: From the values, (H, W) uint16, to metres, (H, W) float64, 0 unknown; its second argument is how many
            metres one unit is, where the coding leaves that open.
        is_linear: Whether a unit that is given would do as well, and so is obeyed.
        advice: What a command does about it that takes plain maps alone.
    """

    name: str
    to_metres: Callable[[NDArray[np.uint16], float], NDArray[np.float64]]
    is_linear: bool
    advice: str


def recognise_coding(values: NDArray[np.uint16]) -> DepthCoding | None:
    """Return the coding of a depth map's values, (H, W) uint16; None where they are plain, as almost always."""
    rows = values[:: max(1, values.size // _LOOKED_AT_PX)]
    if _is_swapped(rows):
        return SWAPPED_DISPARITY if _is_disparity(rows.byteswap(), True) else SWAPPED_BYTES
    if _is_disparity(rows, False):
        return DISPARITY
    return ROTATED_BITS if _is_rotated(rows) else None


def _is_swapped(rows: NDArray[np.uint16]) -> bool:
    """Say whether neighbours are far more alike with their bytes swapped: depth is smooth, its low bytes aren't."""
    if not (rows & 0xFF).any():
        return False  # 8 bits in the upper byte
    known = (rows[:, 1:] > 0) & (rows[:, :-1] > 0)
    if not known.any():
        return False
    steps = [np.abs(np.diff(each.astype(np.int32), axis=1))[known].mean() for each in (rows, rows.byteswap())]
    return bool(steps[0] > _SWAPPED_IS_SMOOTHER * steps[1] and len(np.unique(rows)) >= _FEWEST_VALUES)


def _is_disparity(rows: NDArray[np.uint16], swapped: bool) -> bool:
    """Say whether these are raw disparities of a Kinect.

    All are in its range, or 2047, with a gap between. Swapped bytes are those of NYU's raw frames, where that mark need
    not occur; values of a plain map without it may as well be millimetres.
    """
    found = np.unique(rows)
    seen = found[(found > 0) & (found != _DISPARITY_UNKNOWN)]
    is_marked = bool(len(found)) and int(found[-1]) == _DISPARITY_UNKNOWN
    return (
        (is_marked or swapped)
        and len(seen) >= _FEWEST_VALUES
        and int(seen[0]) >= _DISPARITY_NEAR
        and int(seen[-1]) <= _DISPARITY_FAR
    )


def _is_rotated(rows: NDArray[np.uint16]) -> bool:
    """Say whether the values are millimetres whose upper three bits were moved to the lower end.

    Those three say which 8 m it is: 0 almost everywhere, at most 1 indoors.
    """
    found = np.unique(rows[rows > 0])
    return (
        len(found) >= _FEWEST_VALUES
        and int((found & 7).max()) <= 1
        and int(np.gcd.reduce(found[found & 7 == 0], initial=0)) == 8  # else they are multiples of something else
    )


def _metres_of_disparity(disparity: NDArray[np.uint16], _unit_m: float) -> NDArray[np.float64]:
    known = (disparity > 0) & (disparity <= _DISPARITY_FAR)
    return np.where(known, _DISPARITY_METRES / np.where(known, _DISPARITY_OFFSET - disparity, 1), 0)


def _metres_of_rotated(values: NDArray[np.uint16], _unit_m: float) -> NDArray[np.float64]:
    return ((values >> 3) | (values << 13)).astype(np.float64) / 1000


_CONVERT = "Convert it to a 16-bit PNG in millimetres"
DISPARITY = DepthCoding("raw disparity of a Kinect", _metres_of_disparity, False, _CONVERT)
SWAPPED_DISPARITY = DepthCoding(
    "raw disparity of a Kinect, bytes swapped",
    lambda v, unit: _metres_of_disparity(v.byteswap(), unit),
    False,
    _CONVERT,
)
SWAPPED_BYTES = DepthCoding(
    "numbers whose bytes are swapped",
    lambda v, unit: v.byteswap() * np.float64(unit),
    False,
    "Save it with its bytes in order",
)
ROTATED_BITS = DepthCoding(
    "millimetres with their bits rotated by three, as SUN RGB-D has them",
    _metres_of_rotated,
    True,
    "Give --depth-scale 0.000125, or convert it to a 16-bit PNG in millimetres",
)
