"""OpenCV's 8-bit CIELAB as tables of whole numbers, by which figure_colours.c converts it to sRGB.

Source: `Lab2RGBinteger` in OpenCV's modules/imgproc/src/color_lab.cpp; its constants in single precision, as there.
"""

from __future__ import annotations

from functools import cache

import cv2
import numpy as np
from numpy.typing import NDArray

_BASE_BITS = 14
_BASE = 1 << _BASE_BITS  # what 1 is in Y and in its cube root
_LINEAR = 1 << 12  # levels of linear light
# Up to this L*, in 255ths, and this cube root Y goes in a straight line.
_LAST_STRAIGHT, _LAST_STRAIGHT_ROOT = 20, 3390
_TO_RGB = (
    (3.240479, -1.53715, -0.498535),
    (-0.969256, 1.875991, 0.041556),
    (0.055648, -0.204043, 1.057311),
)
_WHITE = (0.950456, 1.0, 1.088754)
LAB_TABLES = np.dtype([
    ("y", "=i4", 256), ("fy", "=i4", 256), ("a", "=i4", 256), ("b", "=i4", 256), ("matrix", "=i4", (3, 3)),
    ("levels", "=u1", _LINEAR),
])  # fmt: skip


@cache
def lab_tables() -> NDArray[np.void] | None:
    """Return the tables, (1,) of LAB_TABLES; None where the OpenCV that is installed converts otherwise."""
    tables = _tables()
    probes = np.arange(0, 256, 15, dtype=np.uint8)  # from black to the ends of all axes
    lab_u8 = np.stack(np.meshgrid(probes, probes, probes), axis=-1).reshape(-1, 3)
    return (
        tables if np.array_equal(converted(lab_u8, tables), cv2.cvtColor(lab_u8[None], cv2.COLOR_Lab2RGB)[0]) else None
    )


def converted(lab_u8: NDArray[np.uint8], tables: NDArray[np.void]) -> NDArray[np.uint8]:
    """Return the sRGB of (n, 3) uint8 CIELAB, (n, 3) uint8, by the tables; slow."""
    (light, a, b), found = lab_u8.T, tables[0]
    x, z = (_cubed(root) for root in (found["fy"][light] + found["a"][a], found["fy"][light] - found["b"][b]))
    linear = np.stack([x, found["y"][light], z], axis=-1) @ found["matrix"].T + (_BASE >> 1) >> _BASE_BITS
    return np.asarray(found["levels"][linear.clip(0, _LINEAR - 1)], np.uint8)


def _cubed(root: NDArray[np.int32]) -> NDArray[np.int32]:
    straight = np.trunc(root * 108 / 841).astype(np.int32) - 290
    return np.where(root > _LAST_STRAIGHT_ROOT, (root * root >> _BASE_BITS) * root >> _BASE_BITS, straight)


def _tables() -> NDArray[np.void]:
    tables, levels, single = np.zeros(1, LAB_TABLES), np.arange(256), np.float32
    roots = (levels * 100 * _BASE).astype(single) / single(255 * 116) + single(16 * _BASE) / single(116)
    cubes = roots * roots * roots / single(_BASE * _BASE)
    lines = (levels * _BASE * 180).astype(single) / single(17 * 29**3)
    feet = single(_BASE) * (single(16) / single(116) + (levels * 5).astype(single) / single(3 * 17 * 29))
    tables["y"], tables["fy"] = np.rint(np.where(levels <= _LAST_STRAIGHT, (lines, feet), (cubes, roots)))
    tables["a"] = (5 * levels * 53687 + (1 << 7) >> 13) - 128 * _BASE // 500
    tables["b"] = (levels * 41943 + (1 << 4) >> 9) - 128 * _BASE // 200 + 1
    tables["matrix"] = np.rint(np.multiply(_TO_RGB, _WHITE) * 4096)
    linear = np.arange(_LINEAR) / _LINEAR
    curve = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * np.power(linear, 1 / 2.4) - 0.055)
    tables["levels"] = np.rint(single(255) * curve.astype(single))
    return tables
