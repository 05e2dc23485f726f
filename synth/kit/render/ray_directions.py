"""Directions in which the points of an image look for light, without random numbers.

Every point of a 4 x 4 tile looks in other directions than its neighbours (interleaved sampling, Keller and Heidrich
2001); the blur in `denoise` then gives each of them what all sixteen saw, without grain.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bgfg.synth.kit.render.vectors import FloatArray, empty_rows

BAYER_4X4 = np.array([[0, 8, 2, 10], [12, 4, 14, 6], [3, 11, 1, 9], [15, 7, 13, 5]])  # the order of a 4 x 4 tile


def r2_samples(k: int, rays: int) -> tuple[FloatArray, FloatArray]:
    """Return two numbers 0..1 for ray k of `rays` of each point of a tile: Roberts' R2 sequence, run through the tile.

    Args:
        k: The number of the ray, from 0.
        rays: How many rays each point sends.

    Returns:
        Two arrays (16,).
    """
    index = np.arange(16) * rays + k + 1
    # The powers of 1 / 1.3247..., the plastic number: the golden ratio's counterpart in two dimensions.
    first = ((index * 0.7548776662466927) % 1).astype(np.float32)
    second = ((index * 0.5698402909980532) % 1).astype(np.float32)
    return first, second


class DirectionsAround:
    """Directions around n axes (n, 3), each with two directions square to it, after Duff et al. 2017."""

    def __init__(self, axes: FloatArray) -> None:
        nx, ny, nz = axes[:, 0], axes[:, 1], axes[:, 2]
        sign = np.where(nz >= 0, np.float32(1), np.float32(-1))
        a = -1 / (sign + nz)
        b = nx * ny * a
        self._rows = ((1 + sign * nx * nx * a, b, nx), (sign * b, sign + ny * ny * a, ny), (-sign * nx, -ny, nz))

    def at(
        self,
        z: FloatArray,
        radius: FloatArray,
        turn: FloatArray,
        tile_index: NDArray[np.intp],
        spread: FloatArray | float = 1.0,
    ) -> FloatArray:
        """Return z x axis + radius x spread x (a direction square to it at angle 2 pi turn) as (n, 3).

        Args:
            z: (16,) for each place of a tile.
            radius: (16,) likewise.
            turn: (16,) likewise.
            tile_index: (n,) 0..15, the place of each axis in its tile.
            spread: (n,), or one for all.
        """
        angle = np.float32(2 * np.pi) * turn
        c, s = (radius * np.cos(angle))[tile_index], (radius * np.sin(angle))[tile_index]
        c, s, along = c * np.float32(spread), s * np.float32(spread), z[tile_index]
        out = empty_rows(len(tile_index))
        for axis, (first, second, third) in enumerate(self._rows):
            out[:, axis] = c * first + s * second + along * third
        return out
