"""Mesh primitives that furniture is put together from: boxes, tubes, lathed bodies, cushions."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from bgfg.synth.kit.render.scene import Material, Mesh
from bgfg.synth.kit.render.vectors import FloatArray, Vec3, cross

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
    sides = [f for i in range(n) for f in ([i, (i + 1) % n, n + (i + 1) % n], [i, n + (i + 1) % n, n + i])]
    caps = [f for i in range(1, n - 1) for f in ([0, i + 1, i], [n, n + i, n + i + 1])]
    return Mesh(vertices.astype(np.float32), np.array(sides + caps, np.int32), material)


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
    rings = np.array([[[r * np.cos(a), r * np.sin(a), z] for a in angles] for r, z in profile])
    faces = []
    for k in range(len(profile) - 1):
        for i in range(sides):
            a, b = k * sides + i, k * sides + (i + 1) % sides
            faces += [[a, b, b + sides], [a, b + sides, a + sides]]
    return Mesh(rings.reshape(-1, 3).astype(np.float32), np.array(faces, np.int32), material, smooth=smooth)


def cylinder(centre: Vec3, radius: float, height: float, material: Material, sides: int = 20) -> Mesh:
    """Return an upright cylinder that stands on `centre`."""
    outline = [(radius * float(np.cos(a)), radius * float(np.sin(a))) for a in np.arange(sides) * 2 * np.pi / sides]
    return prism(outline, 0, height, material).moved(centre)


def tube(start: Vec3, end: Vec3, radius: float, material: Material, sides: int = 8) -> Mesh:
    """Return a round bar from `start` to `end`, open at its ends."""
    a, b = np.asarray(start, float), np.asarray(end, float)
    axis = (b - a) / np.linalg.norm(b - a)
    side = cross(axis, np.array([0.0, 0.0, 1.0] if abs(axis[2]) < 0.9 else [1.0, 0.0, 0.0]))
    side /= np.linalg.norm(side)
    other = cross(axis, side)
    angles = np.arange(sides) * 2 * np.pi / sides
    ring = radius * (np.cos(angles)[:, None] * side + np.sin(angles)[:, None] * other)
    vertices = np.concatenate([a + ring, b + ring])
    faces = [
        f
        for i in range(sides)
        for f in ([i, (i + 1) % sides, sides + (i + 1) % sides], [i, sides + (i + 1) % sides, sides + i])
    ]
    return Mesh(vertices.astype(np.float32), np.array(faces, np.int32), material, smooth=True)


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
    n = len(u)
    faces = []
    for k in range(len(v) - 1):
        for i in range(n):
            a, b = k * n + i, k * n + (i + 1) % n
            faces += [[a, b, b + n], [a, b + n, a + n]]
    return Mesh(vertices.astype(np.float32), np.array(faces, np.int32), material, smooth=True).moved(centre)


def leaf(base: Vec3, tip: Vec3, width: float, droop: float, material: Material, steps: int = 5) -> Mesh:
    """Return a thin pointed blade from `base` to `tip` that sags by `droop` m at its tip and folds along its middle."""
    a, b = np.asarray(base, float), np.asarray(tip, float)
    along = b - a
    side = np.array([along[1], -along[0], 0.0])
    side /= max(float(np.linalg.norm(side)), 1e-9)
    t = np.linspace(0, 1, steps + 1)
    middle = a + t[:, None] * along - np.array([0, 0, 1.0]) * (droop * t**2)[:, None]
    half = (width / 2 * np.sin(np.pi * t**0.8) ** 0.8)[:, None]
    lift = np.array([0, 0, 0.25]) * half
    rows = np.stack([middle - half * side + lift, middle, middle + half * side + lift], axis=1)
    faces = []
    for k in range(steps):
        for i in range(2):
            p, q = 3 * k + i, 3 * (k + 1) + i
            faces += [[p, p + 1, q + 1], [p, q + 1, q]]
    return Mesh(rows.reshape(-1, 3).astype(np.float32), np.array(faces, np.int32), material, smooth=True)


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
