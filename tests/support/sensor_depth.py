"""Depth of a room, and how sensors and data sets code it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

H, W = 60, 80


def room_m(seed: int = 0) -> NDArray[np.float64]:
    """A floor that goes back, and a bump on it; 1.2 to 5 m."""
    y, x = np.mgrid[:H, :W]
    return np.asarray(1.2 + 3.5 * (1 - y / H) + 0.25 * np.sin(x / 9 + seed), np.float64)


def disparity(depth_m: NDArray[np.float64]) -> NDArray[np.uint16]:
    """What a Kinect gives, by the calibration of NYU Depth v2, with a corner in which it sees nothing."""
    found = np.round(1092.5 - 351.3 / depth_m).astype(np.uint16)
    found[:5, :7] = 2047
    return found


def rotated(depth_mm: NDArray[np.uint16]) -> NDArray[np.uint16]:
    return np.asarray((depth_mm << 3) | (depth_mm >> 13), np.uint16)
