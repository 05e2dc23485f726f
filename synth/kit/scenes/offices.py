"""Office rooms. A seed and a number decide kind, size, camera, materials, windows, lamps and light."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from bgfg.synth.kit.pieces.palette import sample_palette
from bgfg.synth.kit.render.scene import Camera, Scene, SceneLights, look_target
from bgfg.synth.kit.scenes import office_furnishing
from bgfg.synth.kit.scenes.office_materials import sample_office_shell
from bgfg.synth.kit.scenes.panoramas import in_world_frame
from bgfg.synth.kit.scenes.room_builder import RoomBuilder
from bgfg.synth.kit.scenes.room_lighting import OFFICE_LIGHTING, add_office_lamps, office_sky, office_sun

FARTHEST_M = 9.6  # what is seen stays this near, so that a code for depth up to 10 m holds it


@dataclass(frozen=True)
class OfficeKind:
    """What rooms of a kind have in common.

    Attributes:
        furnish: Fills the room.
        width_m: The range of its width.
        depth_m: The range of its depth, away from the camera.
        height_m: The range of its height.
        camera_offset: How far off the middle the camera may stand, as a share of what the width allows.
    """

    furnish: Callable[[RoomBuilder], None]
    width_m: tuple[float, float]
    depth_m: tuple[float, float]
    height_m: tuple[float, float]
    camera_offset: float = 1.0


OFFICE_KINDS: dict[str, OfficeKind] = {
    "open plan": OfficeKind(office_furnishing.furnish_open_plan, (6.2, 8.6), (7.0, 8.8), (2.7, 3.4), 0.45),
    "meeting room": OfficeKind(office_furnishing.furnish_meeting_room, (4.6, 6.8), (6.4, 8.2), (2.6, 3.1)),
    "corridor": OfficeKind(office_furnishing.furnish_corridor, (2.2, 3.2), (7.8, 9.2), (2.4, 2.9)),
    "lobby": OfficeKind(office_furnishing.furnish_lobby, (6.8, 9.0), (7.2, 8.8), (3.1, 4.2)),
    "cafeteria": OfficeKind(office_furnishing.furnish_cafeteria, (6.0, 8.4), (6.8, 8.6), (2.7, 3.6)),
    "private office": OfficeKind(office_furnishing.furnish_private_office, (4.4, 6.4), (6.0, 7.4), (2.6, 3.1)),
}


def office_scene(seed: int, index: int, size_px: int = 448) -> tuple[Scene, Camera]:
    """Return an office room and the camera that looks into it.

    Everything the camera sees has a z-depth between 0.3 m and 9.9 m.

    Args:
        seed: Of the kit.
        index: Which of its rooms; it decides the kind.
        size_px: The height and width of the camera's image.
    """
    # The order of these steps is the order of the random draws: another order makes other pictures.
    rng = np.random.default_rng([seed, index, 0x726F6F6D])  # "room": draws of its own
    name = office_kind(index)
    kind, lighting = OFFICE_KINDS[name], OFFICE_LIGHTING[rng.integers(len(OFFICE_LIGHTING))]
    palette = sample_palette(rng)
    width, height = float(rng.uniform(*kind.width_m)), float(rng.uniform(*kind.height_m))
    camera, depth = _camera(rng, kind, width, height, size_px)
    shell = sample_office_shell(rng, palette, lighting, camera)
    room = RoomBuilder(width, depth, height, camera, palette, shell, rng)
    _add_openings(room, name)
    kind.furnish(room)
    add_office_lamps(room, lighting, name)
    room.build_shell()
    meshes = in_world_frame(room.contents.meshes, shell.pane)
    meshes = in_world_frame(meshes, shell.next_room)
    lights = SceneLights(room.contents.lights, office_sun(room, lighting))
    return Scene(meshes, lights, office_sky(lighting, shell)), camera


def office_kind(index: int) -> str:
    """Return the kind of room that `index` has with every seed, one of `OFFICE_KINDS`."""
    return list(OFFICE_KINDS)[index % len(OFFICE_KINDS)]


def _camera(
    rng: np.random.Generator, kind: OfficeKind, width: float, height: float, size_px: int
) -> tuple[Camera, float]:
    """Return a random camera near the front wall and the room's depth, reduced where corners would be too far away."""
    depth = float(rng.uniform(*kind.depth_m))
    reach = max(0.0, width / 2 - 0.9) * kind.camera_offset
    eye_x = float(rng.uniform(-1, 1)) * reach
    eye = (eye_x, float(rng.uniform(0.35, 0.8)), float(rng.uniform(1.25, 1.75)))
    # Look to the far side rather than at the wall nearby.
    yaw = float(rng.uniform(-9, 9)) - 16 * eye_x / max(reach, 0.9) * min(1.0, reach / 1.5) * float(
        rng.uniform(0.4, 1.3)
    )
    pitch = float(rng.uniform(-8, -1)) if height < 3.2 else float(rng.uniform(-5, 2))
    fov = float(rng.uniform(50, 66))
    camera = Camera(eye, look_target(eye, yaw, pitch), fov, size_px, size_px)
    # The farther corners of the room are the farthest that can be seen.
    while True:
        corners = np.array([[x, depth + 0.2, z] for x in (-width / 2 - 0.2, width / 2 + 0.2) for z in (0.0, height)])
        if camera.project(corners)[1].max() <= FARTHEST_M:
            return camera, depth
        depth -= 0.1


def _add_openings(room: RoomBuilder, name: str) -> None:
    """Choose which walls have windows, glass and doors, and add them."""
    rng = room.rng
    sides = list(rng.permutation(["left", "right", "back"]))
    if name in ("lobby", "cafeteria") and rng.random() < 0.6:
        sides.sort(key=lambda side: side == "back")
    if name == "corridor":
        sides = ["back"] if rng.random() < 0.5 else (["left"] if rng.random() < 0.5 else [])
    low = 0.0 if rng.random() < (0.6 if name == "lobby" else 0.3) else float(rng.uniform(0.75, 1.0))
    high = room.height - float(rng.uniform(0.12, 0.5))
    wide, gap = float(rng.uniform(1.0, 2.4)), float(rng.choice([0.12, 0.4, 0.8]))
    across, up = int(rng.integers(1, 4)), int(rng.integers(1, 4))
    for side in sides[: 1 if rng.random() < 0.65 else 2]:
        room.add_windows(side, low, high, min(wide, room.wall_length(side) - 0.4), gap, across, up)
    if name != "corridor":
        # The last wall stays whole for what needs one: a counter, a sign, a screen.
        if not room.openings[sides[1]] and rng.random() < 0.4:
            length = room.wall_length(sides[1])
            start = float(rng.uniform(0.15, 0.35)) * length
            room.add_glass_wall(sides[1], start, start + float(rng.uniform(0.35, 0.5)) * length)
        for side in sides[: 2 if name in ("lobby", "cafeteria") else 3]:
            if rng.random() < 0.5:
                place = float(rng.choice([rng.uniform(0.1, 0.22), rng.uniform(0.78, 0.9)])) * room.wall_length(side)
                room.add_door(side, place, glazed=rng.random() < 0.25)
