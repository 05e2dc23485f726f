"""The people of the kit: a seed and a number become one or two figures, a scene, a cut-out."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from bgfg.synth.kit.figures import body, clothes
from bgfg.synth.kit.figures.clothes import part_of
from bgfg.synth.kit.figures.figure import SIDES, Pose, posed
from bgfg.synth.kit.figures.hair import hair_parts
from bgfg.synth.kit.figures.head import FacePaint, head, head_axes
from bgfg.synth.kit.figures.persona import Deck, Look, drawn_look
from bgfg.synth.kit.figures.poses import FRONTAL, PAIRS, SOLO, mirrored
from bgfg.synth.kit.figures.props import held
from bgfg.synth.kit.render.render import render, tone_mapped
from bgfg.synth.kit.render.scene import AreaLight, Camera, Lights, Part, Scene, Sky
from numpy.typing import NDArray

VIEWS_DEG = (0, 20, -20, 40, -40, 65, -65, 12, -12, 95, -95, 30, -30, 160, -150, 50, -50, 180)
"""From where people are seen: 0 from the front, 90 from the side, 180 from behind."""
MARGIN_PX = 1.5


@dataclass(frozen=True)
class Person:
    """One figure of a cut-out: who, in which posture, where, and turned by how much to its left."""

    look: Look
    pose: Pose
    offset_m: tuple[float, float, float]
    yaw_deg: float


@dataclass(frozen=True, eq=False)
class Box:
    """The corners (3,) of what a scene's parts fill, in metres."""

    low: NDArray[np.float64]
    high: NDArray[np.float64]


def people(seed: int, index: int) -> tuple[Person, ...]:
    """Return the one or two persons of cut-out `index`; the same for ever, whichever others are made."""
    deck, dice = Deck(seed, index), np.random.default_rng([seed, 17, index])
    names = [*SOLO, *PAIRS]
    name = names[deck.card(0, len(names))]
    view = float(VIEWS_DEG[deck.card(5, len(VIEWS_DEG))] + dice.uniform(-8, 8))
    look = drawn_look(deck, dice)
    if name in FRONTAL and abs(view) > 100:
        view = float(np.sign(view)) * (180.0 - abs(view))
    if name in SOLO:
        return (Person(look, _either(dice, SOLO[name](dice)), (0.0, 0.0, 0.0), view),)
    first, second, apart_m, towards_deg = PAIRS[name]
    other = drawn_look(Deck(seed, index + 50_021), dice)
    around = float(np.clip(view, -40, 40)) if abs(view) < 140 else view
    turns = [towards_deg + dice.uniform(-8, 8), -towards_deg + dice.uniform(-8, 8)]
    looks = [look, other] if dice.random() < 0.5 else [other, look]
    half = apart_m / 2 * (0.6 + 0.2 * (look.build.girth + other.build.girth))
    poses = [_glancing(first(dice), -1), _glancing(second(dice), 1)]
    if name == "handshake":
        half, turns = apart_m / 2 * (look.build.scale + other.build.scale) / 2, [towards_deg, -towards_deg]
        poses = _hands_met(poses, looks)
    c, s = np.cos(np.radians(around)), np.sin(np.radians(around))
    back = dice.uniform(-0.06, 0.06) if name != "handshake" else 0.0
    spots = [(half * c - back * s, half * s + back * c, 0.0), (-half * c + back * s, -half * s - back * c, 0.0)]
    return tuple(Person(*row) for row in zip(looks, poses, spots, [t + around for t in turns], strict=True))


def _either(dice: np.random.Generator, pose: Pose) -> Pose:
    return mirrored(pose) if dice.random() < 0.5 else pose


def _glancing(pose: Pose, sign: int) -> Pose:
    """Return the posture with the head towards the partner rather than away."""
    return replace(
        pose, head_turn_deg=-sign * (8 + 0.6 * abs(pose.head_turn_deg)), head_nod_deg=min(pose.head_nod_deg, 12)
    )


def _hands_met(poses: list[Pose], looks: list[Look]) -> list[Pose]:
    """Return the postures with the right wrists at one height, whatever the statures."""
    height = 1.10 * np.mean([look.build.scale for look in looks])
    met = []
    for pose, look in zip(poses, looks, strict=True):
        build, hand = look.build, pose.hands[0]
        shoulder = 1.375 + build.heel_m / build.scale
        reach = (-0.165, 0.385, float(height / build.scale - shoulder))
        met.append(replace(pose, shift=0.0, hands=(replace(hand, at=reach), pose.hands[1])))
    return met


