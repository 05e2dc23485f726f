"""Bags that people carry, and the boxes and straps that bags and other things are made of."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from bgfg.synth.kit.figures.fabrics import shade
from bgfg.synth.kit.figures.skeleton import SIDE_SIGN, Skeleton
from bgfg.synth.kit.render.scene import LinearRGB, Material, Mesh
from bgfg.synth.kit.render.sdf_fields import field_mesh, sample_solid, smooth_union, union_of_solids
from bgfg.synth.kit.render.sdf_primitives import Ellipsoid, Tube
from bgfg.synth.kit.render.vectors import Vec3, Vector, normalise, orthonormal_frame

StrapPath = tuple[Vec3, ...]
BAG_VOXEL_M = 0.009
# Of a briefcase: metres ahead of the hand and above it.
HANDLE_OUTLINE = ((-0.07, -0.06), (-0.06, -0.005), (0.06, -0.005), (0.07, -0.06))
# The paths of straps round a body: metres to the bag's side, ahead and up from the neck, at the reference stature.
BACKPACK_STRAP_PATH = (
    *((0.10, -0.13, -0.07), (0.098, -0.03, 0.030), (0.096, 0.075, -0.045), (0.105, 0.128, -0.17)),
    *((0.125, 0.115, -0.29), (0.165, 0.02, -0.37), (0.13, -0.13, -0.40)),
)
SHOULDER_STRAP_PATH = (
    *((0.24, 0.06, -0.42), (0.13, 0.135, -0.30), (0.03, 0.150, -0.20), (-0.06, 0.13, -0.10), (-0.105, 0.05, 0.0)),
    *((-0.10, -0.04, 0.02), (-0.04, -0.125, -0.12), (0.10, -0.13, -0.28), (0.24, -0.06, -0.42)),
)


def bevelled_box(
    centre: Vector,
    axes: Vector,
    size_m: Vec3,
    colour: LinearRGB,
    gloss: float = 0.0,
    emission: float = 0.0,
    bevel_m: float = 0.0,
) -> Mesh:
    """Return a box of `size_m` along the rows of `axes` (3, 3); `bevel_m` cuts the edges along the third of them."""
    a, b, c = (v / 2 for v in size_m)
    k = min(bevel_m, a, b)
    ring = [(a - k, -b), (a, -b + k), (a, b - k), (a - k, b), (-a + k, b), (-a, b - k), (-a, -b + k), (-a + k, -b)]
    if k == 0:
        ring = [(a, -b), (a, b), (-a, b), (-a, -b)]
    n = len(ring)
    local = np.array([(x, y, z) for z in (-c, c) for x, y in ring])
    faces = [(i, (i + 1) % n, n + (i + 1) % n) for i in range(n)] + [(i, n + (i + 1) % n, n + i) for i in range(n)]
    faces += [(n, n + i, n + i + 1) for i in range(1, n - 1)] + [(0, i + 1, i) for i in range(1, n - 1)]
    material = Material(colour, emission=emission, gloss=gloss)
    return Mesh((local @ axes + centre).astype(np.float32), np.array(faces, np.int32), material)


def grip_point(skeleton: Skeleton, hand: str, out_m: float = 0.0, along_m: float = 0.085) -> tuple[Vector, Vector]:
    """Return the point `out_m` off the palm and `along_m` from the wrist, and the hand's frame."""
    frame = skeleton.frames[f"hand.{hand}"]
    return skeleton.joints[f"wrist.{hand}"] + along_m * frame[2] + out_m * frame[1], frame


def briefcase(skeleton: Skeleton, hand: str, colour: LinearRGB) -> list[Mesh]:
    """Return a briefcase that hangs from `hand`."""
    at, _ = grip_point(skeleton, hand, 0.03, 0.095)
    ahead = normalise(skeleton.frames["chest"][1] * [1, 1, 0])
    up = np.array([0, 0, 1.0])
    axes = np.stack([ahead, up, np.cross(ahead, up)])
    at = at + 0.02 * SIDE_SIGN[hand] * skeleton.frames["pelvis"][0]
    body = bevelled_box(at - 0.20 * up, axes, (0.41, 0.29, 0.095), colour, 0.35, bevel_m=0.03)
    flap = bevelled_box(at - 0.125 * up, axes, (0.415, 0.14, 0.102), shade(colour, 0.75), 0.35, bevel_m=0.02)
    lock = bevelled_box(at - 0.19 * up, axes, (0.035, 0.03, 0.108), (0.5, 0.42, 0.2), 0.8)
    knots = [at + y * ahead + z * up for y, z in HANDLE_OUTLINE]
    bars = [Tube(a, b, axes[2], [(0, 0.011, 0.011), (1, 0.011, 0.011)], (0.01, 0.01)) for a, b in pairwise(knots)]
    return [body, flap, lock, field_mesh(union_of_solids(bars, BAG_VOXEL_M, 0.01), shade(colour, 0.5), 0.2)]


