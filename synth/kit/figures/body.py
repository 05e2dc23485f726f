"""The body under the clothes as fields: trunk, arms, legs, hands and feet, each let out by an ease."""

from __future__ import annotations

import numpy as np
from bgfg.synth.kit.figures.figure import SIDES, SIGN, Skeleton, Vector
from bgfg.synth.kit.render.solids import Ellipsoid, HalfSpace, Tube, unit
from bgfg.synth.kit.render.surface import Field, cut, joined, merged, sampled
from numpy.typing import NDArray

BODY_VOXEL_M, FOOT_VOXEL_M, HAND_VOXEL_M = 0.0135, 0.009, 0.0065
# (share of the way from crotch to neck, half width m and f, half depth m and f, forward shift)
TRUNK = (
    (0.00, 0.150, 0.150, 0.098, 0.100, -0.010),
    (0.11, 0.166, 0.172, 0.112, 0.120, -0.014),
    (0.28, 0.154, 0.150, 0.101, 0.100, -0.004),
    (0.43, 0.143, 0.116, 0.096, 0.083, 0.004),
    (0.60, 0.154, 0.126, 0.106, 0.092, 0.006),
    (0.74, 0.168, 0.140, 0.116, 0.100, 0.006),
    (0.86, 0.163, 0.138, 0.102, 0.090, -0.004),
    (0.95, 0.105, 0.092, 0.072, 0.066, -0.006),
    (1.00, 0.064, 0.056, 0.062, 0.055, 0.000),
)
THIGH = ((0.0, 0.088), (0.3, 0.083), (0.7, 0.064), (1.0, 0.054))
SHANK = ((0.0, 0.053, 0.055, 0.0), (0.3, 0.054, 0.058, -0.012), (0.65, 0.041, 0.043, -0.008), (1.0, 0.034, 0.037, 0.0))
UPPER_ARM = ((0.0, 0.050), (0.25, 0.051), (0.6, 0.042), (1.0, 0.039))
FOREARM = ((0.0, 0.039, 0.040), (0.25, 0.043, 0.040), (0.7, 0.034, 0.030), (1.0, 0.028, 0.022))


def trunk_tube(figure: Skeleton, ease_m: float, loose_m: float = 0.0) -> Tube:
    """Return crotch to neck; `loose_m` fills the waist, as cloth that hangs from chest and shoulders does."""
    build, s = figure.build, figure.build.scale
    pelvis, chest = figure.frames["pelvis"], figure.frames["chest"]
    wide, deep = 1 + 0.6 * (build.girth - 1), 1 + 0.95 * (build.girth - 1)
    stations = [
        (
            t,
            build.blend(wm, wf) * wide + ease_m + loose_m * max(0.0, 1 - abs(t - 0.42) / 0.3),
            build.blend(dm, df) * deep + ease_m + loose_m * max(0.0, 1 - abs(t - 0.42) / 0.3),
            shift * s,
        )
        for t, wm, wf, dm, df, shift in TRUNK
    ]
    twist = float(np.arctan2(np.cross(pelvis[1], chest[1])[2], pelvis[1] @ chest[1]))
    start = figure.joints["root"] - 0.10 * s * pelvis[2]
    return Tube(start, figure.joints["neck"], pelvis[1] + chest[1], stations, (0.03, 0.02), (-twist / 2, twist / 2))


def trunk(figure: Skeleton, ease_m: float, loose_m: float = 0.0) -> Field:
    """Return the trunk with shoulders, bust and belly."""
    build, s, joints = figure.build, figure.build.scale, figure.joints
    chest, neck = figure.frames["chest"], joints["neck"]
    field = sampled(trunk_tube(figure, ease_m, loose_m), BODY_VOXEL_M, 0.06)
    shoulder = build.blend(0.046, 0.039) * (1 + 0.3 * (build.girth - 1)) + ease_m
    for side in SIDES:
        inner = neck - 0.012 * s * chest[2] + SIGN[side] * 0.03 * s * chest[0]
        yoke = Tube(inner, joints[f"shoulder.{side}"], chest[1], [(0, shoulder, shoulder), (1, shoulder, shoulder)])
        field = joined(field, sampled(yoke, BODY_VOXEL_M, 0.06), 0.055)
    swell = []
    if build.feminine > 0.5:
        size = s * (0.058 + 0.02 * (build.girth - 1)) + ease_m * 0.7
        for side in SIDES:
            centre = neck + s * (SIGN[side] * 0.066 * chest[0] + 0.068 * chest[1] - 0.21 * chest[2])
            swell.append(Ellipsoid(centre, (size, size * 0.95, size), chest))
    if build.belly > 0:
        centre = joints["waist"] + s * (0.02 + 0.05 * build.belly) * figure.frames["pelvis"][1]
        reach = s * (0.09 + 0.03 * build.belly) + ease_m
        swell.append(Ellipsoid(centre, (reach * 1.35, reach, reach * 1.35), figure.frames["pelvis"]))
    for solid in swell:
        field = joined(field, sampled(solid, BODY_VOXEL_M, 0.06), 0.06)
    return field


