"""Named postures of people at work, each with variation of its own; alone and in pairs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from bgfg.synth.kit.figures.figure import Foot, Hand, Pose

Triple = tuple[float, float, float]
Dice = np.random.Generator

RELAXED = Hand()
FIST = Hand(at=(0.10, 0.03, -0.52), curl=0.9)
ON_HIP = Hand("pelvis", (0.235, -0.015, 0.155), (1.0, -0.45, 0.1), (-0.55, 0.75, -0.45), (-0.6, -0.5, 0.1), 0.3)
IN_POCKET = Hand("pelvis", (0.192, 0.035, 0.06), (0.8, -1.0, 0.0), (-0.22, 0.25, -1.0), (-1.0, 0.1, 0.0), 0.2)
OUTER_FORE = Hand("chest", (-0.075, 0.235, -0.285), (0.7, 0.1, -1.0), (-1.0, -0.25, 0.22), (0.1, -1.0, 0.0), 0.25)
INNER_FORE = Hand("chest", (-0.045, 0.185, -0.325), (0.7, 0.1, -1.0), (-1.0, 0.05, 0.25), (0.0, -1.0, 0.0), 0.3)
CLASPED_OVER = Hand("chest", (0.05, 0.19, -0.50), (0.8, -0.5, -0.4), (-0.8, 0.25, -0.6), (-0.2, -1.0, -0.2), 0.5)
CLASPED_UNDER = Hand("chest", (0.055, 0.165, -0.515), (0.8, -0.5, -0.4), (-0.8, 0.2, -0.6), (-0.2, -1.0, 0.2), 0.6)
BEHIND = Hand("pelvis", (0.05, -0.19, 0.07), (1.0, -0.6, 0.0), (-0.9, -0.1, -0.45), (0.0, -1.0, 0.0), 0.5)
AT_EAR = Hand("head", (0.128, 0.06, -0.125), (0.30, 0.65, -1.0), (-0.2, -0.32, 1.0), (-1.0, 0.0, -0.2), 0.55)
AT_CHIN = Hand("head", (0.045, 0.135, -0.20), (0.3, 0.3, -1.0), (-0.25, -0.3, 1.0), (-0.3, -1.0, -0.2), 0.85)
READING = Hand("chest", (0.06, 0.30, -0.27), (0.5, -0.4, -1.0), (-0.25, 0.45, 0.85), (-0.15, -0.85, 0.5), 0.45)
HOLDING_TABLET = replace(READING, at=(0.05, 0.28, -0.32))
TAPPING = Hand("chest", (0.02, 0.30, -0.27), (0.6, -0.3, -1.0), (-0.75, 0.35, 0.45), (-0.25, 0.6, -0.6), 0.4)
OFFERING = Hand("shoulder", (0.06, 0.32, -0.21), (0.5, -0.5, -1.0), (0.25, 1.0, 0.25), (-0.35, -0.2, 1.0), 0.15)
HELD_OUT = Hand("chest", (0.165, 0.33, -0.42), (0.6, -0.6, -1.0), (-0.35, 1.0, -0.05), (-1.0, -0.2, 0.45), 0.3)
SIPPING = Hand("chest", (0.13, 0.27, -0.24), (0.6, -0.4, -1.0), (-0.55, 0.75, 0.15), (-0.8, -0.6, 0.0), 0.75)
HUGGING = Hand("chest", (0.0, 0.215, -0.30), (0.7, -0.2, -1.0), (-1.0, 0.05, 0.35), (-0.1, -1.0, 0.0), 0.35)
ON_PALM = Hand("chest", (0.02, 0.27, -0.30), (0.6, -0.4, -1.0), (-0.55, 0.8, 0.05), (0.0, -0.1, 1.0), 0.1)
TYPING = Hand("chest", (0.10, 0.25, -0.20), (0.8, -0.5, -0.8), (-0.55, 0.85, -0.25), (0.0, 0.0, -1.0), 0.35)
UNDER_ARM = Hand("shoulder", (0.05, 0.13, -0.47), (0.5, -1.0, 0.0), (-0.25, 0.5, -0.8), (-1.0, 0.0, 0.1), 0.45)
POINTING = Hand("shoulder", (0.22, 0.36, -0.03), (0.5, -0.4, -1.0), (0.45, 0.85, 0.2), (-0.3, 0.0, 1.0), 0.2)
WAVING = Hand("shoulder", (0.20, 0.14, 0.16), (0.9, 0.0, -1.0), (0.15, 0.1, 1.0), (0.0, 1.0, 0.0), 0.1)
SHAKING = Hand("shoulder", (-0.165, 0.375, -0.25), (0.6, -0.4, -1.0), (-0.1, 1.0, 0.02), (-1.0, 0.0, 0.05), 0.45)
ON_STRAP = Hand("chest", (0.11, 0.155, -0.20), (0.6, -0.3, -1.0), (-0.2, 0.1, 1.0), (-0.2, -1.0, 0.0), 0.85)


def standing(dice: Dice, name: str, right: Hand, left: Hand, *props: tuple[str, str]) -> Pose:
    """Return a posture on both feet with the weight on one of them and the head a little astray."""
    load = dice.choice([-1.0, 1.0]) * dice.uniform(0.2, 1.0)
    wide = dice.uniform(0.07, 0.18)
    free = Foot(wide + 0.03, dice.uniform(-0.02, 0.12), 0, dice.uniform(10, 30))
    loaded = Foot(wide - 0.01, dice.uniform(-0.04, 0.02), 0, dice.uniform(2, 15))
    return Pose(
        name,
        feet=(loaded, free) if load > 0 else (free, loaded),
        hands=(_varied(dice, right), _varied(dice, left)),
        drop=0.004 + 0.012 * abs(load),
        shift=0.035 * load,
        lean_deg=dice.uniform(-3, 4),
        bend_deg=-3.5 * load + dice.uniform(-1, 1),
        twist_deg=dice.uniform(-9, 9),
        hips_turn_deg=dice.uniform(-5, 5),
        sway_deg=-3.5 * load,
        head_turn_deg=dice.uniform(-25, 25),
        head_nod_deg=dice.uniform(-4, 8),
        head_roll_deg=dice.uniform(-5, 5),
        props=props,
    )


def walking(dice: Dice, name: str, right: Hand | None, left: Hand | None, *props: tuple[str, str]) -> Pose:
    """Return a moment of a step, the right foot ahead; a hand of None swings against the leg of its side."""
    phase, stride = dice.choice(3), dice.uniform(0.85, 1.12)
    ahead, behind, swing, drop = (
        (Foot(0.05, 0.33 * stride, 0, 6, -20), Foot(0.06, -0.36 * stride, 0, 8, 40), 0.22, 0.03),
        (Foot(0.05, 0.20 * stride, 0, 6, 0), Foot(0.06, -0.40 * stride, 0.01, 8, 55), 0.19, 0.02),
        (Foot(0.05, 0.30 * stride, 0.05, 6, -8), Foot(0.05, -0.22 * stride, 0, 7, 18), 0.14, 0.015),
    )[phase]
    swing *= dice.uniform(0.7, 1.2)
    fore = Hand(at=(0.075, swing, -0.48), elbow=(0.25, -1, -0.1), fingers=(-0.15, 0.45, -0.9), curl=0.5)
    aft = Hand(at=(0.10, -swing, -0.49), elbow=(0.3, -1, 0), fingers=(-0.1, -0.25, -1), curl=0.5)
    return Pose(
        name,
        feet=(ahead, behind),
        hands=(_varied(dice, right or aft), _varied(dice, left or fore)),
        drop=drop,
        lean_deg=dice.uniform(1, 6),
        twist_deg=-dice.uniform(5, 11),
        hips_turn_deg=dice.uniform(4, 8),
        head_turn_deg=dice.uniform(-12, 12),
        head_nod_deg=dice.uniform(-3, 6),
        props=props,
    )


def _varied(dice: Dice, hand: Hand) -> Hand:
    at = np.asarray(hand.at) + dice.uniform(-0.012, 0.012, 3)
    pole = np.asarray(hand.elbow) + dice.uniform(-0.12, 0.12, 3)
    return replace(hand, at=tuple(at.tolist()), elbow=tuple(pole.tolist()))


def mirrored(pose: Pose) -> Pose:
    """Return the posture as a mirror shows it."""
    other = {"right": "left", "left": "right", "both": "both"}
    angles = ("shift", "bend_deg", "twist_deg", "hips_turn_deg", "sway_deg", "head_turn_deg", "head_roll_deg")
    return replace(
        pose,
        feet=pose.feet[::-1],
        hands=pose.hands[::-1],
        props=tuple((other[hand], prop) for hand, prop in pose.props),
        **{name: -getattr(pose, name) for name in angles},
    )


def _gazing(pose: Pose, turn: float, nod: float) -> Pose:
    return replace(pose, head_turn_deg=turn, head_nod_deg=nod)


SOLO: dict[str, Callable[[Dice], Pose]] = {
    "relaxed": lambda d: standing(d, "relaxed", RELAXED, RELAXED),
    "walking": lambda d: walking(d, "walking", None, None),
    "phoning": lambda d: standing(d, "phoning", AT_EAR, RELAXED, ("right", "phone")),
    "arms crossed": lambda d: standing(d, "arms crossed", OUTER_FORE, INNER_FORE),
    "carrying a box": lambda d: standing(d, "carrying a box", HELD_OUT, HELD_OUT, ("both", "box")),
    "talking": lambda d: standing(d, "talking", OFFERING, RELAXED),
    "walking with a briefcase": lambda d: walking(d, "walking with a briefcase", None, FIST, ("left", "briefcase")),
    "hand on hip": lambda d: standing(d, "hand on hip", ON_HIP, RELAXED),
    "reading a phone": lambda d: _gazing(
        standing(d, "reading a phone", READING, RELAXED, ("right", "phone")), -6, d.uniform(20, 30)
    ),
    "holding a cup": lambda d: standing(d, "holding a cup", SIPPING, IN_POCKET, ("right", "cup")),
    "hugging a folder": lambda d: standing(d, "hugging a folder", HUGGING, RELAXED, ("right", "folder")),
    "walking and phoning": lambda d: walking(d, "walking and phoning", AT_EAR, None, ("right", "phone")),
    "explaining": lambda d: standing(d, "explaining", OFFERING, OFFERING),
    "laptop on the arm": lambda d: _gazing(
        standing(d, "laptop on the arm", TYPING, ON_PALM, ("left", "open laptop")), 4, d.uniform(16, 26)
    ),
    "hand in pocket": lambda d: standing(d, "hand in pocket", IN_POCKET, RELAXED),
    "walking with a backpack": lambda d: walking(d, "walking with a backpack", ON_STRAP, None, ("both", "backpack")),
    "hands clasped": lambda d: standing(d, "hands clasped", CLASPED_OVER, CLASPED_UNDER),
    "folder under the arm": lambda d: standing(d, "folder under the arm", RELAXED, UNDER_ARM, ("left", "slim laptop")),
    "thinking": lambda d: standing(d, "thinking", AT_CHIN, INNER_FORE),
    "walking with a cup": lambda d: walking(d, "walking with a cup", SIPPING, None, ("right", "cup")),
    "tablet": lambda d: _gazing(
        standing(d, "tablet", TAPPING, HOLDING_TABLET, ("left", "tablet")), 5, d.uniform(20, 28)
    ),
    "hands on hips": lambda d: standing(d, "hands on hips", ON_HIP, ON_HIP),
    "walking with a box": lambda d: walking(d, "walking with a box", HELD_OUT, HELD_OUT, ("both", "box")),
    "pointing": lambda d: standing(d, "pointing", POINTING, IN_POCKET),
    "hands behind": lambda d: standing(d, "hands behind", BEHIND, BEHIND),
    "shoulder bag": lambda d: walking(d, "shoulder bag", None, ON_STRAP, ("right", "shoulder bag")),
    "waving": lambda d: standing(d, "waving", WAVING, RELAXED),
    "standing with a backpack": lambda d: standing(d, "standing with a backpack", ON_STRAP, ON_STRAP,
                                                   ("both", "backpack")),
}  # fmt: skip
"""Postures of one person, each drawn with dice; defined right-handed."""

FRONTAL = frozenset(
    {"arms crossed", "reading a phone", "hugging a folder", "laptop on the arm", "hands clasped", "thinking", "tablet"}
    | {"holding a cup", "carrying a box", "walking with a box", "walking with a cup", "explaining"}
)
"""Postures that nobody could read from behind."""

PAIRS: dict[str, tuple[Callable[[Dice], Pose], Callable[[Dice], Pose], float, float]] = {
    "talk": (SOLO["talking"], SOLO["arms crossed"], 0.86, 58),
    "handshake": (
        lambda d: replace(standing(d, "handshake", SHAKING, RELAXED), twist_deg=0, hips_turn_deg=0, lean_deg=4),
        lambda d: replace(standing(d, "handshake", SHAKING, RELAXED), twist_deg=0, hips_turn_deg=0, lean_deg=4),
        0.93,
        90,
    ),
    "walk together": (SOLO["walking"], SOLO["walking with a briefcase"], 0.66, -4),
    "look at a tablet": (SOLO["tablet"], SOLO["hands clasped"], 0.56, 22),
    "coffee": (SOLO["holding a cup"], SOLO["holding a cup"], 0.80, 55),
    "explain a folder": (SOLO["hugging a folder"], SOLO["explaining"], 0.84, 62),
    "walk and talk": (SOLO["walking with a cup"], SOLO["shoulder bag"], 0.68, 8),
    "back and talk": (SOLO["hand on hip"], SOLO["talking"], 0.80, 48),
}
"""Two people: their postures, their distance in metres, and how far each turns towards the other, in degrees."""
