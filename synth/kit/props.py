"""What people carry: phone, cup, laptop, tablet, folder, box, briefcase, backpack, shoulder bag."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from synth.kit.clothes import part_of
from synth.kit.fabrics import linear
from synth.kit.figure import SIGN, Skeleton
from synth.kit.scene import Colour, Material, Part
from synth.kit.solids import Ellipsoid, Tube, frame_along, unit
from synth.kit.surface import joined, merged, sampled

Vector = NDArray[np.float64]
PROP_VOXEL_M = 0.009


def slab(centre: Vector, axes: Vector, size_m: tuple[float, float, float], colour: Colour, gloss: float = 0.0,
         emission: float = 0.0, bevel_m: float = 0.0) -> Part:  # fmt: skip
    """Return a cuboid of `size_m` along the rows of `axes`; `bevel_m` cuts its upright edges."""
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
    return Part((local @ axes + centre).astype(np.float32), np.array(faces, np.int32), material)


def held(figure: Skeleton, hand: str, prop: str, colour: Colour) -> list[Part]:
    """Return the parts of `prop` in `hand` ("right", "left", "both" or "body") of a posed figure.

    Raises KeyError for a prop that isn't one.
    """
    if hand == "both":
        return _box(figure, colour)
    if hand == "body":
        return {"backpack": _backpack, "shoulder bag": _shoulder_bag}[prop](figure, colour)
    make = {"phone": _phone, "cup": _cup, "tablet": _tablet, "open laptop": _open_laptop,
            "slim laptop": _slim, "folder": _folder, "briefcase": _briefcase}[prop]  # fmt: skip
    return make(figure, hand, colour)


def _grip(figure: Skeleton, hand: str, out_m: float = 0.0, along_m: float = 0.085) -> tuple[Vector, Vector]:
    """Return the point `out_m` off the palm and `along_m` from the wrist, and the hand's frame."""
    frame = figure.frames[f"hand.{hand}"]
    return figure.joints[f"wrist.{hand}"] + along_m * frame[2] + out_m * frame[1], frame


def _phone(figure: Skeleton, hand: str, colour: Colour) -> list[Part]:
    at, frame = _grip(figure, hand, 0.026, 0.10)
    up = unit(frame[2] + 0.15 * frame[0])
    across = unit(np.cross(up, frame[1]))
    axes = np.stack([across, up, np.cross(across, up)])
    inward = frame[1] * np.sign(axes[2] @ frame[1])
    body = slab(at, axes, (0.074, 0.152, 0.010), linear("#17181b"), 0.8, bevel_m=0.012)
    # The lit face looks out of the palm: at the reader, or at the ear.
    screen = slab(at + 0.0055 * inward, axes, (0.066, 0.140, 0.001), linear("#9db8d8"), 0.3, 0.35, 0.008)
    return [body, screen]


def _cup(figure: Skeleton, hand: str, colour: Colour) -> list[Part]:
    at, _ = _grip(figure, hand, 0.042, 0.075)
    up = np.array([0, 0, 1.0])
    front = np.array([0, 1.0, 0])
    low, high = at - 0.055 * up, at + 0.060 * up
    cup = sampled(Tube(low, high, front, [(0, 0.029, 0.029), (1, 0.039, 0.039)], (0.003, 0.003)), 0.006)
    sleeve = sampled(Tube(low + 0.03 * up, low + 0.08 * up, front, [(0, 0.034, 0.034), (1, 0.038, 0.038)], (0.002, 0.002)), 0.006)
    lid = sampled(Tube(high, high + 0.012 * up, front, [(0, 0.042, 0.042), (1, 0.037, 0.037)], (0.004, 0.004)), 0.006)
    return [part_of(cup, linear("#f2efe9")), part_of(sleeve, linear("#8a5a34")), part_of(lid, linear("#26211f"), 0.3)]


def _tablet(figure: Skeleton, hand: str, colour: Colour) -> list[Part]:
    at, frame = _grip(figure, hand, 0.018, 0.13)
    eyes = figure.joints["head"] + 0.08 * figure.frames["head"][1]
    facing = unit(eyes - at)
    across = unit(np.cross(figure.frames["chest"][2], facing))
    axes = np.stack([across, np.cross(facing, across), facing])
    centre = at + 0.05 * axes[1] - SIGN[hand] * 0.05 * figure.frames["chest"][0]
    return [slab(centre, axes, (0.25, 0.175, 0.010), linear("#202226"), 0.6, bevel_m=0.012),
            slab(centre + 0.0056 * facing, axes, (0.228, 0.153, 0.001), linear("#cfdcec"), 0.3, 0.4)]  # fmt: skip


