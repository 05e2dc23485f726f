"""Body as distance fields: trunk, arms, legs, hands and shoes, widened by an ease where cloth lies over them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bgfg.synth.kit.figures.skeleton import SIDE_SIGN, SIDES, Skeleton
from bgfg.synth.kit.render.sdf_fields import DistanceField, sample_solid, smooth_subtract, smooth_union, union_of_solids
from bgfg.synth.kit.render.sdf_primitives import Ellipsoid, HalfSpace, Tube
from bgfg.synth.kit.render.vectors import Vector, normalise

BODY_VOXEL_M, FOOT_VOXEL_M, HAND_VOXEL_M = 0.0135, 0.009, 0.0065
# Rows (share of the way from crotch to neck, half width of men and of women, half depth of both, forward shift), m.
TRUNK_PROFILE = (
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
# Rows (share of the way along the limb, radius) or (share, half width, half depth, forward shift), m.
THIGH_PROFILE = ((0.0, 0.088), (0.3, 0.083), (0.7, 0.064), (1.0, 0.054))
SHANK_PROFILE = (
    (0.0, 0.053, 0.055, 0.0),
    (0.3, 0.054, 0.058, -0.012),
    (0.65, 0.041, 0.043, -0.008),
    (1.0, 0.034, 0.037, 0.0),
)
UPPER_ARM_PROFILE = ((0.0, 0.050), (0.25, 0.051), (0.6, 0.042), (1.0, 0.039))
FOREARM_PROFILE = ((0.0, 0.039, 0.040), (0.25, 0.043, 0.040), (0.7, 0.034, 0.030), (1.0, 0.028, 0.022))


def trunk_tube(skeleton: Skeleton, ease_m: float, loose_m: float = 0.0) -> Tube:
    """Return the tube from crotch to neck.

    Args:
        skeleton: Whose trunk it is.
        ease_m: How far cloth stands off the skin.
        loose_m: Fills the waist, as cloth that hangs from chest and shoulders does.
    """
    body_shape, s = skeleton.body_shape, skeleton.body_shape.scale
    pelvis, chest = skeleton.frames["pelvis"], skeleton.frames["chest"]
    wide, deep = 1 + 0.6 * (body_shape.girth - 1), 1 + 0.95 * (body_shape.girth - 1)
    stations = [
        (
            t,
            body_shape.blend(wm, wf) * wide + ease_m + loose_m * max(0.0, 1 - abs(t - 0.42) / 0.3),
            body_shape.blend(dm, df) * deep + ease_m + loose_m * max(0.0, 1 - abs(t - 0.42) / 0.3),
            shift * s,
        )
        for t, wm, wf, dm, df, shift in TRUNK_PROFILE
    ]
    # Half of the twist between hips and chest lies at either end of the tube.
    twist = float(np.arctan2(np.cross(pelvis[1], chest[1])[2], pelvis[1] @ chest[1]))
    start = skeleton.joints["root"] - 0.10 * s * pelvis[2]
    return Tube(start, skeleton.joints["neck"], pelvis[1] + chest[1], stations, (0.03, 0.02), (-twist / 2, twist / 2))


def trunk(skeleton: Skeleton, ease_m: float, loose_m: float = 0.0) -> DistanceField:
    """Return the trunk with shoulders, bust and belly; the arguments are those of `trunk_tube`."""
    body_shape, s, joints = skeleton.body_shape, skeleton.body_shape.scale, skeleton.joints
    chest, neck = skeleton.frames["chest"], joints["neck"]
    field = sample_solid(trunk_tube(skeleton, ease_m, loose_m), BODY_VOXEL_M, 0.06)
    shoulder = body_shape.blend(0.046, 0.039) * (1 + 0.3 * (body_shape.girth - 1)) + ease_m
    for side in SIDES:
        inner = neck - 0.012 * s * chest[2] + SIDE_SIGN[side] * 0.03 * s * chest[0]
        yoke = Tube(inner, joints[f"shoulder.{side}"], chest[1], [(0, shoulder, shoulder), (1, shoulder, shoulder)])
        field = smooth_union(field, sample_solid(yoke, BODY_VOXEL_M, 0.06), 0.055)
    swell = []
    if body_shape.feminine > 0.5:
        size = s * (0.058 + 0.02 * (body_shape.girth - 1)) + ease_m * 0.7
        for side in SIDES:
            centre = neck + s * (SIDE_SIGN[side] * 0.066 * chest[0] + 0.068 * chest[1] - 0.21 * chest[2])
            swell.append(Ellipsoid(centre, (size, size * 0.95, size), chest))
    if body_shape.belly > 0:
        centre = joints["waist"] + s * (0.02 + 0.05 * body_shape.belly) * skeleton.frames["pelvis"][1]
        reach = s * (0.09 + 0.03 * body_shape.belly) + ease_m
        swell.append(Ellipsoid(centre, (reach * 1.35, reach, reach * 1.35), skeleton.frames["pelvis"]))
    for solid in swell:
        field = smooth_union(field, sample_solid(solid, BODY_VOXEL_M, 0.06), 0.06)
    return field


def arm(skeleton: Skeleton, side: str, ease_m: float, wide_cuff_m: float = 0.0) -> DistanceField:
    """Return one arm from the shoulder to the wrist."""
    body_shape, joints = skeleton.body_shape, skeleton.joints
    stout = body_shape.blend(1.0, 0.84) * (1 + 0.45 * (body_shape.girth - 1))
    upper = [(t, r * stout + ease_m, r * stout + ease_m) for t, r in UPPER_ARM_PROFILE]
    lower = [
        (t, a * stout + ease_m + wide_cuff_m * t, b * stout + ease_m + wide_cuff_m * t) for t, a, b in FOREARM_PROFILE
    ]
    shoulder, elbow, wrist = (joints[f"{name}.{side}"] for name in ("shoulder", "elbow", "wrist"))
    front = skeleton.frames[f"hand.{side}"][1]
    field = sample_solid(
        Tube(shoulder, elbow, _perpendicular(elbow - shoulder, skeleton.frames["chest"][1]), upper), BODY_VOXEL_M, 0.03
    )
    tube = Tube(elbow, wrist, _perpendicular(wrist - elbow, front), lower, (0.03, 0.004))
    return smooth_union(field, sample_solid(tube, BODY_VOXEL_M, 0.03), 0.02)


def short_sleeve(skeleton: Skeleton, side: str, ease_m: float) -> DistanceField:
    """Return a sleeve that ends above the elbow and stands off a little there."""
    body_shape, shoulder = skeleton.body_shape, skeleton.joints[f"shoulder.{side}"]
    end = shoulder + 0.68 * (skeleton.joints[f"elbow.{side}"] - shoulder)
    stout = body_shape.blend(1.0, 0.84) * (1 + 0.45 * (body_shape.girth - 1))
    rows = [(0, 0.053 * stout + ease_m, 0.053 * stout + ease_m), (1, 0.046 * stout + ease_m, 0.046 * stout + ease_m)]
    tube = Tube(shoulder, end, _perpendicular(end - shoulder, skeleton.frames["chest"][1]), rows, (0.03, 0.004))
    return sample_solid(tube, BODY_VOXEL_M, 0.03)


def leg(skeleton: Skeleton, side: str, ease_m: float, hem_m: float = 0.0) -> DistanceField:
    """Return one leg from the hip to the ankle; `hem_m` is the least radius of the cloth at the hem (0: follows)."""
    body_shape, joints = skeleton.body_shape, skeleton.joints
    stout = body_shape.scale * (1 + 0.5 * (body_shape.girth - 1)) * (1 - 0.04 * body_shape.feminine)
    upper = [(t, max(r * stout + ease_m, hem_m * t), max(r * stout + ease_m, hem_m * t)) for t, r in THIGH_PROFILE]
    lower = [
        (t, max(a * stout + ease_m, hem_m), max(b * stout + ease_m, hem_m), c * (hem_m == 0))
        for t, a, b, c in SHANK_PROFILE
    ]
    hip, knee, ankle = (joints[f"{name}.{side}"] for name in ("hip", "knee", "ankle"))
    if hem_m > 0:
        # Trousers break on the shoe, a little below the ankle.
        ankle = ankle + 0.03 * body_shape.scale * normalise(ankle - knee)
    ahead = skeleton.frames[f"foot.{side}"][1]
    field = sample_solid(Tube(hip, knee, _perpendicular(knee - hip, ahead), upper), BODY_VOXEL_M, 0.03)
    tube = Tube(knee, ankle, _perpendicular(ankle - knee, ahead), lower, (0.03, 0.006))
    return smooth_union(field, sample_solid(tube, BODY_VOXEL_M, 0.03), 0.02)


def with_arms(skeleton: Skeleton, field: DistanceField, arms: list[DistanceField]) -> DistanceField:
    """Return the trunk with arms that blend into it at the shoulder only."""
    for side, one in zip(SIDES, arms, strict=True):
        field = smooth_union(field, one, (skeleton.joints[f"shoulder.{side}"], 0.16, 0.05, 0.004))
    return field


def with_legs(skeleton: Skeleton, field: DistanceField, legs: list[DistanceField]) -> DistanceField:
    """Return the trunk with legs that blend into it at the hip only."""
    for side, one in zip(SIDES, legs, strict=True):
        field = smooth_union(field, one, (skeleton.joints[f"hip.{side}"], 0.22, 0.05, 0.004))
    return field


def leg_axis_point(skeleton: Skeleton, side: str, height_m: float) -> Vector:
    """Return the point (3,) of the leg's axis at `height_m` above the floor, or its nearest end."""
    chain = [skeleton.joints[f"{name}.{side}"] for name in ("ankle", "knee", "hip")]
    heights = [point[2] for point in chain]
    return np.array([np.interp(height_m, heights, [point[axis] for point in chain]) for axis in range(3)])