def person_parts(look: Look, pose: Pose) -> list[Part]:
    """Return the parts of a dressed figure in figure space (see `figure`)."""
    figure = posed(look.build, pose)
    phase = 7.0 * look.complexion.age + 3.0 * look.features.jaw
    skin = look.complexion.skin
    parts = clothes.dressed_top(figure, look.top, phase)
    parts += [part_of(body.hand(figure, side), skin, 0.25) for side in SIDES]
    if look.bottom is not None:
        parts += clothes.dressed_bottom(figure, look.bottom, phase)
    if look.bottom is None or look.bottom.kind == "skirt":
        parts += clothes.bare_legs(figure, look.legs)
    if look.top.sleeve != "long":
        parts += clothes.bare_arms(figure, skin)
    parts += clothes.shod(figure, look.shoes)
    centre, frame, size = head_axes(figure)
    paint = FacePaint(centre.astype(np.float32), frame.astype(np.float32), size, look.complexion, look.features.eyes)
    parts.append(part_of(head(figure, look.features), paint, 0.3, 0.35))
    parts += hair_parts(figure, look.hair_style, look.complexion.hair, look.accent, phase)
    for hand, prop in pose.props:
        parts += held(figure, hand, prop, look.thing)
    return parts


def person_scene(seed: int, index: int) -> tuple[Scene, Box]:
    """Return cut-out `index` as a lit scene, standing on z = 0 and seen from +y, and the box it fills."""
    parts: list[Part] = []
    for person in people(seed, index):
        parts += [part.moved(person.offset_m, person.yaw_deg) for part in person_parts(person.look, person.pose)]
    points = np.concatenate([part.world_vertices() for part in parts]).astype(np.float64)
    dice = np.random.default_rng([seed, 29, index])
    aside, warm = float(dice.uniform(-2.6, 2.6)), float(dice.uniform(0.94, 1.06))
    power = float(dice.uniform(16, 20))
    key = AreaLight((aside, 2.6, 3.4), (1.6, 0, 0), (0, 1.1, -1.1), (1.03 * power * warm, power, 0.95 * power / warm))
    sky = Sky((0.78, 0.79, 0.82), (0.48, 0.48, 0.49), (0.26, 0.25, 0.24), 1.0)
    return Scene(tuple(parts), Lights((key,)), sky), Box(points.min(axis=0), points.max(axis=0))


def framed(scene: Scene, height_px: int, eye_height_m: float = 1.35, distance_m: float = 6.0) -> Camera:
    """Return the camera on the +y side whose picture of `height_px` rows the scene fills but for MARGIN_PX."""
    points = np.concatenate([part.world_vertices() for part in scene.parts]).astype(np.float64)
    target = (points.min(axis=0) + points.max(axis=0)) / 2
    eye = (float(target[0]), distance_m, eye_height_m)
    for _ in range(4):
        camera = Camera(eye, (float(target[0]), float(target[1]), float(target[2])), 30.0, height_px, height_px)
        at, _ = camera.project(points)
        low, high = at.min(axis=0), at.max(axis=0)
        right, down, _ = camera.axes()
        away = float(np.linalg.norm(target - np.asarray(eye)))
        centre = ((low + high) / 2 - height_px / 2) * camera.pixel_slope * away
        target = target + centre[0] * right + centre[1] * down
    span = high - low
    slope = camera.pixel_slope * span[1] / (height_px - 2 * MARGIN_PX)
    fov_deg = float(np.degrees(2 * np.arctan(slope * height_px / 2)))
    width_px = int(np.ceil(span[0] * camera.pixel_slope / slope + 2 * MARGIN_PX)) + 1
    return replace(
        camera, target=(float(target[0]), float(target[1]), float(target[2])), fov_deg=fov_deg, width_px=width_px
    )


def draw_person(seed: int, index: int, height_px: int) -> NDArray[np.uint8]:
    """Return cut-out `index` as (height_px, W, 4) uint8 RGBA, not premultiplied, feet at the bottom.

    The same arguments give the same bytes. Transparent pixels carry the colour of the figure nearby, so that no
    resampling draws a dark rim.
    """
    scene, _ = person_scene(seed, index)
    picture = render(scene, framed(scene, height_px), samples=16, ambient_rays=3, light_rays=2)
    colour = _spread(tone_mapped(picture.colour), picture.alpha > 0)
    alpha_u8 = (picture.alpha * 255 + 0.5).astype(np.uint8)
    return np.concatenate([colour, alpha_u8[..., None]], axis=2)


def _spread(colour: NDArray[np.uint8], known: NDArray[np.bool_], steps: int = 8) -> NDArray[np.uint8]:
    """Return `colour` (H, W, 3) with the unknown pixels near known ones filled with the mean of their neighbours."""
    total = np.where(known[..., None], colour, 0).astype(np.float32)
    for _ in range(steps):
        padded = np.pad(total * known[..., None], ((1, 1), (1, 1), (0, 0)))
        weight = np.pad(known.astype(np.float32), 1)
        shifts = [(slice(i, i + known.shape[0]), slice(j, j + known.shape[1])) for i in range(3) for j in range(3)]
        count = sum((weight[s] for s in shifts), start=np.zeros(known.shape, np.float32))
        mean = sum((padded[s] for s in shifts), start=np.zeros_like(total)) / np.maximum(count, 1)[..., None]
        total = np.where(known[..., None], total, mean)
        known = count > 0
    return (total + 0.5).astype(np.uint8)
