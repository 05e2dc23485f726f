"""People of the kit: a seed and a number become one or two figures, a scene, a cut-out."""

from __future__ import annotations

from dataclasses import dataclass, replace

import cv2
import numpy as np
from numpy.typing import NDArray

from bgfg.synth.kit.figures import body, clothes
from bgfg.synth.kit.figures.appearance import Appearance, BalancedSampler, sample_appearance
from bgfg.synth.kit.figures.hair import hair_meshes
from bgfg.synth.kit.figures.head import FaceTexture, head_axes, head_field
from bgfg.synth.kit.figures.poses import FRONT_ONLY_POSES, PAIR_POSES, SOLO_POSES, mirror_pose
from bgfg.synth.kit.figures.props import prop_meshes
from bgfg.synth.kit.figures.skeleton import SIDES, Pose, pose_skeleton
from bgfg.synth.kit.render.renderer import render
from bgfg.synth.kit.render.scene import AreaLight, Camera, Mesh, Scene, SceneLights, Sky
from bgfg.synth.kit.render.sdf_fields import field_mesh
from bgfg.synth.kit.render.tone_mapping import tone_map
from bgfg.synth.kit.render.vectors import Vec3

# From where people are seen: 0 from the front, 90 from the side, 180 from behind.
VIEWS_DEG = (0, 20, -20, 40, -40, 65, -65, 12, -12, 95, -95, 30, -30, 160, -150, 50, -50, 180)
MARGIN_PX = 1.5


@dataclass(frozen=True)
class PlacedPerson:
    """One figure of a cut-out.

    Attributes:
        appearance: Who it is.
        pose: In which pose.
        offset_m: Where it stands in the scene.
        yaw_deg: How far it is turned to its left.
    """

    appearance: Appearance
    pose: Pose
    offset_m: Vec3
    yaw_deg: float


@dataclass(frozen=True, eq=False)
class BoundingBox:
    """The lowest and the highest corner (3,) of what a scene's meshes fill, in metres."""

    low: NDArray[np.float64]
    high: NDArray[np.float64]


def sample_people(seed: int, index: int) -> tuple[PlacedPerson, ...]:
    """Return the one or two persons of cut-out `index`; always the same, whichever others are made."""
    sampler, rng = BalancedSampler(seed, index), np.random.default_rng([seed, 17, index])
    names = [*SOLO_POSES, *PAIR_POSES]
    name = names[sampler.pick(0, len(names))]
    view = float(VIEWS_DEG[sampler.pick(5, len(VIEWS_DEG))] + rng.uniform(-8, 8))
    appearance = sample_appearance(sampler, rng)
    # What happens in front of the body is turned to where it can be seen.
    if name in FRONT_ONLY_POSES and abs(view) > 100:
        view = float(np.sign(view)) * (180.0 - abs(view))
    if name in SOLO_POSES:
        return (PlacedPerson(appearance, _maybe_mirror(rng, SOLO_POSES[name](rng)), (0.0, 0.0, 0.0), view),)
    first, second, apart_m, towards_deg = PAIR_POSES[name]
    other = sample_appearance(BalancedSampler(seed, index + 50_021), rng)
    # A pair is not seen from the side, where one would hide the other.
    around = float(np.clip(view, -40, 40)) if abs(view) < 140 else view
    turns = [towards_deg + rng.uniform(-8, 8), -towards_deg + rng.uniform(-8, 8)]
    appearances = [appearance, other] if rng.random() < 0.5 else [other, appearance]
    half = apart_m / 2 * (0.6 + 0.2 * (appearance.body_shape.girth + other.body_shape.girth))
    poses = [_face_partner(first(rng), -1), _face_partner(second(rng), 1)]
    if name == "handshake":
        half = apart_m / 2 * (appearance.body_shape.scale + other.body_shape.scale) / 2
        turns = [towards_deg, -towards_deg]
        poses = _match_handshake(poses, appearances)
    c, s = np.cos(np.radians(around)), np.sin(np.radians(around))
    back = rng.uniform(-0.06, 0.06) if name != "handshake" else 0.0
    spots = [(half * c - back * s, half * s + back * c, 0.0), (-half * c + back * s, -half * s - back * c, 0.0)]
    return tuple(PlacedPerson(*row) for row in zip(appearances, poses, spots, [t + around for t in turns], strict=True))


def _maybe_mirror(rng: np.random.Generator, pose: Pose) -> Pose:
    return mirror_pose(pose) if rng.random() < 0.5 else pose


def _face_partner(pose: Pose, sign: int) -> Pose:
    """Return the pose with the head towards the partner rather than away."""
    return replace(
        pose, head_turn_deg=-sign * (8 + 0.6 * abs(pose.head_turn_deg)), head_nod_deg=min(pose.head_nod_deg, 12)
    )


def _match_handshake(poses: list[Pose], appearances: list[Appearance]) -> list[Pose]:
    """Return the poses with the right wrists at one height, whatever the statures."""
    height = 1.10 * np.mean([appearance.body_shape.scale for appearance in appearances])
    met = []
    for pose, appearance in zip(poses, appearances, strict=True):
        body_shape, hand = appearance.body_shape, pose.hands[0]
        shoulder = 1.375 + body_shape.heel_m / body_shape.scale
        reach = (-0.165, 0.385, float(height / body_shape.scale - shoulder))
        met.append(replace(pose, shift=0.0, hands=(replace(hand, position=reach), pose.hands[1])))
    return met


