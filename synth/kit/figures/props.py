"""Props that people hold: phone, cup, laptop, tablet, folder, box; bags come from `bags`."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from bgfg.synth.kit.figures.bags import backpack, bevelled_box, briefcase, grip_point, shoulder_bag
from bgfg.synth.kit.figures.fabrics import hex_to_linear
from bgfg.synth.kit.figures.skeleton import SIDE_SIGN, Skeleton
from bgfg.synth.kit.render.scene import LinearRGB, Mesh
from bgfg.synth.kit.render.sdf_fields import field_mesh, sample_solid
from bgfg.synth.kit.render.sdf_primitives import Tube
from bgfg.synth.kit.render.vectors import normalise


def prop_meshes(skeleton: Skeleton, hand: str, prop: str, colour: LinearRGB) -> list[Mesh]:
    """Return the meshes of `prop` in the hand of a posed figure.

    Args:
        skeleton: Who holds it.
        hand: "right", "left" or "both"; for bags the side they hang on.
        prop: One of PROP_MAKERS.
        colour: Of a bag, a folder or a slim laptop; the other props have colours of their own.

    Raises:
        KeyError: There is no such prop.
    """
    return PROP_MAKERS[prop](skeleton, hand, colour)


def _phone(skeleton: Skeleton, hand: str, colour: LinearRGB) -> list[Mesh]:
    at, frame = grip_point(skeleton, hand, 0.026, 0.10)
    up = normalise(frame[2] + 0.15 * frame[0])
    across = normalise(np.cross(up, frame[1]))
    axes = np.stack([across, up, np.cross(across, up)])
    inward = frame[1] * np.sign(axes[2] @ frame[1])
    body = bevelled_box(at, axes, (0.074, 0.152, 0.010), hex_to_linear("#17181b"), 0.8, bevel_m=0.012)
    # The lit face looks out of the palm: at the reader, or at the ear.
    screen = bevelled_box(at + 0.0055 * inward, axes, (0.066, 0.140, 0.001), hex_to_linear("#9db8d8"), 0.3, 0.35, 0.008)
    return [body, screen]


def _cup(skeleton: Skeleton, hand: str, colour: LinearRGB) -> list[Mesh]:
    at, _ = grip_point(skeleton, hand, 0.042, 0.075)
    up = np.array([0, 0, 1.0])
    front = np.array([0, 1.0, 0])
    low, high = at - 0.055 * up, at + 0.060 * up
    cup = sample_solid(Tube(low, high, front, [(0, 0.029, 0.029), (1, 0.039, 0.039)], (0.003, 0.003)), 0.006)
    sleeve = sample_solid(
        Tube(low + 0.03 * up, low + 0.08 * up, front, [(0, 0.034, 0.034), (1, 0.038, 0.038)], (0.002, 0.002)), 0.006
    )
    lid = sample_solid(
        Tube(high, high + 0.012 * up, front, [(0, 0.042, 0.042), (1, 0.037, 0.037)], (0.004, 0.004)), 0.006
    )
    return [
        field_mesh(cup, hex_to_linear("#f2efe9")),
        field_mesh(sleeve, hex_to_linear("#8a5a34")),
        field_mesh(lid, hex_to_linear("#26211f"), 0.3),
    ]


def _tablet(skeleton: Skeleton, hand: str, colour: LinearRGB) -> list[Mesh]:
    at, _ = grip_point(skeleton, hand, 0.018, 0.13)
    eyes = skeleton.joints["head"] + 0.08 * skeleton.frames["head"][1]
    facing = normalise(eyes - at)
    across = normalise(np.cross(skeleton.frames["chest"][2], facing))
    axes = np.stack([across, np.cross(facing, across), facing])
    centre = at + 0.05 * axes[1] - SIDE_SIGN[hand] * 0.05 * skeleton.frames["chest"][0]
    return [
        bevelled_box(centre, axes, (0.25, 0.175, 0.010), hex_to_linear("#202226"), 0.6, bevel_m=0.012),
        bevelled_box(centre + 0.0056 * facing, axes, (0.228, 0.153, 0.001), hex_to_linear("#cfdcec"), 0.3, 0.4),
    ]


def _open_laptop(skeleton: Skeleton, hand: str, colour: LinearRGB) -> list[Mesh]:
    at, _ = grip_point(skeleton, hand, 0.022, 0.08)
    chest = skeleton.frames["chest"]
    ahead = normalise(chest[1] * [1, 1, 0])
    right = np.cross(ahead, [0, 0, 1.0])
    up = np.array([0, 0, 1.0])
    centre = at + 0.01 * up + 0.02 * ahead
    base = bevelled_box(
        centre, np.stack([right, ahead, up]), (0.33, 0.23, 0.014), hex_to_linear("#b9bcc2"), 0.6, bevel_m=0.01
    )
    keys = bevelled_box(
        centre + 0.0075 * up + 0.02 * ahead, np.stack([right, ahead, up]), (0.29, 0.12, 0.001), hex_to_linear("#2b2d31")
    )
    tilt = normalise(up + 0.30 * ahead)
    face = np.cross(right, tilt)
    middle = centre + 0.115 * ahead + 0.115 * tilt
    axes = np.stack([right, tilt, face])
    lid = bevelled_box(middle, axes, (0.33, 0.23, 0.008), hex_to_linear("#b9bcc2"), 0.6, bevel_m=0.01)
    towards = -ahead * 1.0
    screen = bevelled_box(
        middle + 0.005 * face * np.sign(face @ towards), axes, (0.31, 0.20, 0.001), hex_to_linear("#c4d8ee"), 0.2, 0.5
    )
    return [base, keys, lid, screen]


def _slim(skeleton: Skeleton, hand: str, colour: LinearRGB) -> list[Mesh]:
    at, _ = grip_point(skeleton, hand, 0.020, 0.07)
    chest, sign = skeleton.frames["chest"], SIDE_SIGN[hand]
    side = normalise(chest[0] * sign + 0.15 * chest[1])
    ahead = np.cross([0, 0, 1.0], side) * sign
    centre = at + np.array([0, 0, 0.09]) - 0.05 * ahead
    return [
        bevelled_box(
            centre, np.stack([ahead, np.cross(side, ahead), side]), (0.33, 0.235, 0.020), colour, 0.4, bevel_m=0.012
        )
    ]


def _folder(skeleton: Skeleton, hand: str, colour: LinearRGB) -> list[Mesh]:
    at, _ = grip_point(skeleton, hand, 0.022, 0.04)
    chest = skeleton.frames["chest"]
    tilt = normalise(chest[2] + 0.18 * SIDE_SIGN[hand] * chest[0])
    inward = -chest[1]
    across = np.cross(tilt, inward)
    axes = np.stack([across, tilt, np.cross(across, tilt)])
    paper = bevelled_box(at + 0.004 * tilt, axes, (0.215, 0.305, 0.016), hex_to_linear("#f4f2ec"))
    return [
        bevelled_box(at, axes, (0.235, 0.315, 0.004), colour, 0.2),
        paper,
        bevelled_box(at + 0.010 * inward, axes, (0.235, 0.315, 0.003), colour, 0.2),
        bevelled_box(at - 0.010 * inward, axes, (0.235, 0.315, 0.003), colour, 0.2),
    ]


def _box(skeleton: Skeleton, hand: str, colour: LinearRGB) -> list[Mesh]:
    hands = [grip_point(skeleton, side, 0.012, 0.07)[0] for side in SIDE_SIGN]
    chest = skeleton.frames["chest"]
    ahead = normalise(chest[1] * [1, 1, 0])
    right = np.cross(ahead, [0, 0, 1.0])
    up = np.array([0, 0, 1.0])
    wide = float(np.linalg.norm((hands[0] - hands[1]) @ right))
    centre = np.mean(hands, axis=0) + 0.045 * ahead + 0.075 * up
    axes = np.stack([right, ahead, up])
    card, tape = hex_to_linear("#b58a58"), hex_to_linear("#d9c49a")
    return [
        bevelled_box(centre, axes, (wide, 0.27, 0.25), card),
        bevelled_box(centre + 0.126 * up, axes, (0.05, 0.272, 0.002), tape),
        bevelled_box(centre + 0.136 * ahead + 0.09 * up, axes, (0.05, 0.002, 0.07), tape),
        bevelled_box(
            centre + 0.136 * ahead - 0.02 * up + 0.06 * right, axes, (0.09, 0.002, 0.06), hex_to_linear("#f2f0ea")
        ),
    ]


PROP_MAKERS: dict[str, Callable[[Skeleton, str, LinearRGB], list[Mesh]]] = {
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
