"""Ray tracer: the triangles of a scene in Embree, and what is known of each hit."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from embreex.mesh_construction import TriangleMesh
from embreex.rtcore_scene import EmbreeScene
from numpy.typing import NDArray

from bgfg.synth.kit.render.scene import Material, Mesh, Scene
from bgfg.synth.kit.render.vectors import FloatArray, dot_rows, normalise_rows

MISS_DISTANCE = np.float32(1e4)  # no scene is this deep (m)


@dataclass(frozen=True, eq=False)
class RayHits:
    """Where n rays landed. Of a ray that met nothing (`face` -1) only `face` means anything.

    Attributes:
        face: (n,) index of the triangle, -1 for none.
        mesh: (n,) index of the mesh, -1 for none.
        ray_parameter: (n,) how many times the ray's own length lies between its origin and the hit.
        points: (n, 3) m, in the world.
        normals: (n, 3) unit, on the side the ray came from.
    """

    face: NDArray[np.int32]
    mesh: NDArray[np.int32]
    ray_parameter: FloatArray
    points: FloatArray
    normals: FloatArray

    def __getitem__(self, rows: NDArray[np.bool_] | NDArray[np.intp]) -> RayHits:
        return RayHits(
            self.face[rows], self.mesh[rows], self.ray_parameter[rows], self.points[rows], self.normals[rows]
        )


class Tracer:
    """The F triangles of a scene, ready to be met by rays.

    Attributes:
        mesh_of_face: (F,) index of the mesh that each triangle belongs to.
        material_of_face: (F,) index of its material in `materials`.
        materials: Each material of the scene once.
        face_normals: (F, 3) unit normals of the flat triangles.
        face_centres: (F, 3) m.
    """

    def __init__(self, scene: Scene) -> None:
        meshes = scene.meshes
        counts = [len(m.faces) for m in meshes]
        self.mesh_of_face = np.repeat(np.arange(len(meshes), dtype=np.int32), counts)
        corners = np.concatenate([m.world_vertices()[m.faces] for m in meshes]).astype(np.float32)  # (F, 3, 3)
        flat = normalise_rows(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]))
        self.face_normals = flat
        self._corner_normals = np.repeat(flat[:, None], 3, axis=1)
        self._smooth = np.repeat([m.smooth for m in meshes], counts)
        starts = np.cumsum([0, *counts])
        for mesh, (start, stop) in zip(meshes, pairwise(starts), strict=True):
            if mesh.smooth:
                self._corner_normals[start:stop] = vertex_normals(mesh)[mesh.faces]
        self.materials: list[Material] = []
        of_mesh = self._number_materials(meshes)
        self.material_of_face = of_mesh[self.mesh_of_face]
        self.face_centres = corners.mean(axis=1)
        self._offsets = np.array([m.offset for m in meshes], np.float32)
        angles = np.radians([m.yaw_deg for m in meshes])
        self._turns = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
        self._visible = _embree(corners)
        # Shadow rays pass window panes and lamp faces, so they run through a scene of their own.
        opaque = np.repeat([m.casts_shadow for m in meshes], counts)
        self._opaque = None if not opaque.any() else self._visible if opaque.all() else _embree(corners[opaque])

    def _number_materials(self, meshes: Sequence[Mesh]) -> NDArray[np.int32]:
        numbers: dict[int, int] = {}
        for mesh in meshes:
            if id(mesh.material) not in numbers:
                numbers[id(mesh.material)] = len(self.materials)
                self.materials.append(mesh.material)
        return np.array([numbers[id(m.material)] for m in meshes], np.int32)

    def intersect(self, origins: FloatArray, rays: FloatArray) -> RayHits:
        """Return what rays (n, 3) from origins (n, 3) meet first; the rays need not have length 1."""
        found = self._visible.run(origins, rays, query="INTERSECT", output=1)
        face = found["primID"].astype(np.int32, copy=False)
        u, v = found["u"][:, None], found["v"][:, None]
        ray_parameter = np.where(face >= 0, found["tfar"], MISS_DISTANCE).astype(np.float32)
        normals = self.face_normals[face]
        curved = np.flatnonzero(self._smooth[face] & (face >= 0))
        if len(curved):
            n0, n1, n2 = (self._corner_normals[face[curved], k] for k in range(3))
            normals[curved] = normalise_rows(n0 * (1 - u[curved] - v[curved]) + n1 * u[curved] + n2 * v[curved])
        normals *= np.where(dot_rows(self.face_normals[face], rays) > 0, np.float32(-1), np.float32(1))[:, None]
        mesh = np.where(face >= 0, self.mesh_of_face[face], np.int32(-1))
        return RayHits(face, mesh, ray_parameter, origins + rays * ray_parameter[:, None], normals)

    def in_mesh_frame(self, hits: RayHits) -> tuple[FloatArray, FloatArray]:
        """Return points (n, 3) and normals (n, 3) of hits that met something, in the frames of the meshes they met."""
        turns = self._turns[hits.mesh]
        c, s = turns[:, 0], turns[:, 1]
        out = []
        for vectors in (hits.points - self._offsets[hits.mesh], hits.normals):
            x, y = vectors[:, 0], vectors[:, 1]
            out.append(np.stack([c * x + s * y, c * y - s * x, vectors[:, 2]], axis=1))
        return out[0], out[1]

    def nearest_face(self, origins: FloatArray, rays: FloatArray) -> tuple[NDArray[np.int32], FloatArray]:
        """Return the triangle (n,) that each ray meets first (-1 for none) and the ray parameter (n,) there."""
        found = self._visible.run(origins, rays, query="INTERSECT", output=1)
        return found["primID"], found["tfar"]

    def unoccluded(self, origins: FloatArray, to_light: FloatArray) -> NDArray[np.bool_]:
        """Return (n,) whether nothing that casts a shadow stands on the way from origins to origins + to_light."""
        if self._opaque is None:
            return np.ones(len(origins), bool)
        # Embree's run takes the distance at which a ray ends; in units of the ray itself that is 1.
        limit = np.full(len(origins), 0.999, np.float32)
        blocked = self._opaque.run(origins, to_light, limit, query="OCCLUDED")
        return np.asarray(blocked) < 0


def vertex_normals(mesh: Mesh) -> FloatArray:
    """Return the unit normals (V, 3) in the world: the mean of the faces around a vertex, weighted by area."""
    corners = mesh.world_vertices()[mesh.faces].astype(np.float64)
    # The cross product of two edges is twice as long as the triangle is large: the weight comes for free.
    weighted = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    index = mesh.faces.ravel()
    sums = [np.bincount(index, np.repeat(weighted[:, k], 3), minlength=len(mesh.vertices)) for k in range(3)]
    return normalise_rows(np.stack(sums, axis=1).astype(np.float32))


def _embree(corners: FloatArray) -> EmbreeScene:
    scene = EmbreeScene()
    # The scene keeps what it needs of the mesh.
    TriangleMesh(scene, np.ascontiguousarray(corners, np.float32))
    return scene