def _open_laptop(figure: Skeleton, hand: str, colour: Colour) -> list[Part]:
    at, _ = _grip(figure, hand, 0.022, 0.08)
    chest = figure.frames["chest"]
    ahead = unit(chest[1] * [1, 1, 0])
    right = np.cross(ahead, [0, 0, 1.0])
    up = np.array([0, 0, 1.0])
    centre = at + 0.01 * up + 0.02 * ahead
    base = slab(centre, np.stack([right, ahead, up]), (0.33, 0.23, 0.014), linear("#b9bcc2"), 0.6, bevel_m=0.01)
    keys = slab(centre + 0.0075 * up + 0.02 * ahead, np.stack([right, ahead, up]), (0.29, 0.12, 0.001), linear("#2b2d31"))
    tilt = unit(up + 0.30 * ahead)
    face = np.cross(right, tilt)
    middle = centre + 0.115 * ahead + 0.115 * tilt
    axes = np.stack([right, tilt, face])
    lid = slab(middle, axes, (0.33, 0.23, 0.008), linear("#b9bcc2"), 0.6, bevel_m=0.01)
    towards = -ahead * 1.0
    screen = slab(middle + 0.005 * face * np.sign(face @ towards), axes, (0.31, 0.20, 0.001), linear("#c4d8ee"), 0.2, 0.5)
    return [base, keys, lid, screen]


def _slim(figure: Skeleton, hand: str, colour: Colour) -> list[Part]:
    at, _ = _grip(figure, hand, 0.020, 0.07)
    chest, sign = figure.frames["chest"], SIGN[hand]
    side = unit(chest[0] * sign + 0.15 * chest[1])
    ahead = np.cross([0, 0, 1.0], side) * sign
    centre = at + np.array([0, 0, 0.09]) - 0.05 * ahead
    return [slab(centre, np.stack([ahead, np.cross(side, ahead), side]), (0.33, 0.235, 0.020), colour, 0.4, bevel_m=0.012)]


def _folder(figure: Skeleton, hand: str, colour: Colour) -> list[Part]:
    at, frame = _grip(figure, hand, 0.022, 0.04)
    chest = figure.frames["chest"]
    tilt = unit(chest[2] + 0.18 * SIGN[hand] * chest[0])
    inward = -chest[1]
    across = np.cross(tilt, inward)
    axes = np.stack([across, tilt, np.cross(across, tilt)])
    paper = slab(at + 0.004 * tilt, axes, (0.215, 0.305, 0.016), linear("#f4f2ec"))
    return [slab(at, axes, (0.235, 0.315, 0.004), colour, 0.2), paper,
            slab(at + 0.010 * inward, axes, (0.235, 0.315, 0.003), colour, 0.2),
            slab(at - 0.010 * inward, axes, (0.235, 0.315, 0.003), colour, 0.2)]  # fmt: skip


def _briefcase(figure: Skeleton, hand: str, colour: Colour) -> list[Part]:
    at, frame = _grip(figure, hand, 0.03, 0.095)
    ahead = unit(figure.frames["chest"][1] * [1, 1, 0])
    up = np.array([0, 0, 1.0])
    axes = np.stack([ahead, up, np.cross(ahead, up)])
    body = slab(at - 0.20 * up, axes, (0.41, 0.29, 0.095), colour, 0.35, bevel_m=0.03)
    flap = slab(at - 0.125 * up, axes, (0.415, 0.14, 0.102), tuple(0.75 * c for c in colour), 0.35, bevel_m=0.02)  # type: ignore[arg-type]
    lock = slab(at - 0.19 * up, axes, (0.035, 0.03, 0.108), (0.5, 0.42, 0.2), 0.8)
    grip = merged(
        [Tube(at + a * ahead + b * up, at + c * ahead + d * up, axes[2], [(0, 0.011, 0.011), (1, 0.011, 0.011)], (0.01, 0.01))
         for a, b, c, d in ((-0.07, -0.06, -0.06, -0.005), (-0.06, -0.005, 0.06, -0.005), (0.06, -0.005, 0.07, -0.06))],
        PROP_VOXEL_M, 0.01,
    )  # fmt: skip
    return [body, flap, lock, part_of(grip, tuple(0.5 * c for c in colour), 0.2)]  # type: ignore[arg-type]


def _box(figure: Skeleton, colour: Colour) -> list[Part]:
    hands = [_grip(figure, side, 0.012, 0.07)[0] for side in SIGN]
    chest = figure.frames["chest"]
    ahead = unit(chest[1] * [1, 1, 0])
    right = np.cross(ahead, [0, 0, 1.0])
    up = np.array([0, 0, 1.0])
    wide = float(np.linalg.norm((hands[0] - hands[1]) @ right))
    centre = np.mean(hands, axis=0) + 0.045 * ahead + 0.075 * up
    axes = np.stack([right, ahead, up])
    card, tape = linear("#b58a58"), linear("#d9c49a")
    parts = [slab(centre, axes, (wide, 0.27, 0.25), card),
             slab(centre + 0.126 * up, axes, (0.05, 0.272, 0.002), tape),
             slab(centre + 0.136 * ahead + 0.09 * up, axes, (0.05, 0.002, 0.07), tape),
             slab(centre + 0.136 * ahead - 0.02 * up + 0.06 * right, axes, (0.09, 0.002, 0.06), linear("#f2f0ea"))]  # fmt: skip
    return parts


