"""Where rays land: the scene's triangles in Embree, and what is known of each hit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from bgfg.synth.kit.render.scene import Floats, Material, Part, Scene
from embreex.mesh_construction import TriangleMesh
from embreex.rtcore_scene import EmbreeScene
from numpy.typing import NDArray

FAR = np.float32(1e4)  # no scene is this deep (m)


@dataclass(frozen=True, eq=False)
class Hits:
    """Where n rays landed. Of a ray that met nothing (`face` -1) only `face` means anything."""

    face: NDArray[np.int32]  # (n,) triangle, -1 for none
    part: NDArray[np.int32]  # (n,) index of the part, -1 for none
    reach: Floats  # (n,) ray parameter of the hit
    points: Floats  # (n, 3) m
    normals: Floats  # (n, 3) unit, on the side the ray came from

    def __getitem__(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> Hits:
        return Hits(self.face[rows], self.part[rows], self.reach[rows], self.points[rows], self.normals[rows])


def unit(vectors: Floats) -> Floats:
    """Return `vectors` (n, 3) at length 1."""
    x, y, z = vectors[:, 0], vectors[:, 1], vectors[:, 2]
    length = np.sqrt(x * x + y * y + z * z)
    return vectors / np.maximum(length, np.float32(1e-12))[:, None]


def dot(a: Floats, b: Floats) -> Floats:
    """Return the row-wise dot products (n,) of two arrays (n, 3)."""
    return a[:, 0] * b[:, 0] + a[:, 1] * b[:, 1] + a[:, 2] * b[:, 2]


class Tracer:
    """The triangles of a scene, ready to be met by rays; `part` and `material` number those of each triangle."""

    def __init__(self, scene: Scene) -> None:
        parts = scene.parts
        counts = [len(p.faces) for p in parts]
        self.part = np.repeat(np.arange(len(parts), dtype=np.int32), counts)
        corners = np.concatenate([p.world_vertices()[p.faces] for p in parts]).astype(np.float32)  # (F, 3, 3)
        flat = unit(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]))
        self.flat_normals = flat
        self._corner_normals = np.repeat(flat[:, None], 3, axis=1)
        self._smooth = np.repeat([p.smooth for p in parts], counts)
        starts = np.cumsum([0, *counts])
        for part, (start, stop) in zip(parts, pairwise(starts), strict=True):
            if part.smooth:
                self._corner_normals[start:stop] = vertex_normals(part)[part.faces]
        self.materials: list[Material] = []
        of_part = self._number_materials(parts)
        self.material = of_part[self.part]
        self.centres = corners.mean(axis=1)
        self._offsets = np.array([p.offset for p in parts], np.float32)
        angles = np.radians([p.yaw_deg for p in parts])
        self._turns = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
        self._seen = _embree(corners)
        opaque = np.repeat([p.casts_shadow for p in parts], counts)
        self._opaque = None if not opaque.any() else self._seen if opaque.all() else _embree(corners[opaque])

    def _number_materials(self, parts: Sequence[Part]) -> NDArray[np.int32]:
        numbers: dict[int, int] = {}
        for part in parts:
            if id(part.material) not in numbers:
                numbers[id(part.material)] = len(self.materials)
                self.materials.append(part.material)
        return np.array([numbers[id(p.material)] for p in parts], np.int32)

    def hits(self, origins: Floats, rays: Floats) -> Hits:
        """Return what rays (n, 3) from origins (n, 3) meet first; the rays need not have length 1."""
        found = self._seen.run(origins, rays, query="INTERSECT", output=1)
        face = found["primID"].astype(np.int32, copy=False)
        u, v = found["u"][:, None], found["v"][:, None]
        reach = np.where(face >= 0, found["tfar"], FAR).astype(np.float32)
        normals = self.flat_normals[face]
        curved = np.flatnonzero(self._smooth[face] & (face >= 0))
        if len(curved):
            n0, n1, n2 = (self._corner_normals[face[curved], k] for k in range(3))
            normals[curved] = unit(n0 * (1 - u[curved] - v[curved]) + n1 * u[curved] + n2 * v[curved])
        normals *= np.where(dot(self.flat_normals[face], rays) > 0, np.float32(-1), np.float32(1))[:, None]
        part = np.where(face >= 0, self.part[face], np.int32(-1))
        return Hits(face, part, reach, origins + rays * reach[:, None], normals)

    def own_frame(self, hits: Hits) -> tuple[Floats, Floats]:
        """Return points (n, 3) and normals (n, 3) of hits that met something, in the frames of the parts they met."""
        turns = self._turns[hits.part]
        c, s = turns[:, 0], turns[:, 1]
        out = []
        for vectors in (hits.points - self._offsets[hits.part], hits.normals):
            x, y = vectors[:, 0], vectors[:, 1]
            out.append(np.stack([c * x + s * y, c * y - s * x, vectors[:, 2]], axis=1))
        return out[0], out[1]

    def nearest(self, origins: Floats, rays: Floats) -> tuple[NDArray[np.int32], Floats]:
        """Return the triangle (n,) that each ray meets first (-1 for none) and the ray parameter (n,) there."""
        found = self._seen.run(origins, rays, query="INTERSECT", output=1)
        return found["primID"], found["tfar"]

    def lit(self, origins: Floats, to_light: Floats) -> NDArray[np.bool_]:
        """Return (n,) whether nothing that casts a shadow stands on the way from origins to origins + to_light."""
        if self._opaque is None:
            return np.ones(len(origins), bool)
        # Embree's run takes the distance at which a ray ends; in units of the ray itself that is 1.
        limit = np.full(len(origins), 0.999, np.float32)
        blocked = self._opaque.run(origins, to_light, limit, query="OCCLUDED")
        return np.asarray(blocked) < 0


def vertex_normals(part: Part) -> Floats:
    """Return the unit normals (V, 3) in the world: the mean of the faces around a vertex, weighted by area."""
    corners = part.world_vertices()[part.faces].astype(np.float64)
    weighted = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    index = part.faces.ravel()
    sums = [np.bincount(index, np.repeat(weighted[:, k], 3), minlength=len(part.vertices)) for k in range(3)]
    return unit(np.stack(sums, axis=1).astype(np.float32))


def _embree(corners: Floats) -> EmbreeScene:
    scene = EmbreeScene()
    # The scene keeps what it needs of the mesh.
    TriangleMesh(scene, np.ascontiguousarray(corners, np.float32))
    return scene
