"""Named poses of people at work, each with variation of its own; alone and in pairs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from bgfg.synth.kit.figures.skeleton import FootPlacement, HandPlacement, Pose

RELAXED = HandPlacement()
FIST = HandPlacement(position=(0.10, 0.03, -0.52), curl=0.9)
ON_HIP = HandPlacement(
    "pelvis", (0.235, -0.015, 0.155), (1.0, -0.45, 0.1), (-0.55, 0.75, -0.45), (-0.6, -0.5, 0.1), 0.3
)
IN_POCKET = HandPlacement("pelvis", (0.192, 0.035, 0.06), (0.8, -1.0, 0.0), (-0.22, 0.25, -1.0), (-1.0, 0.1, 0.0), 0.2)
OUTER_FORE = HandPlacement(
    "chest", (-0.075, 0.235, -0.285), (0.7, 0.1, -1.0), (-1.0, -0.25, 0.22), (0.1, -1.0, 0.0), 0.25
)
INNER_FORE = HandPlacement(
    "chest", (-0.045, 0.185, -0.325), (0.7, 0.1, -1.0), (-1.0, 0.05, 0.25), (0.0, -1.0, 0.0), 0.3
)
CLASPED_OVER = HandPlacement(
    "chest", (0.05, 0.19, -0.50), (0.8, -0.5, -0.4), (-0.8, 0.25, -0.6), (-0.2, -1.0, -0.2), 0.5
)
CLASPED_UNDER = HandPlacement(
    "chest", (0.055, 0.165, -0.515), (0.8, -0.5, -0.4), (-0.8, 0.2, -0.6), (-0.2, -1.0, 0.2), 0.6
)
BEHIND = HandPlacement("pelvis", (0.05, -0.19, 0.07), (1.0, -0.6, 0.0), (-0.9, -0.1, -0.45), (0.0, -1.0, 0.0), 0.5)
AT_EAR = HandPlacement("head", (0.128, 0.06, -0.125), (0.30, 0.65, -1.0), (-0.2, -0.32, 1.0), (-1.0, 0.0, -0.2), 0.55)
AT_CHIN = HandPlacement("head", (0.045, 0.135, -0.20), (0.3, 0.3, -1.0), (-0.25, -0.3, 1.0), (-0.3, -1.0, -0.2), 0.85)
READING = HandPlacement("chest", (0.06, 0.30, -0.27), (0.5, -0.4, -1.0), (-0.25, 0.45, 0.85), (-0.15, -0.85, 0.5), 0.45)
HOLDING_TABLET = replace(READING, position=(0.05, 0.28, -0.32))
TAPPING = HandPlacement("chest", (0.02, 0.30, -0.27), (0.6, -0.3, -1.0), (-0.75, 0.35, 0.45), (-0.25, 0.6, -0.6), 0.4)
OFFERING = HandPlacement(
    "shoulder", (0.06, 0.32, -0.21), (0.5, -0.5, -1.0), (0.25, 1.0, 0.25), (-0.35, -0.2, 1.0), 0.15
)
HELD_OUT = HandPlacement("chest", (0.165, 0.33, -0.42), (0.6, -0.6, -1.0), (-0.35, 1.0, -0.05), (-1.0, -0.2, 0.45), 0.3)
SIPPING = HandPlacement("chest", (0.13, 0.27, -0.24), (0.6, -0.4, -1.0), (-0.55, 0.75, 0.15), (-0.8, -0.6, 0.0), 0.75)
HUGGING = HandPlacement("chest", (0.0, 0.215, -0.30), (0.7, -0.2, -1.0), (-1.0, 0.05, 0.35), (-0.1, -1.0, 0.0), 0.35)
ON_PALM = HandPlacement("chest", (0.02, 0.27, -0.30), (0.6, -0.4, -1.0), (-0.55, 0.8, 0.05), (0.0, -0.1, 1.0), 0.1)
TYPING = HandPlacement("chest", (0.10, 0.25, -0.20), (0.8, -0.5, -0.8), (-0.55, 0.85, -0.25), (0.0, 0.0, -1.0), 0.35)
UNDER_ARM = HandPlacement("shoulder", (0.05, 0.13, -0.47), (0.5, -1.0, 0.0), (-0.25, 0.5, -0.8), (-1.0, 0.0, 0.1), 0.45)
POINTING = HandPlacement("shoulder", (0.22, 0.36, -0.03), (0.5, -0.4, -1.0), (0.45, 0.85, 0.2), (-0.3, 0.0, 1.0), 0.2)
WAVING = HandPlacement("shoulder", (0.20, 0.14, 0.16), (0.9, 0.0, -1.0), (0.15, 0.1, 1.0), (0.0, 1.0, 0.0), 0.1)
SHAKING = HandPlacement(
    "shoulder", (-0.165, 0.375, -0.25), (0.6, -0.4, -1.0), (-0.1, 1.0, 0.02), (-1.0, 0.0, 0.05), 0.45
)
ON_STRAP = HandPlacement("chest", (0.11, 0.155, -0.20), (0.6, -0.3, -1.0), (-0.2, 0.1, 1.0), (-0.2, -1.0, 0.0), 0.85)


def standing_pose(
    rng: np.random.Generator, name: str, right: HandPlacement, left: HandPlacement, *props: tuple[str, str]
) -> Pose:
    """Return a pose on both feet with the weight on one of them and the head turned a little aside."""
    load = rng.choice([-1.0, 1.0]) * rng.uniform(0.2, 1.0)
    wide = rng.uniform(0.07, 0.18)
    free = FootPlacement(wide + 0.03, rng.uniform(-0.02, 0.12), 0, rng.uniform(10, 30))
    loaded = FootPlacement(wide - 0.01, rng.uniform(-0.04, 0.02), 0, rng.uniform(2, 15))
    return Pose(
        name,
        feet=(loaded, free) if load > 0 else (free, loaded),
        hands=(_jitter(rng, right), _jitter(rng, left)),
        drop=0.004 + 0.012 * abs(load),
        shift=0.035 * load,
        lean_deg=rng.uniform(-3, 4),
        bend_deg=-3.5 * load + rng.uniform(-1, 1),
        twist_deg=rng.uniform(-9, 9),
        hips_turn_deg=rng.uniform(-5, 5),
        sway_deg=-3.5 * load,
        head_turn_deg=rng.uniform(-25, 25),
        head_nod_deg=rng.uniform(-4, 8),
        head_roll_deg=rng.uniform(-5, 5),
        props=props,
    )


def walking_pose(
    rng: np.random.Generator,
    name: str,
    right: HandPlacement | None,
    left: HandPlacement | None,
    *props: tuple[str, str],
) -> Pose:
    """Return a moment of a step, the right foot ahead; a hand that is None swings against the leg of its side."""
    phase, stride = rng.choice(3), rng.uniform(0.85, 1.12)
    ahead, behind, swing, drop = (
        (FootPlacement(0.05, 0.33 * stride, 0, 6, -20), FootPlacement(0.06, -0.36 * stride, 0, 8, 40), 0.22, 0.03),
        (FootPlacement(0.05, 0.20 * stride, 0, 6, 0), FootPlacement(0.06, -0.40 * stride, 0.01, 8, 55), 0.19, 0.02),
        (FootPlacement(0.05, 0.30 * stride, 0.05, 6, -8), FootPlacement(0.05, -0.22 * stride, 0, 7, 18), 0.14, 0.015),
    )[phase]
    swing *= rng.uniform(0.7, 1.2)
    fore = HandPlacement(position=(0.075, swing, -0.48), elbow=(0.25, -1, -0.1), fingers=(-0.15, 0.45, -0.9), curl=0.5)
    aft = HandPlacement(position=(0.10, -swing, -0.49), elbow=(0.3, -1, 0), fingers=(-0.1, -0.25, -1), curl=0.5)
    return Pose(
        name,
        feet=(ahead, behind),
        hands=(_jitter(rng, right or aft), _jitter(rng, left or fore)),
        drop=drop,
        lean_deg=rng.uniform(1, 6),
        twist_deg=-rng.uniform(5, 11),
        hips_turn_deg=rng.uniform(4, 8),
        head_turn_deg=rng.uniform(-12, 12),
        head_nod_deg=rng.uniform(-3, 6),
        props=props,
    )


def _jitter(rng: np.random.Generator, hand: HandPlacement) -> HandPlacement:
    position = np.asarray(hand.position) + rng.uniform(-0.012, 0.012, 3)
    pole = np.asarray(hand.elbow) + rng.uniform(-0.12, 0.12, 3)
    return replace(hand, position=tuple(position.tolist()), elbow=tuple(pole.tolist()))


def mirror_pose(pose: Pose) -> Pose:
    """Return the pose as a mirror shows it."""
    other = {"right": "left", "left": "right", "both": "both"}
    angles = ("shift", "bend_deg", "twist_deg", "hips_turn_deg", "sway_deg", "head_turn_deg", "head_roll_deg")
    return replace(
        pose,
        feet=pose.feet[::-1],
        hands=pose.hands[::-1],
        props=tuple((other[hand], prop) for hand, prop in pose.props),
        **{name: -getattr(pose, name) for name in angles},
    )


def _with_gaze(pose: Pose, turn: float, nod: float) -> Pose:
    return replace(pose, head_turn_deg=turn, head_nod_deg=nod)


# Poses of one person, each with random variation; defined right-handed.
SOLO_POSES: dict[str, Callable[[np.random.Generator], Pose]] = {
    "relaxed": lambda d: standing_pose(d, "relaxed", RELAXED, RELAXED),
    "walking": lambda d: walking_pose(d, "walking", None, None),
    "phoning": lambda d: standing_pose(d, "phoning", AT_EAR, RELAXED, ("right", "phone")),
    "arms crossed": lambda d: standing_pose(d, "arms crossed", OUTER_FORE, INNER_FORE),
    "carrying a box": lambda d: standing_pose(d, "carrying a box", HELD_OUT, HELD_OUT, ("both", "box")),
    "talking": lambda d: standing_pose(d, "talking", OFFERING, RELAXED),
    "walking with a briefcase": lambda d: walking_pose(d, "walking with a briefcase", None, FIST,
                                                       ("left", "briefcase")),
    "hand on hip": lambda d: standing_pose(d, "hand on hip", ON_HIP, RELAXED),
    "reading a phone": lambda d: _with_gaze(
        standing_pose(d, "reading a phone", READING, RELAXED, ("right", "phone")), -6, d.uniform(20, 30)
    ),
    "holding a cup": lambda d: standing_pose(d, "holding a cup", SIPPING, IN_POCKET, ("right", "cup")),
    "hugging a folder": lambda d: standing_pose(d, "hugging a folder", HUGGING, RELAXED, ("right", "folder")),
    "walking and phoning": lambda d: walking_pose(d, "walking and phoning", AT_EAR, None, ("right", "phone")),
    "explaining": lambda d: standing_pose(d, "explaining", OFFERING, OFFERING),
    "laptop on the arm": lambda d: _with_gaze(
        standing_pose(d, "laptop on the arm", TYPING, ON_PALM, ("left", "open laptop")), 4, d.uniform(16, 26)
    ),
    "hand in pocket": lambda d: standing_pose(d, "hand in pocket", IN_POCKET, RELAXED),
    "walking with a backpack": lambda d: walking_pose(d, "walking with a backpack", ON_STRAP, None,
                                                      ("both", "backpack")),
    "hands clasped": lambda d: standing_pose(d, "hands clasped", CLASPED_OVER, CLASPED_UNDER),
    "folder under the arm": lambda d: standing_pose(d, "folder under the arm", RELAXED, UNDER_ARM,
                                                    ("left", "slim laptop")),
    "thinking": lambda d: standing_pose(d, "thinking", AT_CHIN, INNER_FORE),
    "walking with a cup": lambda d: walking_pose(d, "walking with a cup", SIPPING, None, ("right", "cup")),
    "tablet": lambda d: _with_gaze(
        standing_pose(d, "tablet", TAPPING, HOLDING_TABLET, ("left", "tablet")), 5, d.uniform(20, 28)
    ),
    "hands on hips": lambda d: standing_pose(d, "hands on hips", ON_HIP, ON_HIP),
    "walking with a box": lambda d: walking_pose(d, "walking with a box", HELD_OUT, HELD_OUT, ("both", "box")),
    "pointing": lambda d: standing_pose(d, "pointing", POINTING, IN_POCKET),
    "hands behind": lambda d: standing_pose(d, "hands behind", BEHIND, BEHIND),
    "shoulder bag": lambda d: walking_pose(d, "shoulder bag", None, ON_STRAP, ("right", "shoulder bag")),
    "waving": lambda d: standing_pose(d, "waving", WAVING, RELAXED),
    "standing with a backpack": lambda d: standing_pose(d, "standing with a backpack", ON_STRAP, ON_STRAP,
                                                   ("both", "backpack")),
}  # fmt: skip

# Poses that nobody could read from behind.
FRONT_ONLY_POSES = frozenset(
    {"arms crossed", "reading a phone", "hugging a folder", "laptop on the arm", "hands clasped", "thinking", "tablet"}
    | {"holding a cup", "carrying a box", "walking with a box", "walking with a cup", "explaining"}
)

# Two people: their poses, their distance in metres, and how far each turns towards the other, in degrees.
PAIR_POSES: dict[
    str, tuple[Callable[[np.random.Generator], Pose], Callable[[np.random.Generator], Pose], float, float]
] = {
    "talk": (SOLO_POSES["talking"], SOLO_POSES["arms crossed"], 0.86, 58),
    "handshake": (
        lambda d: replace(standing_pose(d, "handshake", SHAKING, RELAXED), twist_deg=0, hips_turn_deg=0, lean_deg=4),
        lambda d: replace(standing_pose(d, "handshake", SHAKING, RELAXED), twist_deg=0, hips_turn_deg=0, lean_deg=4),
        0.93,
        90,
    ),
    "walk together": (SOLO_POSES["walking"], SOLO_POSES["walking with a briefcase"], 0.66, -4),
    "look at a tablet": (SOLO_POSES["tablet"], SOLO_POSES["hands clasped"], 0.56, 22),
    "coffee": (SOLO_POSES["holding a cup"], SOLO_POSES["holding a cup"], 0.80, 55),
    "explain a folder": (SOLO_POSES["hugging a folder"], SOLO_POSES["explaining"], 0.84, 62),
    "walk and talk": (SOLO_POSES["walking with a cup"], SOLO_POSES["shoulder bag"], 0.68, 8),
    "back and talk": (SOLO_POSES["hand on hip"], SOLO_POSES["talking"], 0.80, 48),
}
