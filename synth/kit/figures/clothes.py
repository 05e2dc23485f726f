"""Garments as parts: cut from the body let out by an ease, creased at the joints, painted with a cloth."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from bgfg.synth.kit.figures import body
from bgfg.synth.kit.figures.fabrics import Front, Weave, laid, shade
from bgfg.synth.kit.figures.figure import SIDES, Skeleton
from bgfg.synth.kit.figures.fronts import TrouserFront
from bgfg.synth.kit.figures.head import HEAD_VOXEL_M, neck_tube
from bgfg.synth.kit.render.scene import Colour, Floats, Material, Part, Texture
from bgfg.synth.kit.render.solids import HalfSpace, Tube, unit
from bgfg.synth.kit.render.surface import Field, cut, joined, polygonised, sampled
from bgfg.synth.kit.render.tracer import vertex_normals
from numpy.typing import NDArray

BELT_M = 0.125
"""How far above the hip joints trousers end, at the reference stature."""


@dataclass(frozen=True)
class Top:
    """What is worn above: how far it stands off, how low and how long it is, and what it looks like.

    `hem_m` is the height of its hem above the hip joints (below 0: over the hips; at most BELT_M: tucked in).
    `sleeve` is "long", "short" or "none"; `collar` "none", "shirt", "hood" or "roll"; an open one shows the `throat`.
    """

    weave: Weave
    front: Front | None
    ease_m: float = 0.010
    loose_m: float = 0.012
    hem_m: float = 0.11
    flare_m: float = 0.0
    sleeve: str = "long"
    collar: str = "none"
    collar_colour: Colour | None = None
    throat: Colour | None = None
    creases: float = 1.0


@dataclass(frozen=True)
class Bottom:
    """What is worn below: "trousers" of a width, or a "skirt" of a length and a flare."""

    weave: Weave
    kind: str = "trousers"
    hem_m: float = 0.07
    height_m: float = 0.48
    flare_m: float = 0.01
    belt: Colour = (0.02, 0.015, 0.01)
    gloss: float = 0.0


@dataclass(frozen=True)
class Shoes:
    """What is worn on the feet; `shaft_m` is how far it reaches above the ankle, `bulk` its size beside the foot."""

    upper: Colour
    sole: Colour
    gloss: float
    shaft_m: float = 0.012
    bulk: float = 1.0


def part_of(field: Field, albedo: Colour | Texture, gloss: float = 0.0, roughness: float = 0.4) -> Part:
    """Return the smooth surface of `field` in one material."""
    vertices, faces = polygonised(field)
    return Part(vertices, faces.astype(np.int32), Material(albedo, gloss=gloss, roughness=roughness), smooth=True)


def dressed_top(figure: Skeleton, top: Top, phase: float) -> list[Part]:
    """Return the garment of the upper body with its collar; `phase` moves its creases."""
    pelvis, root, s = figure.frames["pelvis"], figure.joints["root"], figure.build.scale
    field = body.trunk(figure, top.ease_m, top.loose_m)
    if top.hem_m < 0.02:
        field = joined(field, _skirted(figure, 0.14, root[2] + top.hem_m * s - 0.02, top.flare_m, top.ease_m), 0.05)
    # The hem is cut before the sleeves are sewn on: a hand may hang lower than the hem.
    field = cut(field, HalfSpace(root + top.hem_m * s * pelvis[2], -pelvis[2]), 0.004)
    if top.sleeve != "none":
        if top.sleeve == "short":
            arms = [body.short_sleeve(figure, side, top.ease_m + 0.004) for side in SIDES]
        else:
            arms = [body.arm(figure, side, top.ease_m * 0.9, 0.006 if top.ease_m > 0.014 else 0.002) for side in SIDES]
        field = body.with_arms(figure, field, arms)
    if top.collar in ("hood", "roll"):
        field = joined(field, _high_collar(figure, top.collar), 0.02)
    parts = [_creased(figure, part_of(field, laid(figure, top.weave, "arms", top.front)), phase, top.creases)]
    if top.collar == "shirt":
        ring = sampled(neck_tube(figure, 0.011, 0.56), HEAD_VOXEL_M)
        paint = _Collar(
            figure.joints["neck"].astype(np.float32),
            figure.frames["chest"].astype(np.float32) / np.float32(s),
            shade(top.collar_colour or top.weave.ground, 1.05),
            top.throat,
        )
        parts.append(part_of(ring, paint))
    return parts


def dressed_bottom(figure: Skeleton, bottom: Bottom, phase: float) -> list[Part]:
    """Return trousers or a skirt."""
    root, s, pelvis = figure.joints["root"], figure.build.scale, figure.frames["pelvis"]
    waist = HalfSpace(root + BELT_M * s * pelvis[2], pelvis[2])
    if bottom.kind == "skirt":
        field = _skirted(figure, BELT_M + 0.03, bottom.height_m * s, bottom.flare_m, 0.006)
        field = joined(field, sampled(body.trunk_tube(figure, 0.006), body.BODY_VOXEL_M, 0.06), 0.03)
        field = cut(field, waist)
        cloth = laid(figure, bottom.weave, "none")
        return [_creased(figure, part_of(field, cloth, bottom.gloss), phase, 0.5)]
    seat = sampled(body.trunk_tube(figure, 0.008), body.BODY_VOXEL_M, 0.06)
    legs = [body.leg(figure, side, 0.010, bottom.hem_m * s) for side in SIDES]
    field = cut(body.with_legs(figure, seat, legs), waist)
    front = TrouserFront(bottom.weave.ground, bottom.belt, BELT_M - 0.025 - 0.535)
    return [_creased(figure, part_of(field, laid(figure, bottom.weave, "legs", front)), phase, 1.0)]


def _skirted(figure: Skeleton, top_m: float, height_m: float, flare_m: float, ease_m: float) -> Field:
    """Return cloth that hangs from the waist round both legs down to `height_m` above the floor."""
    root, s, pelvis = figure.joints["root"], figure.build.scale, figure.frames["pelvis"]
    tube = body.trunk_tube(figure, ease_m)
    start = root + top_m * s * pelvis[2]
    feet = np.stack([body.leg_at(figure, side, height_m) for side in SIDES])
    end = feet.mean(axis=0)
    end[2] = height_m
    spread = np.abs((feet - end) @ np.stack([pelvis[0], pelvis[1]], axis=1)).max(axis=0)
    leg = np.interp(height_m / s, (0.1, 0.3, 0.5, 0.7, 0.9), (0.045, 0.064, 0.066, 0.086, 0.098))
    thick = float(leg) * s * (1 + 0.5 * (figure.build.girth - 1))
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
    field = sampled(Tube(start, lower, pelvis[1], rows, (0.02, 0.02)), body.BODY_VOXEL_M, 0.05)
    if len(rows) == 4:
        # Where a step or a turned knee goes further than the tube, the cloth lies on the leg.
        for side in SIDES:
            field = joined(field, body.leg(figure, side, ease_m + 0.012), 0.03)
    return cut(field, HalfSpace(np.array([0, 0, height_m]), np.array([0, 0, -1.0])), 0.004)


def _high_collar(figure: Skeleton, kind: str) -> Field:
    """Return a roll neck, or the hood of a hoodie lying on the shoulders."""
    if kind == "roll":
        return sampled(neck_tube(figure, 0.014, 0.62), body.BODY_VOXEL_M, 0.03)
    chest, s = figure.frames["chest"], figure.build.scale
    middle = figure.joints["neck"] + s * (-0.01 * chest[2] - 0.045 * chest[1])
    across = Tube(
        middle - 0.085 * s * chest[0],
        middle + 0.085 * s * chest[0],
        chest[2],
        [(0, 0.045 * s, 0.030 * s), (0.5, 0.055 * s, 0.052 * s), (1, 0.045 * s, 0.030 * s)],
        (0.03, 0.03),
    )
    return joined(
        sampled(across, body.BODY_VOXEL_M, 0.03), sampled(neck_tube(figure, 0.022, 0.25), body.BODY_VOXEL_M, 0.03), 0.03
    )


def _creased(figure: Skeleton, part: Part, phase: float, amount: float) -> Part:
    """Return the part with folds across the bent joints and a slow unevenness everywhere, a few millimetres deep."""
    points = part.vertices.astype(np.float64)
    x, y, z = points.T
    depth = 0.0022 * np.sin(17 * x + 2.1 * np.sin(9 * z + phase)) * np.sin(13 * z + 11 * y + 3 * phase)
    for name, reach, size in (("elbow", 0.085, 0.0042), ("knee", 0.11, 0.0045), ("shoulder", 0.08, 0.0022)):
        for side in SIDES:
            depth += _folds(figure, points, f"{name}.{side}", reach, size, phase)
    drape = np.exp(-(((z - figure.joints["waist"][2]) / 0.11) ** 2))
    depth += 0.003 * drape * np.sin(70 * z + 14 * x + 2.0 * np.sin(23 * x + phase))
    normals = vertex_normals(part)
    moved = (points + normals * (amount * depth)[:, None]).astype(np.float32)
    return replace(part, vertices=moved)


def _folds(
    figure: Skeleton, points: NDArray[np.float64], joint: str, reach_m: float, size_m: float, phase: float
) -> NDArray[np.float64]:
    name, side = joint.split(".")
    before = {"elbow": "shoulder", "knee": "hip", "shoulder": "elbow"}[name]
    centre = figure.joints[joint]
    along = unit(figure.joints[f"{before}.{side}"] - centre)
    to = points - centre
    near = np.exp(-(to**2).sum(axis=1) / reach_m**2)
    aside = to @ np.cross(along, [0.3, 0.9, 0.3])
    waves: NDArray[np.float64] = (
        size_m * near * np.sin(to @ along * 120 + 25 * aside + 1.5 * np.sin(40 * aside + phase))
    )
    return waves


def bare_arms(figure: Skeleton, skin: Colour) -> list[Part]:
    """Return the arms of someone in short sleeves or none."""
    return [part_of(body.arm(figure, side, 0.0), skin, 0.25) for side in SIDES]


def bare_legs(figure: Skeleton, colour: Colour) -> list[Part]:
    """Return the legs under a skirt, bare or in tights."""
    return [part_of(body.leg(figure, side, 0.0), colour, 0.25) for side in SIDES]


def shod(figure: Skeleton, shoes: Shoes) -> list[Part]:
    """Return the two shoes."""
    parts = []
    for side in SIDES:
        heel, frame = figure.joints[f"heel.{side}"], figure.frames[f"foot.{side}"]
        leather = _Leather(heel.astype(np.float32), frame.astype(np.float32), shoes.upper, shoes.sole)
        parts.append(part_of(body.foot(figure, side, shoes.shaft_m, shoes.bulk), leather, shoes.gloss, 0.25))
    return parts


@dataclass(frozen=True, eq=False)
class _Collar:
    neck: Floats
    frame: Floats
    cloth: Colour
    throat: Colour | None

    def __call__(self, points: Floats, normals: Floats, footprint: Floats) -> Floats:
        x, ahead, up = ((points - self.neck) @ self.frame.T).T
        colour = np.broadcast_to(np.asarray(self.cloth, np.float32), (len(points), 3)).copy()
        if self.throat is not None:
            gap = np.where(ahead > 0.01, 0.014 + 0.45 * np.maximum(up + 0.03, 0) - np.abs(x), -1)
            colour += np.clip(0.5 + gap / np.maximum(footprint, 0.002), 0, 1)[:, None] * (
                np.asarray(self.throat) - colour
            )
        return np.asarray(colour, np.float32)


@dataclass(frozen=True, eq=False)
class _Leather:
    heel: Floats
    frame: Floats
    upper: Colour
    sole: Colour

    def __call__(self, points: Floats, normals: Floats, footprint: Floats) -> Floats:
        up = ((points - self.heel) @ self.frame.T)[:, 2]
        share = np.clip(0.5 + (up - 0.016) / np.maximum(footprint, 0.002), 0, 1)[:, None]
        return np.asarray(share * np.asarray(self.upper) + (1 - share) * np.asarray(self.sole), np.float32)
