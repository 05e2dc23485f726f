"""What people hold: phone, cup, laptop, tablet, folder, box; bags come from `bags`."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from bgfg.synth.kit.figures.bags import backpack, briefcase, grip, shoulder_bag, slab
from bgfg.synth.kit.figures.clothes import part_of
from bgfg.synth.kit.figures.fabrics import linear
from bgfg.synth.kit.figures.figure import SIGN, Skeleton
from bgfg.synth.kit.render.scene import Colour, Part
from bgfg.synth.kit.render.solids import Tube, unit
from bgfg.synth.kit.render.surface import sampled


def held(figure: Skeleton, hand: str, prop: str, colour: Colour) -> list[Part]:
    """Return the parts of `prop` in `hand` ("right", "left", "both"; for bags the side they hang on) of a posed figure.

    Raises KeyError for a prop that isn't one.
    """
    return MAKERS[prop](figure, hand, colour)


def _phone(figure: Skeleton, hand: str, colour: Colour) -> list[Part]:
    at, frame = grip(figure, hand, 0.026, 0.10)
    up = unit(frame[2] + 0.15 * frame[0])
    across = unit(np.cross(up, frame[1]))
    axes = np.stack([across, up, np.cross(across, up)])
    inward = frame[1] * np.sign(axes[2] @ frame[1])
    body = slab(at, axes, (0.074, 0.152, 0.010), linear("#17181b"), 0.8, bevel_m=0.012)
    # The lit face looks out of the palm: at the reader, or at the ear.
    screen = slab(at + 0.0055 * inward, axes, (0.066, 0.140, 0.001), linear("#9db8d8"), 0.3, 0.35, 0.008)
    return [body, screen]


def _cup(figure: Skeleton, hand: str, colour: Colour) -> list[Part]:
    at, _ = grip(figure, hand, 0.042, 0.075)
    up = np.array([0, 0, 1.0])
    front = np.array([0, 1.0, 0])
    low, high = at - 0.055 * up, at + 0.060 * up
    cup = sampled(Tube(low, high, front, [(0, 0.029, 0.029), (1, 0.039, 0.039)], (0.003, 0.003)), 0.006)
    sleeve = sampled(
        Tube(low + 0.03 * up, low + 0.08 * up, front, [(0, 0.034, 0.034), (1, 0.038, 0.038)], (0.002, 0.002)), 0.006
    )
    lid = sampled(Tube(high, high + 0.012 * up, front, [(0, 0.042, 0.042), (1, 0.037, 0.037)], (0.004, 0.004)), 0.006)
    return [part_of(cup, linear("#f2efe9")), part_of(sleeve, linear("#8a5a34")), part_of(lid, linear("#26211f"), 0.3)]


def _tablet(figure: Skeleton, hand: str, colour: Colour) -> list[Part]:
    at, _ = grip(figure, hand, 0.018, 0.13)
    eyes = figure.joints["head"] + 0.08 * figure.frames["head"][1]
    facing = unit(eyes - at)
    across = unit(np.cross(figure.frames["chest"][2], facing))
    axes = np.stack([across, np.cross(facing, across), facing])
    centre = at + 0.05 * axes[1] - SIGN[hand] * 0.05 * figure.frames["chest"][0]
    return [
        slab(centre, axes, (0.25, 0.175, 0.010), linear("#202226"), 0.6, bevel_m=0.012),
        slab(centre + 0.0056 * facing, axes, (0.228, 0.153, 0.001), linear("#cfdcec"), 0.3, 0.4),
    ]


def _open_laptop(figure: Skeleton, hand: str, colour: Colour) -> list[Part]:
    at, _ = grip(figure, hand, 0.022, 0.08)
    chest = figure.frames["chest"]
    ahead = unit(chest[1] * [1, 1, 0])
    right = np.cross(ahead, [0, 0, 1.0])
    up = np.array([0, 0, 1.0])
    centre = at + 0.01 * up + 0.02 * ahead
    base = slab(centre, np.stack([right, ahead, up]), (0.33, 0.23, 0.014), linear("#b9bcc2"), 0.6, bevel_m=0.01)
    keys = slab(
        centre + 0.0075 * up + 0.02 * ahead, np.stack([right, ahead, up]), (0.29, 0.12, 0.001), linear("#2b2d31")
    )
    tilt = unit(up + 0.30 * ahead)
    face = np.cross(right, tilt)
    middle = centre + 0.115 * ahead + 0.115 * tilt
    axes = np.stack([right, tilt, face])
    lid = slab(middle, axes, (0.33, 0.23, 0.008), linear("#b9bcc2"), 0.6, bevel_m=0.01)
    towards = -ahead * 1.0
    screen = slab(
        middle + 0.005 * face * np.sign(face @ towards), axes, (0.31, 0.20, 0.001), linear("#c4d8ee"), 0.2, 0.5
    )
    return [base, keys, lid, screen]


def _slim(figure: Skeleton, hand: str, colour: Colour) -> list[Part]:
    at, _ = grip(figure, hand, 0.020, 0.07)
    chest, sign = figure.frames["chest"], SIGN[hand]
    side = unit(chest[0] * sign + 0.15 * chest[1])
    ahead = np.cross([0, 0, 1.0], side) * sign
    centre = at + np.array([0, 0, 0.09]) - 0.05 * ahead
    return [
        slab(centre, np.stack([ahead, np.cross(side, ahead), side]), (0.33, 0.235, 0.020), colour, 0.4, bevel_m=0.012)
    ]


def _folder(figure: Skeleton, hand: str, colour: Colour) -> list[Part]:
    at, _ = grip(figure, hand, 0.022, 0.04)
    chest = figure.frames["chest"]
    tilt = unit(chest[2] + 0.18 * SIGN[hand] * chest[0])
    inward = -chest[1]
    across = np.cross(tilt, inward)
    axes = np.stack([across, tilt, np.cross(across, tilt)])
    paper = slab(at + 0.004 * tilt, axes, (0.215, 0.305, 0.016), linear("#f4f2ec"))
    return [
        slab(at, axes, (0.235, 0.315, 0.004), colour, 0.2),
        paper,
        slab(at + 0.010 * inward, axes, (0.235, 0.315, 0.003), colour, 0.2),
        slab(at - 0.010 * inward, axes, (0.235, 0.315, 0.003), colour, 0.2),
    ]


def _box(figure: Skeleton, hand: str, colour: Colour) -> list[Part]:
    hands = [grip(figure, side, 0.012, 0.07)[0] for side in SIGN]
    chest = figure.frames["chest"]
    ahead = unit(chest[1] * [1, 1, 0])
    right = np.cross(ahead, [0, 0, 1.0])
    up = np.array([0, 0, 1.0])
    wide = float(np.linalg.norm((hands[0] - hands[1]) @ right))
    centre = np.mean(hands, axis=0) + 0.045 * ahead + 0.075 * up
    axes = np.stack([right, ahead, up])
    card, tape = linear("#b58a58"), linear("#d9c49a")
    return [
        slab(centre, axes, (wide, 0.27, 0.25), card),
        slab(centre + 0.126 * up, axes, (0.05, 0.272, 0.002), tape),
        slab(centre + 0.136 * ahead + 0.09 * up, axes, (0.05, 0.002, 0.07), tape),
        slab(centre + 0.136 * ahead - 0.02 * up + 0.06 * right, axes, (0.09, 0.002, 0.06), linear("#f2f0ea")),
    ]


MAKERS: dict[str, Callable[[Skeleton, str, Colour], list[Part]]] = {
    "phone": _phone,
    "cup": _cup,
    "tablet": _tablet,
    "open laptop": _open_laptop,
    "slim laptop": _slim,
    "folder": _folder,
    "box": _box,
    "briefcase": briefcase,
    "backpack": backpack,
    "shoulder bag": shoulder_bag,
}