def _backpack(figure: Skeleton, colour: Colour) -> list[Part]:
    chest, s, neck = figure.frames["chest"], figure.build.scale, figure.joints["neck"]
    frame = frame_along(chest[2], chest[1])
    low, high = (neck + s * (-0.21 * chest[1] + z * chest[2]) for z in (-0.50, -0.09))
    pack = sampled(Tube(low, high, chest[1], [(0, 0.15 * s, 0.085 * s), (0.6, 0.15 * s, 0.09 * s), (1, 0.11 * s, 0.055 * s)],
                        (0.04, 0.05)), PROP_VOXEL_M, 0.04)  # fmt: skip
    pouch = Ellipsoid(neck + s * (-0.295 * chest[1] - 0.38 * chest[2]), (0.11 * s, 0.045 * s, 0.10 * s), frame)
    pack = joined(pack, sampled(pouch, PROP_VOXEL_M, 0.02), 0.01)
    parts = [part_of(pack, colour, 0.15)]
    dark = tuple(0.55 * c for c in colour)
    for sign in SIGN.values():
        way = [(0.10, -0.13, -0.07), (0.098, -0.03, 0.030), (0.096, 0.075, -0.045), (0.105, 0.128, -0.17), (0.125, 0.115, -0.29),
               (0.165, 0.02, -0.37), (0.13, -0.13, -0.40)]  # fmt: skip
        parts.append(_strap(figure, [(sign * x, y, z) for x, y, z in way], dark, 0.017))  # type: ignore[arg-type]
    return parts


def _shoulder_bag(figure: Skeleton, colour: Colour) -> list[Part]:
    chest, s, root = figure.frames["chest"], figure.build.scale, figure.joints["root"]
    pelvis = figure.frames["pelvis"]
    centre = root + s * (0.245 * pelvis[0] + 0.02 * pelvis[1] + 0.0 * pelvis[2])
    axes = np.stack([pelvis[1], pelvis[2], np.cross(pelvis[1], pelvis[2])])
    dark = tuple(0.55 * c for c in colour)
    body = slab(centre, axes, (0.32, 0.25, 0.09), colour, 0.3, bevel_m=0.035)
    flap = slab(centre + 0.055 * pelvis[2], axes, (0.325, 0.145, 0.098), tuple(0.8 * c for c in colour), 0.3, bevel_m=0.02)  # type: ignore[arg-type]
    way = [(0.24, 0.06, -0.42), (0.13, 0.135, -0.30), (0.03, 0.150, -0.20), (-0.06, 0.13, -0.10), (-0.105, 0.05, 0.0),
           (-0.10, -0.04, 0.02), (-0.04, -0.125, -0.12), (0.10, -0.13, -0.28), (0.24, -0.06, -0.42)]  # fmt: skip
    del chest
    return [body, flap, _strap(figure, way, dark, 0.015)]  # type: ignore[arg-type]


def _strap(figure: Skeleton, way: list[tuple[float, float, float]], colour: Colour, half_width_m: float) -> Part:
    """Return a band through points given in the chest's frame from the neck, at the reference stature."""
    chest, s, wide = figure.frames["chest"], figure.build.scale, 1 + 0.75 * (figure.build.girth - 1)
    knots = np.array([[x, y * wide + 0.015 * np.sign(y), z + 0.004] for x, y, z in way]) * s @ chest + figure.joints["neck"]
    points = _curve(knots, 6)
    ahead = np.gradient(points, axis=0)
    high, forward = (points - figure.joints["neck"]) @ chest[2], (points - figure.joints["neck"]) @ chest[1]
    outward = np.where(high[:, None] > -0.03, chest[2], chest[1] * np.sign(forward)[:, None])
    across = np.cross(ahead, outward)
    across /= np.linalg.norm(across, axis=1, keepdims=True)
    thick = np.cross(across, ahead)
    thick /= np.linalg.norm(thick, axis=1, keepdims=True)
    corners = [points + i * half_width_m * across + j * 0.004 * thick for i, j in ((-1, -1), (1, -1), (1, 1), (-1, 1))]
    vertices = np.stack(corners, axis=1).reshape(-1, 3)
    quads = [(4 * n + i, 4 * n + (i + 1) % 4, 4 * n + 4 + (i + 1) % 4, 4 * n + 4 + i) for n in range(len(points) - 1) for i in range(4)]
    faces = np.array([f for a, b, c, d in quads for f in ((a, b, c), (a, c, d))], np.int32)
    return Part(vertices.astype(np.float32), faces, Material(colour))


def _curve(knots: Vector, steps: int) -> Vector:
    """Return points on the Catmull-Rom spline through `knots` (n, 3)."""
    padded = np.concatenate([2 * knots[:1] - knots[1:2], knots, 2 * knots[-1:] - knots[-2:-1]])
    t = np.linspace(0, 1, steps, endpoint=False)[:, None]
    pieces = []
    for a, b, c, d in zip(padded, padded[1:], padded[2:], padded[3:], strict=False):
        pieces.append(0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - 3 * c + d - a) * t**3))
    return np.concatenate([*pieces, knots[-1:]])