def person_meshes(appearance: Appearance, pose: Pose) -> list[Mesh]:
    """Return the meshes of a dressed figure in figure space (see `skeleton`)."""
    skeleton = pose_skeleton(appearance.body_shape, pose)
    # Creases and curls that differ from one person to the next, without a draw of their own.
    phase = 7.0 * appearance.complexion.age + 3.0 * appearance.face_shape.jaw
    skin = appearance.complexion.skin
    parts = clothes.top_meshes(skeleton, appearance.top, phase)
    parts += [field_mesh(body.hand(skeleton, side), skin, 0.25) for side in SIDES]
    if appearance.bottom is not None:
        parts += clothes.bottom_meshes(skeleton, appearance.bottom, phase)
    if appearance.bottom is None or appearance.bottom.kind == "skirt":
        parts += clothes.bare_leg_meshes(skeleton, appearance.leg_colour)
    if appearance.top.sleeve != "long":
        parts += clothes.bare_arm_meshes(skeleton, skin)
    parts += clothes.shoe_meshes(skeleton, appearance.shoes)
    centre, frame, size = head_axes(skeleton)
    paint = FaceTexture(
        centre.astype(np.float32), frame.astype(np.float32), size, appearance.complexion, appearance.face_shape.eyes
    )
    parts.append(field_mesh(head_field(skeleton, appearance.face_shape), paint, 0.3, 0.35))
    parts += hair_meshes(skeleton, appearance.hair_style, appearance.complexion.hair, appearance.accent_colour, phase)
    for hand, prop in pose.props:
        parts += prop_meshes(skeleton, hand, prop, appearance.prop_colour)
    return parts


def person_scene(seed: int, index: int) -> tuple[Scene, BoundingBox]:
    """Return cut-out `index` as a lit scene, standing on z = 0 and seen from +y, and the box it fills."""
    parts: list[Mesh] = []
    for person in sample_people(seed, index):
        parts += [part.moved(person.offset_m, person.yaw_deg) for part in person_meshes(person.appearance, person.pose)]
    points = np.concatenate([part.world_vertices() for part in parts]).astype(np.float64)
    rng = np.random.default_rng([seed, 29, index])
    aside, warm = float(rng.uniform(-2.6, 2.6)), float(rng.uniform(0.94, 1.06))
    power = float(rng.uniform(16, 20))
    key = AreaLight((aside, 2.6, 3.4), (1.6, 0, 0), (0, 1.1, -1.1), (1.03 * power * warm, power, 0.95 * power / warm))
    sky = Sky((0.78, 0.79, 0.82), (0.48, 0.48, 0.49), (0.26, 0.25, 0.24), 1.0)
    return Scene(tuple(parts), SceneLights((key,)), sky), BoundingBox(points.min(axis=0), points.max(axis=0))


def fit_camera(scene: Scene, height_px: int, eye_height_m: float = 1.35, distance_m: float = 6.0) -> Camera:
    """Return the camera on the +y side whose image of `height_px` rows the scene fills but for MARGIN_PX."""
    points = np.concatenate([part.world_vertices() for part in scene.meshes]).astype(np.float64)
    target = (points.min(axis=0) + points.max(axis=0)) / 2
    eye = (float(target[0]), distance_m, eye_height_m)
    # Aiming at the middle of the image moves the image: a few rounds settle it.
    for _ in range(4):
        camera = Camera(eye, (float(target[0]), float(target[1]), float(target[2])), 30.0, height_px, height_px)
        at, _ = camera.project(points)
        low, high = at.min(axis=0), at.max(axis=0)
        # What lies well within the image won't reach its rim by so small a turn.
        slack = 0.1 * (high - low)
        points = points[((at < low + slack) | (at > high - slack)).any(axis=1)]
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
    rendering = render(scene, fit_camera(scene, height_px), samples=16, ambient_rays=3, light_rays=2)
    colour = _bleed_colour(tone_map(rendering.colour), rendering.alpha > 0)
    alpha_u8 = (rendering.alpha * 255 + 0.5).astype(np.uint8)
    return np.concatenate([colour, alpha_u8[..., None]], axis=2)


def _bleed_colour(colour: NDArray[np.uint8], known: NDArray[np.bool_], steps: int = 8) -> NDArray[np.uint8]:
    """Return `colour` (H, W, 3) with the unknown pixels near known ones filled with the mean of their neighbours."""
    total = np.where(known[..., None], colour, 0).astype(np.float32)
    for _ in range(steps):
        count, around = (
            cv2.boxFilter(values, -1, (3, 3), normalize=False, borderType=cv2.BORDER_CONSTANT)
            for values in (known.astype(np.float32), total)
        )
        total = np.where(known[..., None], total, around / np.maximum(count, 1)[..., None])
        known = count > 0
    return (total + 0.5).astype(np.uint8)
