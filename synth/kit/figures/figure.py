"""A human figure: its build, and the joints of its skeleton in a pose.

Figure space: metres, the figure stands on z = 0 near the origin and faces +y; its right hand is at +x.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from bgfg.synth.kit.render.solids import unit
from numpy.typing import ArrayLike, NDArray

Vector = NDArray[np.float64]
SIDES = ("right", "left")
SIGN = {"right": 1.0, "left": -1.0}
REFERENCE_M = 1.75
"""All lengths in this package's figures are those of a person of this stature; `Build.scale` fits them to another."""


@dataclass(frozen=True)
class Build:
    """The body without its pose: `feminine` 0..1 shifts the proportions, `girth` is 1 for a slim adult."""

    stature_m: float
    feminine: float
    girth: float
    belly: float = 0.0
    heel_m: float = 0.0

    @property
    def scale(self) -> float:
        """Return the stature as a share of the reference stature."""
        return self.stature_m / REFERENCE_M

    def blend(self, masculine: float, feminine: float) -> float:
        """Return the length between the two at this build, at this stature."""
        return self.scale * (masculine + (feminine - masculine) * self.feminine)


@dataclass(frozen=True)
class Foot:
    """Where a foot stands: metres outwards of and ahead of the middle of the hips, the lift of its lowest point,
    and in degrees how far its toes turn out and its heel rises (below 0: the toes rise)."""

    out: float = 0.10
    ahead: float = 0.0
    lift: float = 0.0
    turn_deg: float = 10.0
    pitch_deg: float = 0.0


@dataclass(frozen=True)
class Hand:
    """Where a wrist is and how the hand is held; all triples are (outwards, ahead, up) in the frame named `of`.

    `of`: "shoulder", "chest", "pelvis" or "head" (axes of the chest for the first two).
    `curl` 0 is a flat hand, 1 a fist.
    """

    of: str = "shoulder"
    at: tuple[float, float, float] = (0.088, 0.025, -0.525)
    elbow: tuple[float, float, float] = (0.35, -1.0, 0.0)
    fingers: tuple[float, float, float] = (-0.1, 0.15, -1.0)
    palm: tuple[float, float, float] = (-1.0, -0.15, 0.0)
    curl: float = 0.35


@dataclass(frozen=True)
class Pose:
    """A posture: feet and hands as (right, left), angles in degrees, `drop` and `shift` of the hips in metres.

    Positive angles: `lean` forwards, `bend`, `sway` and `head_roll` towards the right, `twist`, `hips_turn` and
    `head_turn` to the left, `head_nod` down. `props` names what is held: (hand, prop).
    """

    name: str
    feet: tuple[Foot, Foot] = (Foot(), Foot())
    hands: tuple[Hand, Hand] = (Hand(), Hand())
    drop: float = 0.004
    shift: float = 0.0
    lean_deg: float = 0.0
    bend_deg: float = 0.0
    twist_deg: float = 0.0
    hips_turn_deg: float = 0.0
    sway_deg: float = 0.0
    head_turn_deg: float = 0.0
    head_nod_deg: float = 0.0
    head_roll_deg: float = 0.0
    props: tuple[tuple[str, str], ...] = field(default=())


@dataclass(frozen=True)
class Skeleton:
    """A posed figure: named joints (3,) metres and frames (3, 3) whose rows are right, ahead and up.

    A hand's frame has the rows across the palm towards the thumb, out of the palm, and along the fingers.
    """

    build: Build
    joints: dict[str, Vector]
    frames: dict[str, NDArray[np.float64]]
    curl: dict[str, float]


def turned(right_deg: float = 0.0, nod_deg: float = 0.0, turn_deg: float = 0.0) -> NDArray[np.float64]:
    """Return the frame rolled to the right, then nodded forwards, then turned to the left."""
    roll, nod, turn = np.radians([right_deg, -nod_deg, turn_deg])
    about_y = np.array([[np.cos(roll), 0, np.sin(roll)], [0, 1, 0], [-np.sin(roll), 0, np.cos(roll)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(nod), -np.sin(nod)], [0, np.sin(nod), np.cos(nod)]])
    about_z = np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
    return np.asarray((about_z @ about_x @ about_y).T)


def bent(start: Vector, target: Vector, upper_m: float, lower_m: float, pole: Vector) -> tuple[Vector, Vector]:
    """Return the middle and end joint of a limb of two bones that reaches for `target` and bends towards `pole`."""
    reach = target - start
    length = float(np.clip(np.linalg.norm(reach), abs(upper_m - lower_m) + 0.02, (upper_m + lower_m) * 0.9995))
    along = unit(reach)
    aside = unit(pole - along * (pole @ along))
    share = (length**2 + upper_m**2 - lower_m**2) / (2 * length)
    return start + along * share + aside * np.sqrt(max(upper_m**2 - share**2, 0.0)), start + along * length