def hand(skeleton: Skeleton, side: str) -> DistanceField:
    """Return a hand with four fingers and a thumb, curled as the pose says."""
    body_shape = skeleton.body_shape
    size = body_shape.blend(1.0, 0.9)
    thumbwards, palm, along = skeleton.frames[f"hand.{side}"]
    wrist, curl = skeleton.joints[f"wrist.{side}"], skeleton.curl[side]

    def at(across: float, out: float, ahead: float) -> Vector:
        return np.asarray(wrist + size * (across * thumbwards + out * palm + ahead * along))

    back = Tube(at(0, 0, -0.03), at(0, 0, 0.09), palm, [(0, 0.026 * size, 0.02 * size), (1, 0.04 * size, 0.014 * size)])
    field = union_of_solids([back], HAND_VOXEL_M, 0.012)
    for across, length in ((0.031, 0.070), (0.0105, 0.080), (-0.0105, 0.075), (-0.030, 0.058)):
        first, second = np.radians(75 * curl), np.radians(165 * curl)
        knuckle = at(across, 0, 0.088)
        middle = knuckle + size * length * 0.5 * (np.cos(first) * along + np.sin(first) * palm)
        tip = middle + size * length * 0.5 * (np.cos(second) * along + np.sin(second) * palm)
        for a, b in ((knuckle, middle), (middle, tip)):
            bone = Tube(
                a,
                b,
                _perpendicular(b - a, thumbwards),
                [(0, 0.0098 * size, 0.0098 * size), (1, 0.009 * size, 0.009 * size)],
                (0.009, 0.009),
            )
            field = smooth_union(field, sample_solid(bone, HAND_VOXEL_M, 0.012), 0.006)
    ball, joint = at(0.024, 0.008, 0.02), at(0.052, 0.016 + 0.012 * curl, 0.058)
    tip = at(0.056 - 0.03 * curl, 0.02 + 0.03 * curl, 0.092)
    for a, b, r in ((ball, joint, 0.0135), (joint, tip, 0.0105)):
        field = smooth_union(
            field,
            sample_solid(
                Tube(a, b, _perpendicular(b - a, palm), [(0, r, r), (1, r * 0.9, r * 0.9)], (0.01, 0.01)),
                HAND_VOXEL_M,
                0.012,
            ),
            0.010,
        )
    return field