def backpack(skeleton: Skeleton, hand: str, colour: LinearRGB) -> list[Mesh]:
    """Return a backpack with its two straps, whichever `hand` is named."""
    chest, s, neck = skeleton.frames["chest"], skeleton.body_shape.scale, skeleton.joints["neck"]
    low, high = (neck + s * (-0.21 * chest[1] + z * chest[2]) for z in (-0.50, -0.09))
    rows = [(0, 0.15 * s, 0.085 * s), (0.6, 0.15 * s, 0.09 * s), (1, 0.11 * s, 0.055 * s)]
    pack = sample_solid(Tube(low, high, chest[1], rows, (0.04, 0.05)), BAG_VOXEL_M, 0.04)
    middle = neck + s * (-0.295 * chest[1] - 0.38 * chest[2])
    pouch = Ellipsoid(middle, (0.11 * s, 0.045 * s, 0.10 * s), orthonormal_frame(chest[2], chest[1]))
    pack = smooth_union(pack, sample_solid(pouch, BAG_VOXEL_M, 0.02), 0.01)
    straps = [_strap(skeleton, sign, BACKPACK_STRAP_PATH, shade(colour, 0.55), 0.017) for sign in SIDE_SIGN.values()]
    return [field_mesh(pack, colour, 0.15), *straps]


def shoulder_bag(skeleton: Skeleton, hand: str, colour: LinearRGB) -> list[Mesh]:
    """Return a bag at the hip of the side of `hand`, on a strap over the other shoulder."""
    s, pelvis, sign = skeleton.body_shape.scale, skeleton.frames["pelvis"], SIDE_SIGN[hand]
    room = 0.245 + 0.12 * (skeleton.body_shape.girth - 1)
    centre = skeleton.joints["root"] + s * (sign * room * pelvis[0] + 0.02 * pelvis[1])
    axes = np.stack([pelvis[1], pelvis[2], np.cross(pelvis[1], pelvis[2])])
    body = bevelled_box(centre, axes, (0.32, 0.25, 0.09), colour, 0.3, bevel_m=0.035)
    flap = bevelled_box(centre + 0.055 * pelvis[2], axes, (0.325, 0.145, 0.098), shade(colour, 0.8), 0.3, bevel_m=0.02)
    return [body, flap, _strap(skeleton, sign, SHOULDER_STRAP_PATH, shade(colour, 0.55), 0.015)]


def _strap(skeleton: Skeleton, sign: float, path: StrapPath, colour: LinearRGB, half_width_m: float) -> Mesh:
    """Return a band that follows `path` on the side of `sign`, further out on a stouter body."""
    chest, s, wide = skeleton.frames["chest"], skeleton.body_shape.scale, 1 + 0.75 * (skeleton.body_shape.girth - 1)
    local = np.array([[sign * x, y * wide + 0.015 * np.sign(y), z + 0.004] for x, y, z in path])
    points = _catmull_rom(local * s @ chest + skeleton.joints["neck"], 6)
    ahead = np.gradient(points, axis=0)
    high, forward = (points - skeleton.joints["neck"]) @ chest[2], (points - skeleton.joints["neck"]) @ chest[1]
    # Flat on the shoulders where it is high, flat on chest and back below.
    outward = np.where(high[:, None] > -0.03, chest[2], chest[1] * np.sign(forward)[:, None])
    across = np.cross(ahead, outward)
    across /= np.linalg.norm(across, axis=1, keepdims=True)
    thick = np.cross(across, ahead)
    thick /= np.linalg.norm(thick, axis=1, keepdims=True)
    corners = [points + i * half_width_m * across + j * 0.004 * thick for i, j in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
    vertices = np.stack(corners, axis=1).reshape(-1, 3)
    quads = [
        (4 * n + i, 4 * n + (i + 1) % 4, 4 * n + 4 + (i + 1) % 4, 4 * n + 4 + i)
        for n in range(len(points) - 1)
        for i in range(4)
    ]
    faces = np.array([f for a, b, c, d in quads for f in ((a, b, c), (a, c, d))], np.int32)
    return Mesh(vertices.astype(np.float32), faces, Material(colour))


def _catmull_rom(knots: Vector, steps: int) -> Vector:
    """Return points on the Catmull-Rom spline through `knots` (n, 3)."""
    padded = np.concatenate([2 * knots[:1] - knots[1:2], knots, 2 * knots[-1:] - knots[-2:-1]])
    t = np.linspace(0, 1, steps, endpoint=False)[:, None]
    pieces = []
    for a, b, c, d in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        pieces.append(0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - 3 * c + d - a) * t**3))
    return np.concatenate([*pieces, knots[-1:]])