def posed(build: Build, pose: Pose) -> Skeleton:
    """Return the skeleton of `build` in `pose`, its lowest foot on the floor."""
    s = build.scale
    joints: dict[str, Vector] = {}
    pelvis = turned(pose.sway_deg, 0, pose.hips_turn_deg)
    frames = {"pelvis": pelvis}
    for side, foot in zip(SIDES, pose.feet, strict=True):
        _place_foot(build, side, foot, joints, frames)
    offset = {side: build.blend(0.086, 0.088) * SIGN[side] * pelvis[0] for side in SIDES}
    flat = np.array([pose.shift * s, 0.0, 0.0])
    thigh, shank = 0.425 * s, 0.42 * s
    heights: list[float] = [build.heel_m + (0.92 - pose.drop) * s]
    for side in SIDES:
        aside = np.linalg.norm((flat + offset[side] - joints[f"ankle.{side}"])[:2])
        rise = np.sqrt(max((0.998 * (thigh + shank)) ** 2 - float(aside) ** 2, 0.01))
        heights.append(float(joints[f"ankle.{side}"][2] + rise - offset[side][2]))
    root = flat + np.array([0.0, 0.0, min(heights)])
    joints["root"] = root
    for side in SIDES:
        hip = root + offset[side]
        ahead = unit(frames[f"foot.{side}"][1] * [1, 1, 0] + 0.7 * pelvis[1])
        knee, ankle = bent(hip, joints[f"ankle.{side}"], thigh, shank, ahead)
        joints |= {f"hip.{side}": hip, f"knee.{side}": knee, f"ankle.{side}": ankle}
    _place_trunk(build, pose, joints, frames)
    for side, hand in zip(SIDES, pose.hands, strict=True):
        _place_arm(build, side, hand, joints, frames)
    return Skeleton(build, joints, frames, {side: hand.curl for side, hand in zip(SIDES, pose.hands, strict=True)})


def _place_foot(build: Build, side: str, foot: Foot, joints: dict[str, Vector], frames: dict[str, Vector]) -> None:
    s, turn_deg = build.scale, -SIGN[side] * foot.turn_deg
    # A high heel tips the foot about its ball.
    tipped_deg = foot.pitch_deg + np.degrees(np.arcsin(min(build.heel_m / (0.17 * s), 0.9)))
    frame = turned(0, tipped_deg, turn_deg)
    heel, ball = (s * np.array(p) @ frame for p in ((0, -0.055, -0.075), (0, 0.115, -0.075)))
    heel = heel - frame[2] * build.heel_m
    ankle = np.array([SIGN[side] * foot.out, foot.ahead, 0.0]) * s
    ankle[2] = foot.lift * s - (ball[2] if foot.pitch_deg > 0 else min(heel[2], ball[2]))
    # With the heel up the toes stay flat on the floor.
    toes = turned(0, 0, turn_deg) if tipped_deg > 0 else frame
    joints[f"ball.{side}"] = ankle + ball
    joints[f"toe.{side}"] = ankle + ball + s * np.array([0, 0.075, 0.004]) @ toes
    joints[f"heel.{side}"], joints[f"ankle.{side}"] = ankle + heel, ankle
    frames[f"foot.{side}"] = frame


def _place_trunk(build: Build, pose: Pose, joints: dict[str, Vector], frames: dict[str, Vector]) -> None:
    s, root = build.scale, joints["root"]
    chest = turned(pose.bend_deg, pose.lean_deg, pose.hips_turn_deg + pose.twist_deg)
    spine = unit(0.5 * frames["pelvis"][2] + chest[2])
    neck = root + 0.535 * s * spine - 0.012 * s * chest[1]
    head = turned(pose.head_roll_deg + pose.bend_deg * 0.3, pose.head_nod_deg + pose.lean_deg * 0.4,
                  pose.hips_turn_deg + pose.twist_deg + pose.head_turn_deg)  # fmt: skip
    skull = neck + s * (0.062 * chest[2] + 0.03 * chest[1]) + s * (0.115 * head[2] + 0.015 * head[1])
    joints |= {"waist": root + 0.16 * s * unit(frames["pelvis"][2] + spine), "neck": neck, "head": skull}
    frames |= {"chest": chest, "head": head}
    half = build.blend(0.172, 0.147)
    for side in SIDES:
        joints[f"shoulder.{side}"] = neck + SIGN[side] * half * chest[0] - 0.072 * s * chest[2]


def _place_arm(build: Build, side: str, hand: Hand, joints: dict[str, Vector], frames: dict[str, Vector]) -> None:
    s, sign = build.scale, SIGN[side]
    axes = frames["chest" if hand.of == "shoulder" else hand.of] * np.array([[sign], [1.0], [1.0]])
    origin = {"shoulder": joints[f"shoulder.{side}"], "chest": joints["neck"], "pelvis": joints["root"]}
    # A stouter body keeps the hands further from its middle.
    stout = build.girth - 1
    room = {"shoulder": (0.11, 0, 0), "pelvis": (0.12, 0, 0), "chest": (0, 0.12, 0)}.get(hand.of, (0, 0, 0))
    start = origin.get(hand.of, joints["head"]) + s * (np.asarray(hand.at) + stout * np.array(room)) @ axes
    shoulder = joints[f"shoulder.{side}"]
    # A raised arm takes its shoulder along.
    shoulder = shoulder + frames["chest"][2] * np.clip((start - shoulder)[2] / s + 0.15, 0, 0.4) * 0.09 * s
    pole = _directed(hand.elbow, axes)
    elbow, wrist = bent(shoulder, start, 0.292 * s, 0.25 * s, pole)
    fingers = unit(_directed(hand.fingers, axes))
    palm = _directed(hand.palm, axes)
    palm = unit(palm - fingers * (palm @ fingers))
    across = np.cross(palm, fingers) * -sign
    joints |= {f"shoulder.{side}": shoulder, f"elbow.{side}": elbow, f"wrist.{side}": wrist}
    joints[f"hand.{side}"] = wrist + 0.085 * s * fingers
    frames[f"hand.{side}"] = np.stack([across, palm, fingers])


def _directed(triple: ArrayLike | Sequence[float], axes: NDArray[np.float64]) -> Vector:
    return unit(np.asarray(triple, np.float64) @ axes)
