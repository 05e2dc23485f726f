"""Homes: corners of rooms seen from close by. A seed and a number decide kind, camera, materials, windows and light."""

from __future__ import annotations

import numpy as np

from bgfg.synth.kit.render.scene import (
    Camera,
    Scene,
    SceneLights,
    Sky,
    look_target,
    scale_colour,
)
from bgfg.synth.kit.render.tracer import Tracer
from bgfg.synth.kit.scenes.cameras import sample_roll_deg
from bgfg.synth.kit.scenes.home_furnishing import furnish
from bgfg.synth.kit.scenes.home_materials import sample_home_palette, sample_home_shell
from bgfg.synth.kit.scenes.home_windows import OutdoorConditions, add_surroundings, add_window
from bgfg.synth.kit.scenes.room_builder import WALL_SIDES, RoomBuilder
from bgfg.synth.kit.scenes.room_lighting import add_home_lamp, home_sun, sample_home_lighting
from bgfg.synth.kit.scenes.view_placement import wall_distance, wall_point_in_view

# Corners with a seat and those with a window come more often: white chairs before white walls and glass are hard.
KIND_CYCLE = (
    "seat",
    "living room",
    "table top",
    "window",
    "bedroom",
    "seat",
    "dining room",
    "window",
    "study",
    "bare corner",
)
NEAREST_M = 0.4  # nothing that is seen is nearer
ATTEMPTS = 12


def home_scene(seed: int, index: int, size_px: int = 448) -> tuple[Scene, Camera]:
    """Return a corner of a home and the camera that looks into it.

    Indoors what is seen lies `NEAREST_M` to about 6 m away, most of it within 4 m; through windows one sees as far as
    the sky. A corner whose view is blocked, empty or of one thing alone is drawn again, `ATTEMPTS` times at most.

    Args:
        seed: Of the kit.
        index: Which of its corners; it decides the kind.
        size_px: The height and width of the camera's image.
    """
    for attempt in range(ATTEMPTS):
        rng = np.random.default_rng([seed, index, 0x686F6D65, attempt])  # "home": draws of its own
        scene, camera = _build_scene(rng, home_kind(index), size_px)
        if _is_good_view(scene, camera):
            break
    return scene, camera


def home_kind(index: int) -> str:
    """Return the kind of corner that `index` has with every seed, one of `HOME_KINDS`."""
    return KIND_CYCLE[index % len(KIND_CYCLE)]


def _build_scene(rng: np.random.Generator, name: str, size_px: int) -> tuple[Scene, Camera]:
    # The order of these steps is the order of the random draws: another order makes other pictures.
    palette, lighting = sample_home_palette(rng), sample_home_lighting(rng)
    width, depth, height = float(rng.uniform(2.6, 5.4)), float(rng.uniform(2.8, 5.6)), float(rng.uniform(2.3, 3.0))
    # A stand-in until the room is there: cameras are chosen by how far its walls are.
    start = Camera((0.0, depth / 2, 1.4), (0.0, depth, 1.4), 60, size_px, size_px)
    shell = sample_home_shell(rng, palette, lighting)
    room = RoomBuilder(
        width, depth, height, start, palette, shell, rng, camera_clearance_m=float(rng.uniform(0.5, 1.0))
    )
    room.camera = _camera(room, name == "table top", size_px)
    _add_windows(room, name == "window")
    furnish(room, name)
    add_home_lamp(room, lighting)
    sun = home_sun(room, lighting)
    room.build_shell()
    drop = float(rng.choice([rng.uniform(0.02, 0.2), rng.uniform(2.5, 7.0)], p=[0.75, 0.25]))
    add_surroundings(room, OutdoorConditions(lighting.view_brightness, drop, lighting.dusk))
    ground = tuple(0.65 * c for c in lighting.ambient)
    sky = Sky(scale_colour(lighting.ambient, 1.1), lighting.ambient, (ground[0], ground[1], ground[2]), reach_m=1.2)
    return Scene(room.contents.meshes, SceneLights(room.contents.lights, sun), sky), room.camera


def _add_windows(room: RoomBuilder, in_view: bool) -> None:
    """Put windows into one to three walls, the first where the camera looks if it is to be `in_view`."""
    rng = room.rng
    for side in rng.permutation(WALL_SIDES)[: int(rng.choice([1, 2, 3], p=[0.4, 0.4, 0.2]))]:
        wide = min(float(rng.uniform(0.9, 2.8)), room.wall_length(side) - 0.5)
        along = float(rng.uniform(0, room.wall_length(side)))
        if in_view:
            (side, along), in_view = wall_point_in_view(room), False
            wide = min(wide, room.wall_length(side) - 0.5)
        least = wide / 2 + 0.2
        add_window(room, side, float(np.clip(along, least, room.wall_length(side) - least)), wide)


def _camera(room: RoomBuilder, looks_down: bool, size_px: int) -> Camera:
    """Return a random camera anywhere in the room, at any yaw, whose picture shows walls 1 to 4 m away."""
    rng = room.rng
    fov, high = float(rng.uniform(44, 76)), float(rng.uniform(0.4, 1.9))
    pitch = float(np.clip(rng.normal(-9 - 11 * (high - 1.1), 9), -32, 10))
    if looks_down:
        high, pitch = float(rng.uniform(1.1, 1.7)), float(rng.uniform(-50, -24))
    middle = float(rng.uniform(1.3, 3.4))
    for _ in range(200):
        eye = (float(rng.uniform(-0.5, 0.5)) * (room.width - 0.7), float(rng.uniform(0.35, room.depth - 0.35)), high)
        yaw = float(rng.uniform(0, 360))
        room.camera = Camera(eye, look_target(eye, yaw, pitch), fov, size_px, size_px, sample_roll_deg(rng))
        bearings = np.radians(yaw + np.linspace(-fov / 2, fov / 2, 7))
        reach = [wall_distance(room, np.array([np.sin(b), np.cos(b)])) for b in bearings]
        if min(reach) > 0.6 and abs(np.median(reach) - middle) < 0.5:
            break
    return room.camera


def _is_good_view(scene: Scene, camera: Camera) -> bool:
    """Return whether nothing stands right before the camera, and there is more than one thing to see."""
    tracer, side = Tracer(scene), 20
    y, x = (np.mgrid[:side, :side].reshape(2, -1) + 0.5) * (camera.width_px / side)
    rays = camera.rays(x, y)
    hits = tracer.intersect(np.tile(np.asarray(camera.eye, np.float32), (len(rays), 1)), rays)
    near, middle = float(hits.ray_parameter.min()), float(np.median(hits.ray_parameter))
    largest = np.bincount(hits.mesh[hits.mesh >= 0]).max() / len(rays)
    return bool(near > NEAREST_M + 0.05 and 0.6 < middle < 4.0 and largest < 0.7)
