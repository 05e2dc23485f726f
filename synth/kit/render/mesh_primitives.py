"""Mesh primitives that furniture is put together from: boxes, tubes, lathed bodies, cushions."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bgfg.synth.kit.render.scene import Material, Mesh
from bgfg.synth.kit.render.vectors import FloatArray, Vec3, cross_rows

_BOX_FACES = np.array(
    [
        *((0, 1, 3), (0, 3, 2), (4, 6, 7), (4, 7, 5)),  # -x, +x
        *((0, 4, 5), (0, 5, 1), (2, 3, 7), (2, 7, 6)),  # -y, +y
        *((0, 2, 6), (0, 6, 4), (1, 5, 7), (1, 7, 3)),  # bottom, top
    ],
    np.int32,
)
_BOX_CORNERS = np.array([[i, j, k] for i in (0, 1) for j in (0, 1) for k in (0, 1)])


def box(low: Vec3, high: Vec3, material: Material, casts_shadow: bool = True) -> Mesh:
    """Return the box between two corners (m)."""
    vertices = np.array([[x, y, z] for x in (low[0], high[0]) for y in (low[1], high[1]) for z in (low[2], high[2])])
    return Mesh(vertices.astype(np.float32), _BOX_FACES, material, casts_shadow=casts_shadow)


def boxes(lows: ArrayLike, highs: ArrayLike, material: Material) -> Mesh:
    """Return n boxes as one mesh; `lows` and `highs` are their corners (n, 3) in m."""
    corners = np.stack([np.asarray(lows, float).reshape(-1, 3), np.asarray(highs, float).reshape(-1, 3)], axis=1)
    x, y, z = (corners[:, pick, axis] for axis, pick in enumerate(_BOX_CORNERS.T))
    starts = np.arange(len(corners), dtype=np.int32) * 8
    faces = (_BOX_FACES + starts[:, None, None]).reshape(-1, 3)
    return Mesh(np.stack([x, y, z], axis=-1).reshape(-1, 3).astype(np.float32), faces, material)


def centred_box(centre: Vec3, size: Vec3, material: Material) -> Mesh:
    """Return the box of `size` (m) around `centre`."""
    low = tuple(c - s / 2 for c, s in zip(centre, size, strict=True))
    high = tuple(c + s / 2 for c, s in zip(centre, size, strict=True))
    return box((low[0], low[1], low[2]), (high[0], high[1], high[2]), material)


def quad(corner: Vec3, edge_u: Vec3, edge_v: Vec3, material: Material, casts_shadow: bool = True) -> Mesh:
    """Return the parallelogram at `corner` along two edges (m), front side towards edge_u x edge_v."""
    c, u, v = np.asarray(corner), np.asarray(edge_u), np.asarray(edge_v)
    vertices = np.array([c, c + u, c + u + v, c + v], np.float32)
    return Mesh(vertices, np.array([[0, 1, 2], [0, 2, 3]], np.int32), material, casts_shadow=casts_shadow)


def prism(outline: Sequence[tuple[float, float]], low_z: float, high_z: float, material: Material) -> Mesh:
    """Return the upright prism over a convex outline (x, y) in m, listed counter-clockwise."""
    n = len(outline)
    flat = np.asarray(outline, float)
    vertices = np.concatenate([np.column_stack([flat, np.full(n, z)]) for z in (low_z, high_z)])
    return Mesh(vertices.astype(np.float32), _prism_faces(n), material)


@lru_cache
def _prism_faces(n: int) -> NDArray[np.int32]:
    caps = [f for i in range(1, n - 1) for f in ([0, i + 1, i], [n, n + i, n + i + 1])]
    return np.concatenate([_ring_faces(2, n), np.array(caps, np.int32)])


@lru_cache
def _ring_faces(rings: int, sides: int) -> NDArray[np.int32]:
    """Return the triangles between neighbours of `rings` closed rings of `sides` vertices, one after the other."""
    start, i = np.arange(rings - 1)[:, None] * sides, np.arange(sides)
    a, b = start + i, start + (i + 1) % sides
    faces = np.stack([a, b, b + sides, a, b + sides, a + sides], axis=-1)
    return faces.reshape(-1, 3).astype(np.int32)


def rounded_rectangle(width: float, depth: float, radius: float, steps: int = 6) -> list[tuple[float, float]]:
    """Return the outline (x, y) of a rectangle around the origin with rounded corners, counter-clockwise."""
    radius = min(radius, width / 2, depth / 2)
    outline = []
    for quarter, (sx, sy) in enumerate(((1, 1), (-1, 1), (-1, -1), (1, -1))):
        for step in range(steps + 1):
            angle = np.pi / 2 * (quarter + step / steps)
            x = sx * (width / 2 - radius) + radius * np.cos(angle)
            y = sy * (depth / 2 - radius) + radius * np.sin(angle)
            outline.append((float(x), float(y)))
    return outline


def lathe(profile: Sequence[tuple[float, float]], material: Material, sides: int = 20, smooth: bool = True) -> Mesh:
    """Return the body that a profile sweeps about the z axis.

    Args:
        profile: Points (radius, z) in m, bottom to top. The body is open where the first or the last radius is above 0;
            give the profile a first and a last point of radius 0 to close it.
        material: What the body is made of.
        sides: How many facets go round.
        smooth: Shade it as round.
    """
    angles = np.linspace(0, 2 * np.pi, sides, endpoint=False)
    radius, z = np.asarray(profile, float).T[..., None]
    rings = np.stack([radius * np.cos(angles), radius * np.sin(angles), z + 0 * angles], axis=-1)
    return Mesh(rings.reshape(-1, 3).astype(np.float32), _ring_faces(len(profile), sides), material, smooth=smooth)


def cylinder(centre: Vec3, radius: float, height: float, material: Material, sides: int = 20) -> Mesh:
    """Return an upright cylinder that stands on `centre`."""
    outline = [(radius * float(np.cos(a)), radius * float(np.sin(a))) for a in np.arange(sides) * 2 * np.pi / sides]
    return prism(outline, 0, height, material).moved(centre)


def tube(start: Vec3, end: Vec3, radius: float, material: Material, sides: int = 8) -> Mesh:
    """Return a round bar from `start` to `end`, open at its ends."""
    return tubes([start], [end], radius, material, sides)


def tubes(starts: ArrayLike, ends: ArrayLike, radius: float, material: Material, sides: int = 8) -> Mesh:
    """Return n round bars from `starts` to `ends` (n, 3), open at their ends, as one mesh."""
    a, b = np.asarray(starts, float), np.asarray(ends, float)
    axis = _unit(b - a)
    steep = np.abs(axis[:, 2:]) >= 0.9
    side = _unit(cross_rows(axis, np.where(steep, [1.0, 0.0, 0.0], [0.0, 0.0, 1.0])))
    other = cross_rows(axis, side)
    angles = (np.arange(sides) * 2 * np.pi / sides)[:, None]
    ring = radius * (np.cos(angles) * side[:, None] + np.sin(angles) * other[:, None])
    vertices = np.concatenate([a[:, None] + ring, b[:, None] + ring], axis=1)
    return _copies(vertices, _ring_faces(2, sides), material)


def sphere(centre: Vec3, radius: float, material: Material, squash: float = 1.0, casts_shadow: bool = True) -> Mesh:
    """Return a ball, `squash` times as high as wide."""
    slopes = np.linspace(-np.pi / 2, np.pi / 2, 13)
    profile = [(radius * float(np.cos(a)), radius * squash * float(np.sin(a))) for a in slopes]
    ball = lathe(profile, material, sides=22)
    return Mesh(ball.vertices, ball.faces, material, smooth=True, casts_shadow=casts_shadow).moved(centre)


def cushion(centre: Vec3, size: Vec3, material: Material, softness: float = 0.35, steps: int = 6) -> Mesh:
    """Return a box of `size` with soft edges: a superellipsoid, the sharper the smaller `softness`."""
    u = np.linspace(-np.pi, np.pi, 4 * steps, endpoint=False)
    v = np.linspace(-np.pi / 2, np.pi / 2, 2 * steps + 1)

    def power(x: FloatArray) -> FloatArray:
        return np.asarray(np.sign(x) * np.abs(x) ** softness)

    cv, sv = power(np.cos(v).astype(np.float32)), power(np.sin(v).astype(np.float32))
    cu, su = power(np.cos(u).astype(np.float32)), power(np.sin(u).astype(np.float32))
    x, y = cv[:, None] * cu[None], cv[:, None] * su[None]
    z = np.broadcast_to(sv[:, None], x.shape)
    vertices = np.stack([x, y, z], axis=-1).reshape(-1, 3) * (np.asarray(size) / 2)
    return Mesh(vertices.astype(np.float32), _ring_faces(len(v), len(u)), material, smooth=True).moved(centre)


def leaf(base: Vec3, tip: Vec3, width: float, droop: float, material: Material, steps: int = 5) -> Mesh:
    """Return a thin pointed blade from `base` to `tip` that sags by `droop` m at its tip and folds along its middle."""
    return leaves([base], [tip], width, droop, material, steps)


def leaves(
    bases: ArrayLike, tips: ArrayLike, width: ArrayLike, droop: ArrayLike, material: Material, steps: int = 5
) -> Mesh:
    """Return n blades such as `leaf` makes as one mesh; `width` and `droop` are (n,), or one for all."""
    a, b = np.asarray(bases, float), np.asarray(tips, float)
    width, droop = (np.asarray(x, float).reshape(-1, 1, 1) for x in (width, droop))
    along = b - a
    side = np.stack([along[:, 1], -along[:, 0], np.zeros(len(a))], axis=1)
    side = _unit(side)[:, None]
    t = np.linspace(0, 1, steps + 1)[:, None]
    middle = a[:, None] + t * along[:, None] - np.array([0, 0, 1.0]) * (droop * t**2)
    half = width / 2 * np.sin(np.pi * t**0.8) ** 0.8
    lift = np.array([0, 0, 0.25]) * half
    rows = np.stack([middle - half * side + lift, middle, middle + half * side + lift], axis=2)
    return _copies(rows.reshape(len(a), -1, 3), _blade_faces(steps), material)


@lru_cache
def _blade_faces(steps: int) -> NDArray[np.int32]:
    p = 3 * np.arange(steps)[:, None] + np.arange(2)
    return np.stack([p, p + 1, p + 4, p, p + 4, p + 3], axis=-1).reshape(-1, 3).astype(np.int32)


def _copies(vertices: NDArray[np.float64], faces: NDArray[np.int32], material: Material) -> Mesh:
    """Return n bodies of the same `faces` (F, 3), each with its own `vertices` (n, V, 3), as one smooth mesh."""
    n, count = vertices.shape[:2]
    shifted = faces + count * np.arange(n, dtype=np.int32)[:, None, None]
    return Mesh(vertices.reshape(-1, 3).astype(np.float32), shifted.reshape(-1, 3), material, smooth=True)


def _unit(vectors: FloatArray) -> FloatArray:
    return np.asarray(vectors / np.maximum(np.sqrt((vectors * vectors).sum(axis=1, keepdims=True)), 1e-9))


def merge_by_material(meshes: Sequence[Mesh]) -> tuple[Mesh, ...]:
    """Return the meshes with those of one material, kind and place made into one; what they show is unchanged."""
    groups: dict[tuple[object, ...], list[Mesh]] = {}
    for mesh in meshes:
        key = (id(mesh.material), mesh.smooth, mesh.casts_shadow, mesh.offset, mesh.yaw_deg)
        groups.setdefault(key, []).append(mesh)
    out = []
    for members in groups.values():
        first = members[0]
        starts = np.cumsum([0, *(len(m.vertices) for m in members[:-1])])
        vertices = np.concatenate([m.vertices for m in members])
        faces = np.concatenate([m.faces + start for m, start in zip(members, starts, strict=True)]).astype(np.int32)
        out.append(Mesh(vertices, faces, first.material, first.smooth, first.casts_shadow, first.offset, first.yaw_deg))
    return tuple(out)
