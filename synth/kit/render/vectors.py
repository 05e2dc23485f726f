"""Vector arithmetic that meshes, distance fields, cameras and skeletons share: lengths, frames, rotations.

Rows of many vectors (n, 3) are best laid out column after column: numpy then runs along n rather than along 3, several
times as fast. What is computed from such arrays is laid out the same way.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

FloatArray = NDArray[np.floating[Any]]  # float32 wherever there are many
Float32Array = NDArray[np.float32]
Vector = NDArray[np.float64]  # (3,), or rows of them
Vec3 = tuple[float, float, float]


def as_vec3(values: Sequence[float] | FloatArray) -> Vec3:
    """Return the first three of `values` as a tuple of Python floats."""
    return float(values[0]), float(values[1]), float(values[2])


def normalise(vector: ArrayLike) -> Vector:
    """Return `vector` (3,) at length 1."""
    array = np.asarray(vector, np.float64)
    return array / np.sqrt(array @ array)


def empty_rows(n: int) -> Float32Array:
    """Return vectors (n, 3) float32 still to be filled, laid out column after column."""
    return np.empty((3, n), np.float32).T


def take_rows(vectors: FloatArray, rows: NDArray[np.integer[Any]]) -> FloatArray:
    """Return `vectors` (n, 3) at `rows` (m,), as (m, 3) laid out column after column."""
    return np.take(vectors.T, rows, axis=1).T


def cross_rows(a: FloatArray, b: FloatArray) -> FloatArray:
    """Return the row-wise cross products (n, 3) of two arrays (n, 3), laid out column after column."""
    (ax, ay, az), (bx, by, bz) = a.T, b.T
    return np.stack([ay * bz - az * by, az * bx - ax * bz, ax * by - ay * bx]).T


def normalise_rows(vectors: FloatArray) -> FloatArray:
    """Return `vectors` (n, 3) at length 1."""
    x, y, z = vectors[:, 0], vectors[:, 1], vectors[:, 2]
    length = np.sqrt(x * x + y * y + z * z)
    return vectors / np.maximum(length, np.float32(1e-12))[:, None]


def dot_rows(a: FloatArray, b: FloatArray) -> FloatArray:
    """Return the row-wise dot products (n,) of two arrays (n, 3)."""
    return a[:, 0] * b[:, 0] + a[:, 1] * b[:, 1] + a[:, 2] * b[:, 2]


def cross(a: Vector, b: Vector) -> Vector:
    """Return the cross product of two vectors (3,); np.cross takes ten times as long for so little."""
    return np.array([a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]])


def orthonormal_frame(axis: ArrayLike, front: ArrayLike) -> Vector:
    """Return the orthonormal rows (side, front, axis) of a frame along `axis`.

    The direction of `axis` is kept, `front` is made square to it, and side = front x axis.
    """
    along = normalise(axis)
    ahead = np.asarray(front, np.float64)
    ahead = normalise(ahead - along * (ahead @ along))
    return np.array([cross(ahead, along), ahead, along])


def rotate_z(x: Any, y: Any, yaw_deg: Any) -> tuple[Any, Any]:
    """Return (x, y), numbers or arrays, turned about the origin by `yaw_deg`, counter-clockwise seen from above."""
    c, s = np.cos(np.radians(yaw_deg)), np.sin(np.radians(yaw_deg))
    return c * x - s * y, s * x + c * y
