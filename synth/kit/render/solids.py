"""The solids that figures are made of: tubes with varying elliptical sections, ellipsoids, half spaces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float32]
Half = Floats | np.float32
TABLE = 65


def unit(vector: ArrayLike) -> NDArray[np.float64]:
    """Return `vector` (3,) at length 1."""
    array = np.asarray(vector, np.float64)
    return array / np.linalg.norm(array)


def frame_along(axis: ArrayLike, front: ArrayLike) -> NDArray[np.float64]:
    """Return the orthonormal rows (side, front, axis): `axis` kept, `front` made square to it, side = front x axis."""
    along = unit(axis)
    ahead = np.asarray(front, np.float64)
    ahead = unit(ahead - along * (ahead @ along))
    return np.stack([np.cross(ahead, along), ahead, along])


def _elliptic(u: Floats, v: Floats, w: Floats, a: Half, b: Half, c: Half) -> Floats:
    """Distance to the ellipsoid with half axes a, b, c, exact to first order (I. Quilez, "ellipsoid SDF")."""
    u, v, w = u / a, v / b, w / c
    radius = np.sqrt(u * u + v * v + w * w)
    u, v, w = u / a, v / b, w / c
    slope = np.sqrt(u * u + v * v + w * w)
    inner = -np.minimum(np.minimum(a, b), c)
    return np.where(radius < 0.02, inner, radius * (radius - 1) / np.maximum(slope, 1e-6)).astype(np.float32)


def _looked_up(column: Floats, index: NDArray[np.int32], rest: Floats) -> Half:
    """Return the entries of `column` at index + rest, interpolated; one number where all are alike."""
    if np.ptp(column) == 0:
        return np.float32(column[0])
    start = column.take(index)
    start += rest * np.append(np.diff(column), np.float32(0)).take(index)
    return start


@dataclass(frozen=True)
class Tube:
    """A tube from `start` to `end` whose elliptical section changes along the way.

    `stations` are rows (t, half_width, half_depth) or (t, half_width, half_depth, shift_front) with t rising from 0
    to 1, metres else; widths lie along side = front x axis. Between stations the section follows a smooth curve.
    `turn` turns the section about the axis, in radians at the start and at the end. `cap_m` is the roundness beyond
    either end, a few millimetres for a flat cut.
    """

    start: NDArray[np.float64]
    end: NDArray[np.float64]
    front: NDArray[np.float64]
    stations: Sequence[Sequence[float]]
    cap_m: tuple[float, float] = (0.02, 0.02)
    turn: tuple[float, float] = (0.0, 0.0)

    def profile(self) -> NDArray[np.float32]:
        """Return the (TABLE, 3) half widths, half depths and forward shifts at even steps of t."""
        rows = np.array([(*row, 0.0)[:4] for row in self.stations], np.float64)
        t = np.linspace(0, 1, TABLE)
        columns = [np.interp(t, rows[:, 0], rows[:, c]) for c in (1, 2, 3)]
        # Three passes of a short box filter round the corners of the polyline and keep its ends.
        table = np.stack(columns, axis=1)
        for _ in range(3):
            padded = np.concatenate([2 * table[:1] - table[3:0:-1], table, 2 * table[-1:] - table[-2:-5:-1]])
            table = np.stack([padded[i : i + TABLE] for i in range(7)]).mean(axis=0)
        return table.astype(np.float32)

    def bounds(self) -> tuple[Floats, Floats]:
        """Return the corners of a box around the two ends and the widest section."""
        table = self.profile()
        reach = max(float(table[:, 0].max()), float((table[:, 1] + np.abs(table[:, 2])).max()), *self.cap_m)
        ends = np.stack([self.start, self.end])
        return (ends.min(0) - reach).astype(np.float32), (ends.max(0) + reach).astype(np.float32)

    def distance(self, x: Floats, y: Floats, z: Floats) -> Floats:
        """Return the distance in metres at broadcastable coordinates."""
        side, front, axis = frame_along(self.end - self.start, self.front).astype(np.float32)
        x, y, z = (c - np.float32(o) for c, o in zip((x, y, z), self.start, strict=True))
        length = np.float32(np.linalg.norm(self.end - self.start))
        along = axis[0] * x + axis[1] * y + axis[2] * z
        t = np.clip(along / length, 0, 1)
        table, place = self.profile(), t * (TABLE - 1)
        index = np.minimum(place.astype(np.int32), TABLE - 2)
        rest = place - index
        wide, deep, shift = (_looked_up(column, index, rest) for column in table.T)
        u = side[0] * x + side[1] * y + side[2] * z
        v = front[0] * x + front[1] * y + front[2] * z
        if self.turn != (0.0, 0.0):
            angle = np.float32(self.turn[0]) + np.float32(self.turn[1] - self.turn[0]) * t
            u, v = u * np.cos(angle) + v * np.sin(angle), v * np.cos(angle) - u * np.sin(angle)
        beyond = along - t * length
        cap = np.where(beyond < 0, np.float32(self.cap_m[0]), np.float32(self.cap_m[1]))
        return _elliptic(u, v - shift, beyond, wide, deep, cap)


@dataclass(frozen=True)
class Ellipsoid:
    """An ellipsoid with `radii` (3,) metres along the rows of `axes` (3, 3)."""

    centre: NDArray[np.float64]
    radii: Sequence[float]
    axes: NDArray[np.float64]

    def bounds(self) -> tuple[Floats, Floats]:
        """Return the corners of the tight box."""
        reach = np.sqrt(((np.asarray(self.radii)[:, None] * self.axes) ** 2).sum(axis=0))
        return (self.centre - reach).astype(np.float32), (self.centre + reach).astype(np.float32)

    def distance(self, x: Floats, y: Floats, z: Floats) -> Floats:
        """Return the distance in metres at broadcastable coordinates."""
        x, y, z = (c - np.float32(o) for c, o in zip((x, y, z), self.centre, strict=True))
        u, v, w = (r[0] * x + r[1] * y + r[2] * z for r in self.axes.astype(np.float32))
        a, b, c = (np.float32(r) for r in self.radii)
        return _elliptic(u, v, w, a, b, c)


@dataclass(frozen=True)
class HalfSpace:
    """Everything beyond the plane through `point` in the direction of `outward`; good only for cutting."""

    point: NDArray[np.float64]
    outward: NDArray[np.float64]

    def bounds(self) -> tuple[Floats, Floats]:
        """Return infinite corners: a half space can't be sampled, only cut away."""
        return np.full(3, -np.inf, np.float32), np.full(3, np.inf, np.float32)

    def distance(self, x: Floats, y: Floats, z: Floats) -> Floats:
        """Return the distance in metres at broadcastable coordinates, negative beyond the plane."""
        n = unit(self.outward).astype(np.float32)
        px, py, pz = (np.float32(c) for c in self.point)
        return np.asarray(n[0] * (px - x) + n[1] * (py - y) + n[2] * (pz - z), np.float32)
