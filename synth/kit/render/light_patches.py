"""Lamps and windows cut into patches: how much each gives to a point if nothing stands in between."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bgfg.synth.kit.render.scene import AreaLight
from bgfg.synth.kit.render.vectors import FloatArray, dot_rows, normalise_rows

MAX_PATCHES = 24


class LightPatches:
    """The area lights cut into P patches of similar size, so that a patch is small beside its distance.

    Attributes:
        centres: (P, 3) m.
        edges_u: (P, 3) m, one edge of each patch.
        edges_v: (P, 3) m, the other.
        normals: (P, 3) unit, towards the side that shines.
        areas: (P,) m².
        radiance: (P, 3) linear RGB.
        luminance: (P,), the mean of `radiance`.
    """

    def __init__(self, lights: tuple[AreaLight, ...]) -> None:
        size_m = 0.5
        while sum(len(_cut(light, size_m)) for light in lights) > MAX_PATCHES and size_m < 20:
            size_m *= 1.3
        rows = [row for light in lights for row in _cut(light, size_m)]
        table = np.array(rows, np.float32).reshape(-1, 4, 3)
        self.centres, self.edges_u, self.edges_v, self.radiance = (table[:, k] for k in range(4))
        normals = np.cross(self.edges_u, self.edges_v).astype(np.float32)
        self.areas = np.sqrt(dot_rows(normals, normals))
        self.normals = normalise_rows(normals)
        self.luminance = self.radiance.mean(axis=1)

    def cumulative_luminance(self, points: FloatArray, normals: FloatArray) -> FloatArray:
        """Return (P + 1, n): the luminance that the first 0, 1 ... P patches give a white point, nothing in between.

        A disc of the same area stands for each patch.
        """
        x, y, z = (np.ascontiguousarray(points[:, k]) for k in range(3))
        nx, ny, nz = (np.ascontiguousarray(normals[:, k]) for k in range(3))
        out = np.zeros((len(self.centres) + 1, len(points)), np.float32)
        for p, (c, m, area, light) in enumerate(
            zip(self.centres, self.normals, self.areas, self.luminance, strict=True)
        ):
            dx, dy, dz = c[0] - x, c[1] - y, c[2] - z
            squared = dx * dx + dy * dy + dz * dz
            here = np.maximum(nx * dx + ny * dy + nz * dz, 0)
            there = np.maximum(-(m[0] * dx + m[1] * dy + m[2] * dz), 0)
            here *= there
            here /= squared * (np.float32(np.pi) * squared + area)
            here *= light * area
            np.add(out[p], here, out=out[p + 1])
        return out


def _cut(light: AreaLight, size_m: float) -> list[tuple[NDArray[np.float64], ...]]:
    """Return a row (centre, edge_u, edge_v, radiance) for each patch of about `size_m`."""
    u, v, centre = (np.asarray(x, float) for x in (light.edge_u, light.edge_v, light.centre))
    across = max(1, round(float(np.linalg.norm(u)) / size_m))
    along = max(1, round(float(np.linalg.norm(v)) / size_m))
    return [
        (
            centre + u * ((i + 0.5) / across - 0.5) + v * ((j + 0.5) / along - 0.5),
            u / across,
            v / along,
            np.asarray(light.radiance, float),
        )
        for i in range(across)
        for j in range(along)
    ]
