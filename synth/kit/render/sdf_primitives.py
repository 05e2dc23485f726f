"""Signed distance functions of the solids that figures are made of: tubes, ellipsoids, half spaces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from bgfg.synth.kit.render.vectors import Float32Array, normalise, orthonormal_frame

ScalarOrArray = Float32Array | np.float32
PROFILE_STEPS = 65  # how finely a tube's section is looked up along its axis
_STEPS = np.linspace(0, 1, PROFILE_STEPS)


@lru_cache
def _smoothing() -> NDArray[np.float64]:
    """Return the matrix of three passes of a short box filter, which rounds a profile's corners and keeps its ends."""
    table = np.eye(PROFILE_STEPS)
    for _ in range(3):
        padded = np.concatenate([2 * table[:1] - table[3:0:-1], table, 2 * table[-1:] - table[-2:-5:-1]])
        table = np.stack([padded[i : i + PROFILE_STEPS] for i in range(7)]).mean(axis=0)
    return table


def _ellipsoid_distance(
    u: Float32Array, v: Float32Array, w: Float32Array, a: ScalarOrArray, b: ScalarOrArray, c: ScalarOrArray
) -> Float32Array:
    """Return the distance to an ellipsoid of half axes a, b, c, exact to first order (I. Quilez, "ellipsoid SDF")."""
    one = np.float32(1)
    per_a, per_b, per_c = one / a, one / b, one / c
    u, v, w = u * per_a, v * per_b, w * per_c
    radius = np.sqrt(u * u + v * v + w * w)
    u *= per_a
    v *= per_b
    w *= per_c
    slope = np.sqrt(u * u + v * v + w * w)
    np.maximum(slope, np.float32(1e-6), out=slope)
    out: Float32Array = radius * (radius - one) / slope
    if (middle := radius < 0.02).any():
        out[middle] = np.broadcast_to(-np.minimum(np.minimum(a, b), c), out.shape)[middle]
    return out


def _interpolate(column: Float32Array, index: NDArray[np.intp], rest: Float32Array) -> ScalarOrArray:
    """Return the entries of `column` at index + rest, interpolated; one number where all are alike."""
    if (column == column[0]).all():
        return np.float32(column[0])
    start = column.take(index)
    start += rest * np.append(np.diff(column), np.float32(0)).take(index)
    return start


@dataclass(frozen=True)
class Tube:
    """A tube whose elliptical section changes along the way.

    Attributes:
        start: (3,) m, where the axis begins.
        end: (3,) m, where it ends.
        front: (3,) the direction of the section's depth, made square to the axis; the width lies along
            side = front x axis.
        stations: Rows (t, half_width, half_depth) or (t, half_width, half_depth, shift_front), metres but for t, which
            rises from 0 to 1. Between stations the section follows a smooth curve.
        cap_m: The roundness beyond either end, a few millimetres for a flat cut.
        turn: The turn of the section about the axis, in radians at the start and at the end.
    """

    start: NDArray[np.float64]
    end: NDArray[np.float64]
    front: NDArray[np.float64]
    stations: Sequence[Sequence[float]]
    cap_m: tuple[float, float] = (0.02, 0.02)
    turn: tuple[float, float] = (0.0, 0.0)

    @cached_property
    def profile(self) -> NDArray[np.float32]:
        """The (PROFILE_STEPS, 3) half widths, half depths and forward shifts at even steps of t."""
        rows = np.array([(*row, 0.0)[:4] for row in self.stations], np.float64)
        columns = [np.interp(_STEPS, rows[:, 0], rows[:, c]) for c in (1, 2, 3)]
        return (_smoothing() @ np.stack(columns, axis=1)).astype(np.float32)

    def bounds(self) -> tuple[Float32Array, Float32Array]:
        """Return the corners of a box around the two ends and the widest section."""
        table = self.profile
        reach = max(float(table[:, 0].max()), float((table[:, 1] + np.abs(table[:, 2])).max()), *self.cap_m)
        ends = np.stack([self.start, self.end])
        return (ends.min(0) - reach).astype(np.float32), (ends.max(0) + reach).astype(np.float32)

    def distance(self, x: Float32Array, y: Float32Array, z: Float32Array) -> Float32Array:
        """Return the distance in metres at broadcastable coordinates."""
        side, front, axis = orthonormal_frame(self.end - self.start, self.front).astype(np.float32)
        x, y, z = (c - np.float32(o) for c, o in zip((x, y, z), self.start, strict=True))
        length = np.float32(np.linalg.norm(self.end - self.start))
        along = axis[0] * x + axis[1] * y + axis[2] * z
        t = np.clip(along / length, 0, 1)
        table, place = self.profile, t * (PROFILE_STEPS - 1)
        index = np.minimum(place.astype(np.intp), PROFILE_STEPS - 2)
        rest = (place - index).astype(np.float32)
        wide = _interpolate(table[:, 0], index, rest)
        deep = wide if (table[:, 0] == table[:, 1]).all() else _interpolate(table[:, 1], index, rest)
        shift = _interpolate(table[:, 2], index, rest)
        u = side[0] * x + side[1] * y + side[2] * z
        v = front[0] * x + front[1] * y + front[2] * z
        if self.turn != (0.0, 0.0):
            angle = np.float32(self.turn[0]) + np.float32(self.turn[1] - self.turn[0]) * t
            u, v = u * np.cos(angle) + v * np.sin(angle), v * np.cos(angle) - u * np.sin(angle)
        beyond = along - t * length
        low, high = np.float32(self.cap_m[0]), np.float32(self.cap_m[1])
        cap = low if low == high else np.where(beyond < 0, low, high)
        return _ellipsoid_distance(u, v - shift, beyond, wide, deep, cap)


@dataclass(frozen=True)
class Ellipsoid:
    """An ellipsoid with `radii` (3,) metres along the rows of `axes` (3, 3)."""

    centre: NDArray[np.float64]
    radii: Sequence[float]
    axes: NDArray[np.float64]

    def bounds(self) -> tuple[Float32Array, Float32Array]:
        """Return the corners of the tight box."""
        reach = np.sqrt(((np.asarray(self.radii)[:, None] * self.axes) ** 2).sum(axis=0))
        return (self.centre - reach).astype(np.float32), (self.centre + reach).astype(np.float32)

    def distance(self, x: Float32Array, y: Float32Array, z: Float32Array) -> Float32Array:
        """Return the distance in metres at broadcastable coordinates."""
        x, y, z = (c - np.float32(o) for c, o in zip((x, y, z), self.centre, strict=True))
        u, v, w = (r[0] * x + r[1] * y + r[2] * z for r in self.axes.astype(np.float32))
        a, b, c = (np.float32(r) for r in self.radii)
        return _ellipsoid_distance(u, v, w, a, b, c)


@dataclass(frozen=True)
class HalfSpace:
    """Everything beyond the plane through `point` in the direction of `outward`; only good for subtracting."""

    point: NDArray[np.float64]
    outward: NDArray[np.float64]

    def bounds(self) -> tuple[Float32Array, Float32Array]:
        """Return infinite corners: a half space can't be sampled, only subtracted."""
        return np.full(3, -np.inf, np.float32), np.full(3, np.inf, np.float32)

    def distance(self, x: Float32Array, y: Float32Array, z: Float32Array) -> Float32Array:
        """Return the distance in metres at broadcastable coordinates, negative beyond the plane."""
        n = normalise(self.outward).astype(np.float32)
        px, py, pz = (np.float32(c) for c in self.point)
        return np.asarray(n[0] * (px - x) + n[1] * (py - y) + n[2] * (pz - z), np.float32)
