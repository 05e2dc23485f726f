"""Skeleton of a human figure: the shape of its body, its pose, and the joints that follow from both.

Figure space: metres, the figure stands on z = 0 near the origin and faces +y; its right hand is at +x.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bgfg.synth.kit.render.vectors import Vec3, Vector, normalise

SIDES = ("right", "left")
SIDE_SIGN = {"right": 1.0, "left": -1.0}
# All lengths of figures are those of a person of this stature; `BodyShape.scale` fits them to another.
REFERENCE_STATURE_M = 1.75


@dataclass(frozen=True)
class BodyShape:
    """The body without its pose.

    Attributes:
        stature_m: The height of the person without shoes.
        feminine: 0..1, shifts the proportions.
        girth: 1 for a slim adult.
        belly: How far it stands out, 0 for flat.
        heel_m: The height of the shoes' heels.
    """

    stature_m: float
    feminine: float
    girth: float
    belly: float = 0.0
    heel_m: float = 0.0

    @property
    def scale(self) -> float:
        """Return the stature as a share of the reference stature."""
        return self.stature_m / REFERENCE_STATURE_M

    def blend(self, masculine: float, feminine: float) -> float:
        """Return the length between `masculine` and `feminine` that this body has, at its stature."""
        return self.scale * (masculine + (feminine - masculine) * self.feminine)


@dataclass(frozen=True)
class FootPlacement:
    """Where a foot stands.

    Attributes:
        out: Outwards of the middle of the hips, m.
        ahead: Ahead of it, m.
        lift: The height of the foot's lowest point, m.
        turn_deg: How far the toes turn out.
        pitch_deg: How far the heel rises (below 0: the toes rise).
    """

    out: float = 0.10
    ahead: float = 0.0
    lift: float = 0.0
    turn_deg: float = 10.0
    pitch_deg: float = 0.0


@dataclass(frozen=True)
class HandPlacement:
    """Where a wrist is and how the hand is held; all triples are (outwards, ahead, up).

    Attributes:
        frame: What the triples refer to: "shoulder", "chest", "pelvis" or "head" (axes of the chest for the first two).
        position: The wrist, in m from the origin of that frame.
        elbow: The direction in which the elbow points.
        fingers: The direction of the fingers.
        palm: The direction in which the palm looks.
        curl: 0 is a flat hand, 1 a fist.
    """

    frame: str = "shoulder"
    position: Vec3 = (0.088, 0.025, -0.525)
    elbow: Vec3 = (0.35, -1.0, 0.0)
    fingers: Vec3 = (-0.1, 0.15, -1.0)
    palm: Vec3 = (-1.0, -0.15, 0.0)
    curl: float = 0.35


@dataclass(frozen=True)
class Pose:
    """A posture; lengths are those of a figure of the reference stature.

    Attributes:
        name: What it is called.
        feet: (right, left).
        hands: (right, left).
        drop: How far the hips sink, m.
        shift: How far the hips move to the right, m.
        lean_deg: Forwards.
        bend_deg: Of the trunk, towards the right.
        twist_deg: Of the trunk, to the left.
        hips_turn_deg: To the left.
        sway_deg: Of the hips, towards the right.
        head_turn_deg: To the left.
        head_nod_deg: Down.
        head_roll_deg: Towards the right.
        props: What is held: (hand, prop), the hand "right", "left" or "both".
    """

    name: str
    feet: tuple[FootPlacement, FootPlacement] = (FootPlacement(), FootPlacement())
    hands: tuple[HandPlacement, HandPlacement] = (HandPlacement(), HandPlacement())
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
    """A posed figure.

    Attributes:
        body_shape: Whose skeleton it is.
        joints: Named points (3,) m; those of a side end in ".right" or ".left".
        frames: Named (3, 3) whose rows are right, ahead and up. A hand's frame has the rows across the palm towards the
            thumb, out of the palm, and along the fingers.
        curl: How far each hand is closed, by side.
    """

    body_shape: BodyShape
    joints: dict[str, Vector]
    frames: dict[str, NDArray[np.float64]]
    curl: dict[str, float]


def rotation_frame(right_deg: float = 0.0, nod_deg: float = 0.0, turn_deg: float = 0.0) -> NDArray[np.float64]:
    """Return the frame (3, 3; rows right, ahead, up) rolled right, then nodded forwards, then turned left."""
    roll, nod, turn = np.radians([right_deg, -nod_deg, turn_deg])
    about_y = np.array([[np.cos(roll), 0, np.sin(roll)], [0, 1, 0], [-np.sin(roll), 0, np.cos(roll)]])
    about_x = np.array([[1, 0, 0], [0, np.cos(nod), -np.sin(nod)], [0, np.sin(nod), np.cos(nod)]])
    about_z = np.array([[np.cos(turn), -np.sin(turn), 0], [np.sin(turn), np.cos(turn), 0], [0, 0, 1]])
    return np.asarray((about_z @ about_x @ about_y).T)


def two_bone_ik(start: Vector, target: Vector, upper_m: float, lower_m: float, pole: Vector) -> tuple[Vector, Vector]:
    """Return the middle and end joint of a limb of two bones that reaches for `target` and bends towards `pole`.

    Two-bone inverse kinematics by the law of cosines; a target out of reach is pointed at.
    """
    reach = target - start
    length = float(np.clip(np.linalg.norm(reach), abs(upper_m - lower_m) + 0.02, (upper_m + lower_m) * 0.9995))
    along = normalise(reach)
    aside = normalise(pole - along * (pole @ along))
    share = (length**2 + upper_m**2 - lower_m**2) / (2 * length)
    return start + along * share + aside * np.sqrt(max(upper_m**2 - share**2, 0.0)), start + along * length


def pose_skeleton(body_shape: BodyShape, pose: Pose) -> Skeleton:
    """Return the skeleton of `body_shape` in `pose`, its lowest foot on the floor."""
    s = body_shape.scale
    joints: dict[str, Vector] = {}
    pelvis = rotation_frame(pose.sway_deg, 0, pose.hips_turn_deg)
    frames = {"pelvis": pelvis}
    for side, foot in zip(SIDES, pose.feet, strict=True):
        _place_foot(body_shape, side, foot, joints, frames)
    offset = {side: body_shape.blend(0.086, 0.088) * SIDE_SIGN[side] * pelvis[0] for side in SIDES}
    flat = np.array([pose.shift * s, 0.0, 0.0])
    thigh, shank = 0.425 * s, 0.42 * s
    heights: list[float] = [body_shape.heel_m + (0.92 - pose.drop) * s]
    for side in SIDES:
        aside = np.linalg.norm((flat + offset[side] - joints[f"ankle.{side}"])[:2])
        rise = np.sqrt(max((0.998 * (thigh + shank)) ** 2 - float(aside) ** 2, 0.01))
        heights.append(float(joints[f"ankle.{side}"][2] + rise - offset[side][2]))
    # As high as both legs allow: a wide step lowers the hips.
    root = flat + np.array([0.0, 0.0, min(heights)])
    joints["root"] = root
    for side in SIDES:
        hip = root + offset[side]
        ahead = normalise(frames[f"foot.{side}"][1] * [1, 1, 0] + 0.7 * pelvis[1])
        knee, ankle = two_bone_ik(hip, joints[f"ankle.{side}"], thigh, shank, ahead)
        joints |= {f"hip.{side}": hip, f"knee.{side}": knee, f"ankle.{side}": ankle}
    _place_trunk(body_shape, pose, joints, frames)
    for side, hand in zip(SIDES, pose.hands, strict=True):
        _place_arm(body_shape, side, hand, joints, frames)
    return Skeleton(body_shape, joints, frames, {side: hand.curl for side, hand in zip(SIDES, pose.hands, strict=True)})


def _place_foot(
    body_shape: BodyShape, side: str, foot: FootPlacement, joints: dict[str, Vector], frames: dict[str, Vector]
) -> None:
    s, turn_deg = body_shape.scale, -SIDE_SIGN[side] * foot.turn_deg
    # A high heel tips the foot about its ball.
    tipped_deg = foot.pitch_deg + np.degrees(np.arcsin(min(body_shape.heel_m / (0.17 * s), 0.9)))
    frame = rotation_frame(0, tipped_deg, turn_deg)
    heel, ball = (s * np.array(p) @ frame for p in ((0, -0.055, -0.075), (0, 0.115, -0.075)))
    heel = heel - frame[2] * body_shape.heel_m
    ankle = np.array([SIDE_SIGN[side] * foot.out, foot.ahead, 0.0]) * s
    ankle[2] = foot.lift * s - (ball[2] if foot.pitch_deg > 0 else min(heel[2], ball[2]))
    # With the heel up the toes stay flat on the floor.
    toes = rotation_frame(0, 0, turn_deg) if tipped_deg > 0 else frame
    joints[f"ball.{side}"] = ankle + ball
    joints[f"toe.{side}"] = ankle + ball + s * np.array([0, 0.075, 0.004]) @ toes
    joints[f"heel.{side}"], joints[f"ankle.{side}"] = ankle + heel, ankle
    frames[f"foot.{side}"] = frame


def _place_trunk(body_shape: BodyShape, pose: Pose, joints: dict[str, Vector], frames: dict[str, Vector]) -> None:
    s, root = body_shape.scale, joints["root"]
    chest = rotation_frame(pose.bend_deg, pose.lean_deg, pose.hips_turn_deg + pose.twist_deg)
    spine = normalise(0.5 * frames["pelvis"][2] + chest[2])
    neck = root + 0.535 * s * spine - 0.012 * s * chest[1]
    head = rotation_frame(pose.head_roll_deg + pose.bend_deg * 0.3, pose.head_nod_deg + pose.lean_deg * 0.4,
                  pose.hips_turn_deg + pose.twist_deg + pose.head_turn_deg)  # fmt: skip
    skull = neck + s * (0.062 * chest[2] + 0.03 * chest[1]) + s * (0.115 * head[2] + 0.015 * head[1])
    joints |= {"waist": root + 0.16 * s * normalise(frames["pelvis"][2] + spine), "neck": neck, "head": skull}
    frames |= {"chest": chest, "head": head}
    half = body_shape.blend(0.172, 0.147)
    for side in SIDES:
        joints[f"shoulder.{side}"] = neck + SIDE_SIGN[side] * half * chest[0] - 0.072 * s * chest[2]


def _place_arm(
    body_shape: BodyShape, side: str, hand: HandPlacement, joints: dict[str, Vector], frames: dict[str, Vector]
) -> None:
    s, sign = body_shape.scale, SIDE_SIGN[side]
    axes = frames["chest" if hand.frame == "shoulder" else hand.frame] * np.array([[sign], [1.0], [1.0]])
    origin = {"shoulder": joints[f"shoulder.{side}"], "chest": joints["neck"], "pelvis": joints["root"]}
    # A stouter body keeps the hands further from its middle.
    stout = body_shape.girth - 1
    room = {"shoulder": (0.11, 0, 0), "pelvis": (0.12, 0, 0), "chest": (0, 0.12, 0)}.get(hand.frame, (0, 0, 0))
    start = origin.get(hand.frame, joints["head"]) + s * (np.asarray(hand.position) + stout * np.array(room)) @ axes
    shoulder = joints[f"shoulder.{side}"]
    # A raised arm takes its shoulder along.
    shoulder = shoulder + frames["chest"][2] * np.clip((start - shoulder)[2] / s + 0.15, 0, 0.4) * 0.09 * s
    pole = _direction(hand.elbow, axes)
    elbow, wrist = two_bone_ik(shoulder, start, 0.292 * s, 0.25 * s, pole)
    fingers = normalise(_direction(hand.fingers, axes))
    palm = _direction(hand.palm, axes)
    palm = normalise(palm - fingers * (palm @ fingers))
    across = np.cross(palm, fingers) * -sign
    joints |= {f"shoulder.{side}": shoulder, f"elbow.{side}": elbow, f"wrist.{side}": wrist}
    joints[f"hand.{side}"] = wrist + 0.085 * s * fingers
    frames[f"hand.{side}"] = np.stack([across, palm, fingers])


def _direction(triple: ArrayLike, axes: NDArray[np.float64]) -> Vector:
    return normalise(np.asarray(triple, np.float64) @ axes)
