"""Garments as meshes: the widened body, cut at hems, creased at the joints, with a cloth as its texture."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from bgfg.synth.kit.figures import body
from bgfg.synth.kit.figures.fabrics import FabricPattern, FrontPainter, cloth_texture, shade
from bgfg.synth.kit.figures.garment_fronts import TrouserFront
from bgfg.synth.kit.figures.head import HEAD_VOXEL_M, neck_tube
from bgfg.synth.kit.figures.skeleton import SIDES, Skeleton
from bgfg.synth.kit.render.scene import LinearRGB, Mesh
from bgfg.synth.kit.render.sdf_fields import DistanceField, field_mesh, sample_solid, smooth_subtract, smooth_union
from bgfg.synth.kit.render.sdf_primitives import HalfSpace, Tube
from bgfg.synth.kit.render.tracer import vertex_normals
from bgfg.synth.kit.render.vectors import FloatArray, normalise

# How far above the hip joints trousers end, at the reference stature.
WAISTBAND_HEIGHT_M = 0.125


@dataclass(frozen=True)
class Top:
    """A garment of the upper body; lengths at the reference stature.

    Attributes:
        fabric: Of what it is made.
        front: What is painted on its front.
        ease_m: How far it stands off the body.
        loose_m: How far it fills the waist.
        hem_m: The height of its hem above the hip joints (below 0: over the hips; at most WAISTBAND_HEIGHT_M: tucked
            in).
        flare_m: How much wider the hem is.
        sleeve: "long", "short" or "none".
        collar: "none", "shirt", "hood" or "roll".
        collar_colour: Of a shirt's collar.
        throat: The skin that an open collar shows; None: it is closed.
        creases: How deep they are beside the usual.
    """

    fabric: FabricPattern
    front: FrontPainter | None
    ease_m: float = 0.010
    loose_m: float = 0.012
    hem_m: float = 0.11
    flare_m: float = 0.0
    sleeve: str = "long"
    collar: str = "none"
    collar_colour: LinearRGB | None = None
    throat: LinearRGB | None = None
    creases: float = 1.0


@dataclass(frozen=True)
class Bottom:
    """A garment of the lower body; lengths at the reference stature.

    Attributes:
        fabric: Of what it is made.
        kind: "trousers" or "skirt".
        hem_m: The least radius of trousers at the hem.
        height_m: The height of a skirt's hem above the floor.
        flare_m: How much wider a skirt's hem is.
        belt: The belt's colour.
        gloss: As of a `Material`.
    """

    fabric: FabricPattern
    kind: str = "trousers"
    hem_m: float = 0.07
    height_m: float = 0.48
    flare_m: float = 0.01
    belt: LinearRGB = (0.02, 0.015, 0.01)
    gloss: float = 0.0


@dataclass(frozen=True)
class Shoes:
    """A pair of shoes.

    Attributes:
        upper: The colour above the sole.
        sole: The colour of the sole.
        gloss: As of a `Material`.
        shaft_m: How far it reaches above the ankle.
        bulk: Its size beside the foot.
    """

    upper: LinearRGB
    sole: LinearRGB
    gloss: float
    shaft_m: float = 0.012
    bulk: float = 1.0


def top_meshes(skeleton: Skeleton, top: Top, phase: float) -> list[Mesh]:
    """Return the garment of the upper body with its collar; `phase` moves its creases."""
    pelvis, root, s = skeleton.frames["pelvis"], skeleton.joints["root"], skeleton.body_shape.scale
    field = body.trunk(skeleton, top.ease_m, top.loose_m)
    if top.hem_m < 0.02:
        field = smooth_union(
            field, _skirt_field(skeleton, 0.14, root[2] + top.hem_m * s - 0.02, top.flare_m, top.ease_m), 0.05
        )
    # The hem is cut before the sleeves are sewn on: a hand may hang lower than the hem.
    field = smooth_subtract(field, HalfSpace(root + top.hem_m * s * pelvis[2], -pelvis[2]), 0.004)
    if top.sleeve != "none":
        if top.sleeve == "short":
            arms = [body.short_sleeve(skeleton, side, top.ease_m + 0.004) for side in SIDES]
        else:
            arms = [
                body.arm(skeleton, side, top.ease_m * 0.9, 0.006 if top.ease_m > 0.014 else 0.002) for side in SIDES
            ]
        field = body.with_arms(skeleton, field, arms)
    if top.collar in ("hood", "roll"):
        field = smooth_union(field, _high_collar(skeleton, top.collar), 0.02)
    parts = [
        _add_creases(
            skeleton, field_mesh(field, cloth_texture(skeleton, top.fabric, "arms", top.front)), phase, top.creases
        )
    ]
    if top.collar == "shirt":
        ring = sample_solid(neck_tube(skeleton, 0.011, 0.56), HEAD_VOXEL_M)
        paint = _CollarTexture(
            skeleton.joints["neck"].astype(np.float32),
            skeleton.frames["chest"].astype(np.float32) / np.float32(s),
            shade(top.collar_colour or top.fabric.base_colour, 1.05),
            top.throat,
        )
        parts.append(field_mesh(ring, paint))
    return parts


def bottom_meshes(skeleton: Skeleton, bottom: Bottom, phase: float) -> list[Mesh]:
    """Return trousers or a skirt."""
    root, s, pelvis = skeleton.joints["root"], skeleton.body_shape.scale, skeleton.frames["pelvis"]
    waist = HalfSpace(root + WAISTBAND_HEIGHT_M * s * pelvis[2], pelvis[2])
    if bottom.kind == "skirt":
        field = _skirt_field(skeleton, WAISTBAND_HEIGHT_M + 0.03, bottom.height_m * s, bottom.flare_m, 0.006)
        field = smooth_union(field, sample_solid(body.trunk_tube(skeleton, 0.006), body.BODY_VOXEL_M, 0.06), 0.03)
        field = smooth_subtract(field, waist)
        cloth = cloth_texture(skeleton, bottom.fabric, "none")
        return [_add_creases(skeleton, field_mesh(field, cloth, bottom.gloss), phase, 0.5)]
    seat = sample_solid(body.trunk_tube(skeleton, 0.008), body.BODY_VOXEL_M, 0.06)
    legs = [body.leg(skeleton, side, 0.010, bottom.hem_m * s) for side in SIDES]
    field = smooth_subtract(body.with_legs(skeleton, seat, legs), waist)
    front = TrouserFront(bottom.fabric.base_colour, bottom.belt, WAISTBAND_HEIGHT_M - 0.025 - 0.535)
    return [
        _add_creases(skeleton, field_mesh(field, cloth_texture(skeleton, bottom.fabric, "legs", front)), phase, 1.0)
    ]


def _skirt_field(skeleton: Skeleton, top_m: float, height_m: float, flare_m: float, ease_m: float) -> DistanceField:
    """Return cloth that hangs from the waist round both legs down to `height_m` above the floor."""
    root, s, pelvis = skeleton.joints["root"], skeleton.body_shape.scale, skeleton.frames["pelvis"]
    tube = body.trunk_tube(skeleton, ease_m)
    start = root + top_m * s * pelvis[2]
    feet = np.stack([body.leg_axis_point(skeleton, side, height_m) for side in SIDES])
    end = feet.mean(axis=0)
    end[2] = height_m
    spread = np.abs((feet - end) @ np.stack([pelvis[0], pelvis[1]], axis=1)).max(axis=0)
    leg = np.interp(height_m / s, (0.1, 0.3, 0.5, 0.7, 0.9), (0.045, 0.064, 0.066, 0.086, 0.098))
    thick = float(leg) * s * (1 + 0.5 * (skeleton.body_shape.girth - 1))
    waist, hips = (tube.stations[row] for row in (3, 1))
    # An ellipse that holds two legs is wider than the two.
    wide, deep = 1.1 * spread[0] + thick, max(1.22 * spread[1] + thick, hips[2] * 0.8)
    hem = (max(wide, hips[1] * 0.8) + ease_m + flare_m, deep + ease_m + flare_m)
    # The tube goes on below the hem, or its slant would lift the hem in front or behind.
    drop, beyond = start[2] - height_m, 0.10
    to_hips = (start[2] - root[2] + 0.01) / (drop + beyond)
    to_hem = max(drop / (drop + beyond), to_hips + 0.05)
    rows = [(0, waist[1] * 0.95, waist[2] * 0.95), (to_hips, hips[1], hips[2]), (to_hem, *hem), (1.0, *hem)]
    if height_m > root[2] - 0.15 * s:
        rows[2:] = [(1.0, max(hips[1], hem[0]), max(hips[2], hem[1]))]
    lower = end + (end - start) * (beyond / drop)
    field = sample_solid(Tube(start, lower, pelvis[1], rows, (0.02, 0.02)), body.BODY_VOXEL_M, 0.05)
    if len(rows) == 4:
        # Where a step or a turned knee goes further than the tube, the cloth lies on the leg.
        for side in SIDES:
            field = smooth_union(field, body.leg(skeleton, side, ease_m + 0.012), 0.03)
    return smooth_subtract(field, HalfSpace(np.array([0, 0, height_m]), np.array([0, 0, -1.0])), 0.004)


def _high_collar(skeleton: Skeleton, kind: str) -> DistanceField:
    """Return a roll neck, or the hood of a hoodie lying on the shoulders."""
    if kind == "roll":
        return sample_solid(neck_tube(skeleton, 0.014, 0.62), body.BODY_VOXEL_M, 0.03)
    chest, s = skeleton.frames["chest"], skeleton.body_shape.scale
    middle = skeleton.joints["neck"] + s * (-0.01 * chest[2] - 0.045 * chest[1])
    across = Tube(
        middle - 0.085 * s * chest[0],
        middle + 0.085 * s * chest[0],
        chest[2],
        [(0, 0.045 * s, 0.030 * s), (0.5, 0.055 * s, 0.052 * s), (1, 0.045 * s, 0.030 * s)],
        (0.03, 0.03),
    )
    return smooth_union(
        sample_solid(across, body.BODY_VOXEL_M, 0.03),
        sample_solid(neck_tube(skeleton, 0.022, 0.25), body.BODY_VOXEL_M, 0.03),
        0.03,
    )


def _add_creases(skeleton: Skeleton, mesh: Mesh, phase: float, amount: float) -> Mesh:
    """Return the mesh with folds across the bent joints and a slow unevenness everywhere, a few millimetres deep."""
    points = mesh.vertices.astype(np.float64)
    x, y, z = points.T
    depth = 0.0022 * np.sin(17 * x + 2.1 * np.sin(9 * z + phase)) * np.sin(13 * z + 11 * y + 3 * phase)
    for name, reach, size in (("elbow", 0.085, 0.0042), ("knee", 0.11, 0.0045), ("shoulder", 0.08, 0.0022)):
        for side in SIDES:
            depth += _fold_depths(skeleton, points, f"{name}.{side}", reach, size, phase)
    drape = np.exp(-(((z - skeleton.joints["waist"][2]) / 0.11) ** 2))
    depth += 0.003 * drape * np.sin(70 * z + 14 * x + 2.0 * np.sin(23 * x + phase))
    normals = vertex_normals(mesh)
    moved = (points + normals * (amount * depth)[:, None]).astype(np.float32)
    return replace(mesh, vertices=moved)


def _fold_depths(
    skeleton: Skeleton, points: NDArray[np.float64], joint: str, reach_m: float, size_m: float, phase: float
) -> NDArray[np.float64]:
    name, side = joint.split(".")
    before = {"elbow": "shoulder", "knee": "hip", "shoulder": "elbow"}[name]
    centre = skeleton.joints[joint]
    along = normalise(skeleton.joints[f"{before}.{side}"] - centre)
    to = points - centre
    near = np.exp(-(to**2).sum(axis=1) / reach_m**2)
    aside = to @ np.cross(along, [0.3, 0.9, 0.3])
    waves: NDArray[np.float64] = (
        size_m * near * np.sin(to @ along * 120 + 25 * aside + 1.5 * np.sin(40 * aside + phase))
    )
    return waves


def bare_arm_meshes(skeleton: Skeleton, skin: LinearRGB) -> list[Mesh]:
    """Return the arms of someone in short sleeves or none."""
    return [field_mesh(body.arm(skeleton, side, 0.0), skin, 0.25) for side in SIDES]


def bare_leg_meshes(skeleton: Skeleton, colour: LinearRGB) -> list[Mesh]:
    """Return the legs under a skirt, bare or in tights."""
    return [field_mesh(body.leg(skeleton, side, 0.0), colour, 0.25) for side in SIDES]


def shoe_meshes(skeleton: Skeleton, shoes: Shoes) -> list[Mesh]:
    """Return the two shoes."""
    parts = []
    for side in SIDES:
        heel, frame = skeleton.joints[f"heel.{side}"], skeleton.frames[f"foot.{side}"]
        leather = _ShoeTexture(heel.astype(np.float32), frame.astype(np.float32), shoes.upper, shoes.sole)
        parts.append(field_mesh(body.shoe(skeleton, side, shoes.shaft_m, shoes.bulk), leather, shoes.gloss, 0.25))
    return parts


@dataclass(frozen=True, eq=False)
class _CollarTexture:
    neck: FloatArray
    frame: FloatArray
    cloth: LinearRGB
    throat: LinearRGB | None

    def __call__(self, points: FloatArray, normals: FloatArray, footprint: FloatArray) -> FloatArray:
        x, ahead, up = ((points - self.neck) @ self.frame.T).T
        colour = np.broadcast_to(np.asarray(self.cloth, np.float32), (len(points), 3)).copy()
        if self.throat is not None:
            gap = np.where(ahead > 0.01, 0.014 + 0.45 * np.maximum(up + 0.03, 0) - np.abs(x), -1)
            colour += np.clip(0.5 + gap / np.maximum(footprint, 0.002), 0, 1)[:, None] * (
                np.asarray(self.throat) - colour
            )
        return np.asarray(colour, np.float32)


@dataclass(frozen=True, eq=False)
class _ShoeTexture:
    heel: FloatArray
    frame: FloatArray
    upper: LinearRGB
    sole: LinearRGB

    def __call__(self, points: FloatArray, normals: FloatArray, footprint: FloatArray) -> FloatArray:
        up = ((points - self.heel) @ self.frame.T)[:, 2]
        share = np.clip(0.5 + (up - 0.016) / np.maximum(footprint, 0.002), 0, 1)[:, None]
        return np.asarray(share * np.asarray(self.upper) + (1 - share) * np.asarray(self.sole), np.float32)
