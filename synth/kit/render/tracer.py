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
from bgfg.synth.kit.render.vectors import FloatArray, cross_rows, dot_rows, empty_rows, normalise_rows, take_rows

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

    def __getitem__(self, rows: NDArray[np.intp]) -> RayHits:
        return RayHits(
            self.face[rows],
            self.mesh[rows],
            self.ray_parameter[rows],
            take_rows(self.points, rows),
            take_rows(self.normals, rows),
        )


class Tracer:
    """The F triangles of a scene, ready to be met by rays.

    Attributes:
        mesh_of_face: (F,) index of the mesh that each triangle belongs to.
        material_of_face: (F,) index of its material in `materials`.
        materials: Each material of the scene once.
        face_normals: (F, 3) unit normals of the flat triangles.
        face_centres: (F, 3) m.
        gloss: (M,) of each material, as of a `Material`; likewise `roughness`, `reflectance` and `emission`.
    """

    def __init__(self, scene: Scene) -> None:
        meshes = scene.meshes
        counts = [len(m.faces) for m in meshes]
        self.mesh_of_face = np.repeat(np.arange(len(meshes), dtype=np.int32), counts)
        vertices, self._faces = _joined(meshes)
        corners = [take_rows(vertices, self._faces[:, k]) for k in range(3)]
        flat = normalise_rows(cross_rows(corners[1] - corners[0], corners[2] - corners[0]))
        self.face_normals = flat
        self.face_centres = (corners[0] + corners[1] + corners[2]) / np.float32(3)
        self._smooth = np.repeat([m.smooth for m in meshes], counts)
        self._vertex_normals = _mean_normals(vertices, self._faces[self._smooth])
        self.materials: list[Material] = []
        of_mesh = self._number_materials(meshes)
        self.material_of_face = of_mesh[self.mesh_of_face]
        self.gloss, self.roughness, self.reflectance, self.emission = (
            np.array([getattr(m, name) for m in self.materials], np.float32)
            for name in ("gloss", "roughness", "reflectance", "emission")
        )
        self._offsets = np.array([m.offset for m in meshes], np.float32)
        angles = np.radians([m.yaw_deg for m in meshes])
        self._turns = np.stack([np.cos(angles), np.sin(angles)], axis=1).astype(np.float32)
        self._visible = _embree(vertices, self._faces)
        # Shadow rays pass window panes and lamp faces, so they run through a scene of their own.
        opaque = np.repeat([m.casts_shadow for m in meshes], counts)
        self._opaque = (
            None if not opaque.any() else self._visible if opaque.all() else _embree(vertices, self._faces[opaque])
        )

    def _number_materials(self, meshes: Sequence[Mesh]) -> NDArray[np.uint16]:
        numbers: dict[int, int] = {}
        for mesh in meshes:
            if id(mesh.material) not in numbers:
                numbers[id(mesh.material)] = len(self.materials)
                self.materials.append(mesh.material)
        return np.array([numbers[id(m.material)] for m in meshes], np.uint16)

    def intersect(self, origins: FloatArray, rays: FloatArray) -> RayHits:
        """Return what rays (n, 3) from origins (n, 3) meet first; the rays need not have length 1."""
        found = self._visible.run(origins, rays, query="INTERSECT", output=1)
        face = found["primID"].astype(np.int32, copy=False)
        ray_parameter = np.where(face >= 0, found["tfar"], MISS_DISTANCE).astype(np.float32, copy=False)
        flat = take_rows(self.face_normals, face)
        normals = flat
        curved = np.flatnonzero(self._smooth[face] & (face >= 0))
        if len(curved):
            u, v, corners = found["u"][curved], found["v"][curved], self._faces[face[curved]]
            n0, n1, n2 = (take_rows(self._vertex_normals, corners[:, k]) for k in range(3))
            normals = flat.copy(order="K")
            smooth = n0 * (1 - u - v)[:, None] + n1 * u[:, None] + n2 * v[:, None]
            normals.T[:, curved] = normalise_rows(smooth).T
        normals = normals * np.where(dot_rows(flat, rays) > 0, np.float32(-1), np.float32(1))[:, None]
        mesh = np.where(face >= 0, self.mesh_of_face[face], np.int32(-1))
        return RayHits(face, mesh, ray_parameter, origins + rays * ray_parameter[:, None], normals)

    def in_mesh_frame(self, hits: RayHits) -> tuple[FloatArray, FloatArray]:
        """Return points (n, 3) and normals (n, 3) of hits that met something, in the frames of the meshes they met."""
        c, s = self._turns[:, 0][hits.mesh], self._turns[:, 1][hits.mesh]
        out = []
        for vectors in (hits.points - take_rows(self._offsets, hits.mesh), hits.normals):
            x, y = vectors[:, 0], vectors[:, 1]
            turned = empty_rows(len(vectors))
            turned[:, 0], turned[:, 1], turned[:, 2] = c * x + s * y, c * y - s * x, vectors[:, 2]
            out.append(turned)
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


def evaluate_materials(tracer: Tracer, hits: RayHits, footprint: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return albedo and emitted radiance, each (n, 3), of hits that met something; `footprint` (n,) as in `Texture`."""
    material = tracer.material_of_face[hits.face]
    # Sorted by material, so that each texture is asked once, for all of its points.
    order = np.argsort(material, kind="stable")
    bounds = np.searchsorted(material[order], np.arange(len(tracer.materials) + 1))
    points, normals = (take_rows(vectors, order) for vectors in tracer.in_mesh_frame(hits))
    footprint, sorted_albedo = footprint[order], empty_rows(len(order))
    for number, (start, stop) in enumerate(pairwise(bounds)):
        if start < stop:
            rows = slice(start, stop)
            sorted_albedo[rows] = tracer.materials[number].albedo_at(points[rows], normals[rows], footprint[rows])
    albedo = empty_rows(len(order))
    albedo[order] = sorted_albedo
    return albedo, albedo * tracer.emission[material][:, None]


def vertex_normals(mesh: Mesh) -> FloatArray:
    """Return the unit normals (V, 3) in the world: the mean of the faces around a vertex, weighted by area."""
    return _mean_normals(mesh.world_vertices(), mesh.faces)


def _mean_normals(vertices: FloatArray, faces: NDArray[np.int32]) -> FloatArray:
    a, b, c = (take_rows(vertices, faces[:, k]).astype(np.float64) for k in range(3))
    # The cross product of two edges is twice as long as the triangle is large: the weight comes for free.
    weighted = cross_rows(b - a, c - a)
    index = faces.ravel()
    sums = [np.bincount(index, np.repeat(weighted[:, k], 3), minlength=len(vertices)) for k in range(3)]
    return normalise_rows(np.stack(sums).astype(np.float32).T)


def _joined(meshes: Sequence[Mesh]) -> tuple[FloatArray, NDArray[np.int32]]:
    """Return the vertices (V, 3) of all meshes in the world and the corners (F, 3) of their triangles."""
    vertices = [mesh.world_vertices() for mesh in meshes]
    starts = np.cumsum([0, *(len(v) for v in vertices[:-1])])
    faces = np.concatenate([mesh.faces + start for mesh, start in zip(meshes, starts, strict=True)])
    return np.asfortranarray(np.concatenate(vertices)), faces.astype(np.int32, copy=False)


def _embree(vertices: FloatArray, faces: NDArray[np.int32]) -> EmbreeScene:
    scene = EmbreeScene()
    # The scene keeps what it needs of the mesh.
    TriangleMesh(scene, vertices, faces)
    return scene