def arm(figure: Skeleton, side: str, ease_m: float, wide_cuff_m: float = 0.0) -> Field:
    """Return one arm from the shoulder to the wrist."""
    build, joints = figure.build, figure.joints
    stout = build.blend(1.0, 0.84) * (1 + 0.45 * (build.girth - 1))
    upper = [(t, r * stout + ease_m, r * stout + ease_m) for t, r in UPPER_ARM]
    lower = [(t, a * stout + ease_m + wide_cuff_m * t, b * stout + ease_m + wide_cuff_m * t) for t, a, b in FOREARM]
    shoulder, elbow, wrist = (joints[f"{name}.{side}"] for name in ("shoulder", "elbow", "wrist"))
    front = figure.frames[f"hand.{side}"][1]
    field = sampled(
        Tube(shoulder, elbow, _square(elbow - shoulder, figure.frames["chest"][1]), upper), BODY_VOXEL_M, 0.03
    )
    tube = Tube(elbow, wrist, _square(wrist - elbow, front), lower, (0.03, 0.004))
    return joined(field, sampled(tube, BODY_VOXEL_M, 0.03), 0.02)


def short_sleeve(figure: Skeleton, side: str, ease_m: float) -> Field:
    """Return a sleeve that ends above the elbow and stands off a little there."""
    build, shoulder = figure.build, figure.joints[f"shoulder.{side}"]
    end = shoulder + 0.68 * (figure.joints[f"elbow.{side}"] - shoulder)
    stout = build.blend(1.0, 0.84) * (1 + 0.45 * (build.girth - 1))
    rows = [(0, 0.053 * stout + ease_m, 0.053 * stout + ease_m), (1, 0.046 * stout + ease_m, 0.046 * stout + ease_m)]
    tube = Tube(shoulder, end, _square(end - shoulder, figure.frames["chest"][1]), rows, (0.03, 0.004))
    return sampled(tube, BODY_VOXEL_M, 0.03)


def leg(figure: Skeleton, side: str, ease_m: float, hem_m: float = 0.0) -> Field:
    """Return one leg from the hip to the ankle; `hem_m` is the least radius of the cloth at the hem (0: follows)."""
    build, joints = figure.build, figure.joints
    stout = build.scale * (1 + 0.5 * (build.girth - 1)) * (1 - 0.04 * build.feminine)
    upper = [(t, max(r * stout + ease_m, hem_m * t), max(r * stout + ease_m, hem_m * t)) for t, r in THIGH]
    lower = [
        (t, max(a * stout + ease_m, hem_m), max(b * stout + ease_m, hem_m), c * (hem_m == 0)) for t, a, b, c in SHANK
    ]
    hip, knee, ankle = (joints[f"{name}.{side}"] for name in ("hip", "knee", "ankle"))
    if hem_m > 0:
        # Trousers break on the shoe, a little below the ankle.
        ankle = ankle + 0.03 * build.scale * unit(ankle - knee)
    ahead = figure.frames[f"foot.{side}"][1]
    field = sampled(Tube(hip, knee, _square(knee - hip, ahead), upper), BODY_VOXEL_M, 0.03)
    tube = Tube(knee, ankle, _square(ankle - knee, ahead), lower, (0.03, 0.006))
    return joined(field, sampled(tube, BODY_VOXEL_M, 0.03), 0.02)


def with_arms(figure: Skeleton, field: Field, arms: list[Field]) -> Field:
    """Return the trunk with arms that melt into it at the shoulder only."""
    for side, one in zip(SIDES, arms, strict=True):
        field = joined(field, one, (figure.joints[f"shoulder.{side}"], 0.16, 0.05, 0.004))
    return field


def with_legs(figure: Skeleton, field: Field, legs: list[Field]) -> Field:
    """Return the trunk with legs that melt into it at the hip only."""
    for side, one in zip(SIDES, legs, strict=True):
        field = joined(field, one, (figure.joints[f"hip.{side}"], 0.22, 0.05, 0.004))
    return field


def leg_at(figure: Skeleton, side: str, height_m: float) -> Vector:
    """Return the point of the leg's axis at `height_m`, or its nearest end."""
    chain = [figure.joints[f"{name}.{side}"] for name in ("ankle", "knee", "hip")]
    heights = [point[2] for point in chain]
    return np.array([np.interp(height_m, heights, [point[axis] for point in chain]) for axis in range(3)])