def shoe(skeleton: Skeleton, side: str, shaft_m: float = 0.03, bulk: float = 1.0) -> DistanceField:
    """Return a shoe; `shaft_m` is how far it reaches up the ankle, `bulk` its size beside the foot."""
    s, joints = skeleton.body_shape.scale * bulk, skeleton.joints
    heel, ball, toe, ankle = (joints[f"{name}.{side}"] for name in ("heel", "ball", "toe", "ankle"))
    up = skeleton.frames[f"foot.{side}"][2]
    if skeleton.body_shape.heel_m > 0:
        heel = heel + skeleton.body_shape.heel_m * up
    pieces: list[DistanceField] = []
    for start, end, stations in (
        (heel, ball, [(0, 0.034, 0.030, 0.030), (0.5, 0.037, 0.034, 0.034), (1, 0.047, 0.026, 0.024)]),
        (ball, toe, [(0, 0.047, 0.026, 0.024), (1, 0.036, 0.018, 0.016)]),
    ):
        normal = _perpendicular(end - start, up)
        tube = Tube(
            start,
            end,
            normal,
            [tuple(v * (s if i else 1) for i, v in enumerate(row)) for row in stations],
            (0.018 * s, 0.022 * s),
        )
        pieces.append(
            smooth_subtract(sample_solid(tube, FOOT_VOXEL_M, 0.03), HalfSpace(start + 0.002 * normal, -normal))
        )
    field = smooth_union(pieces[0], pieces[1], 0.012)
    top = normalise(joints[f"knee.{side}"] - ankle)
    collar = Tube(
        ankle - 0.035 * s * top,
        ankle + shaft_m * top,
        _perpendicular(top, skeleton.frames[f"foot.{side}"][1]),
        [(0, 0.038 * s, 0.048 * s), (1, 0.040 * s, 0.043 * s)],
        (0.02, 0.004),
    )
    field = smooth_union(field, sample_solid(collar, FOOT_VOXEL_M, 0.03), 0.03)
    if skeleton.body_shape.heel_m > 0:
        ground = heel - skeleton.body_shape.heel_m * up
        spike = Tube(
            heel + 0.01 * up,
            ground,
            skeleton.frames[f"foot.{side}"][1],
            [(0, 0.024, 0.024), (1, 0.009, 0.009)],
            (0.01, 0.003),
        )
        field = smooth_union(field, sample_solid(spike, FOOT_VOXEL_M, 0.01), 0.01)
    return field


def _perpendicular(axis: NDArray[np.float64], wish: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a direction perpendicular to `axis`, as near to `wish` as can be; any, where they are parallel."""
    along = normalise(axis)
    rest = wish - along * (wish @ along)
    if np.linalg.norm(rest) < 0.05:
        other = np.eye(3)[np.argmin(np.abs(along))]
        rest = other - along * (other @ along)
    return normalise(rest)