def hand(figure: Skeleton, side: str) -> Field:
    """Return a hand with four fingers and a thumb, curled as the pose says."""
    build = figure.build
    size = build.blend(1.0, 0.9)
    thumbwards, palm, along = figure.frames[f"hand.{side}"]
    wrist, curl = figure.joints[f"wrist.{side}"], figure.curl[side]

    def at(across: float, out: float, ahead: float) -> Vector:
        return np.asarray(wrist + size * (across * thumbwards + out * palm + ahead * along))

    back = Tube(at(0, 0, -0.03), at(0, 0, 0.09), palm, [(0, 0.026 * size, 0.02 * size), (1, 0.04 * size, 0.014 * size)])
    field = merged([back], HAND_VOXEL_M, 0.012)
    for across, length in ((0.031, 0.070), (0.0105, 0.080), (-0.0105, 0.075), (-0.030, 0.058)):
        first, second = np.radians(75 * curl), np.radians(165 * curl)
        knuckle = at(across, 0, 0.088)
        middle = knuckle + size * length * 0.5 * (np.cos(first) * along + np.sin(first) * palm)
        tip = middle + size * length * 0.5 * (np.cos(second) * along + np.sin(second) * palm)
        for a, b in ((knuckle, middle), (middle, tip)):
            bone = Tube(
                a,
                b,
                _square(b - a, thumbwards),
                [(0, 0.0098 * size, 0.0098 * size), (1, 0.009 * size, 0.009 * size)],
                (0.009, 0.009),
            )
            field = joined(field, sampled(bone, HAND_VOXEL_M, 0.012), 0.006)
    ball, joint = at(0.024, 0.008, 0.02), at(0.052, 0.016 + 0.012 * curl, 0.058)
    tip = at(0.056 - 0.03 * curl, 0.02 + 0.03 * curl, 0.092)
    for a, b, r in ((ball, joint, 0.0135), (joint, tip, 0.0105)):
        field = joined(
            field,
            sampled(
                Tube(a, b, _square(b - a, palm), [(0, r, r), (1, r * 0.9, r * 0.9)], (0.01, 0.01)), HAND_VOXEL_M, 0.012
            ),
            0.010,
        )
    return field


def foot(figure: Skeleton, side: str, shaft_m: float = 0.03, bulk: float = 1.0) -> Field:
    """Return a shoe; `shaft_m` is how far it reaches up the ankle."""
    s, joints = figure.build.scale * bulk, figure.joints
    heel, ball, toe, ankle = (joints[f"{name}.{side}"] for name in ("heel", "ball", "toe", "ankle"))
    up = figure.frames[f"foot.{side}"][2]
    if figure.build.heel_m > 0:
        heel = heel + figure.build.heel_m * up
    pieces: list[Field] = []
    for start, end, stations in (
        (heel, ball, [(0, 0.034, 0.030, 0.030), (0.5, 0.037, 0.034, 0.034), (1, 0.047, 0.026, 0.024)]),
        (ball, toe, [(0, 0.047, 0.026, 0.024), (1, 0.036, 0.018, 0.016)]),
    ):
        normal = _square(end - start, up)
        tube = Tube(
            start,
            end,
            normal,
            [tuple(v * (s if i else 1) for i, v in enumerate(row)) for row in stations],
            (0.018 * s, 0.022 * s),
        )
        pieces.append(cut(sampled(tube, FOOT_VOXEL_M, 0.03), HalfSpace(start + 0.002 * normal, -normal)))
    field = joined(pieces[0], pieces[1], 0.012)
    top = unit(joints[f"knee.{side}"] - ankle)
    collar = Tube(
        ankle - 0.035 * s * top,
        ankle + shaft_m * top,
        _square(top, figure.frames[f"foot.{side}"][1]),
        [(0, 0.038 * s, 0.048 * s), (1, 0.040 * s, 0.043 * s)],
        (0.02, 0.004),
    )
    field = joined(field, sampled(collar, FOOT_VOXEL_M, 0.03), 0.03)
    if figure.build.heel_m > 0:
        ground = heel - figure.build.heel_m * up
        spike = Tube(
            heel + 0.01 * up,
            ground,
            figure.frames[f"foot.{side}"][1],
            [(0, 0.024, 0.024), (1, 0.009, 0.009)],
            (0.01, 0.003),
        )
        field = joined(field, sampled(spike, FOOT_VOXEL_M, 0.01), 0.01)
    return field


def _square(axis: NDArray[np.float64], wish: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a direction square to `axis`, as near to `wish` as can be; any, where they are parallel."""
    along = unit(axis)
    rest = wish - along * (wish @ along)
    if np.linalg.norm(rest) < 0.05:
        other = np.eye(3)[np.argmin(np.abs(along))]
        rest = other - along * (other @ along)
    return unit(rest)
