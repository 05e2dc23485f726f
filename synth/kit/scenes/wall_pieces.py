"""Wall pieces: what stands or hangs at the walls of every kind of office."""

from __future__ import annotations

from collections.abc import Callable

from bgfg.synth.kit.pieces import decor, furniture, seats
from bgfg.synth.kit.pieces.graphics import poster_image, slide_image, whiteboard_image
from bgfg.synth.kit.pieces.scene_group import SceneGroup
from bgfg.synth.kit.render.materials import glow
from bgfg.synth.kit.render.mesh_primitives import box, centred_box, cylinder, merge_by_material
from bgfg.synth.kit.render.scene import Material
from bgfg.synth.kit.render.vectors import rotate_z
from bgfg.synth.kit.scenes.room_builder import RoomBuilder


def place_along_walls(room: RoomBuilder, pieces: tuple[str, ...], tries: int) -> None:
    """Put pieces in turn at random free places of the walls in view.

    Args:
        room: The room that they go into.
        pieces: Names of `WALL_PIECES`.
        tries: How many places are tried.
    """
    rng = room.rng
    for k in range(tries):
        side = ("back", "left", "right")[rng.integers(3)]
        along = float(rng.uniform(0.06, 0.94)) * room.wall_length(side)
        WALL_PIECES[pieces[k % len(pieces)]](room, side, along)


def hang_big_screen(room: RoomBuilder, side: str) -> bool:
    """Hang a television or a whiteboard in the middle of a wall; return False where there is no room."""
    width = float(room.rng.uniform(1.4, 2.0))
    if room.rng.random() < 0.65:
        face = decor.image_panel(slide_image(room.rng), width, width * 0.5625, emission=1.1, gloss=0.5)
    else:
        face = decor.image_panel(whiteboard_image(room.rng), width, width * 0.5625)
    body = centred_box((0, 0.022, 0), (width + 0.05, 0.04, width * 0.5625 + 0.05), room.palette.black)
    return room.hang((body, face), side, room.wall_length(side) / 2, width, 1.5, 0.05)


def hang_picture(room: RoomBuilder, side: str, along: float, width: float | None = None) -> None:
    """Hang a picture in a frame, of a random width unless one is given."""
    wide = width or float(room.rng.uniform(0.45, 0.9))
    face = decor.image_panel(poster_image(room.rng), wide, wide * 1.33)
    rim = centred_box(
        (0, 0.014, 0),
        (wide + 0.05, 0.025, wide * 1.33 + 0.05),
        (room.palette.black, room.palette.wood)[room.rng.integers(2)],
    )
    room.hang((rim, face), side, along, wide, 1.58, 0.03)


def _board(room: RoomBuilder, side: str, along: float) -> None:
    face = decor.image_panel(whiteboard_image(room.rng), 1.5, 0.9)
    rim = centred_box((0, 0.012, 0), (1.54, 0.02, 0.94), room.palette.chrome)
    tray = centred_box((0, -0.03, -0.48), (1.0, 0.07, 0.02), room.palette.chrome)
    room.hang((rim, tray, face), side, along, 1.5, 1.5, 0.03)


def _bookcase(room: RoomBuilder, side: str, along: float) -> None:
    width, height = float(room.rng.uniform(0.7, 1.3)), float(room.rng.choice([1.2, 1.6, 2.0]))
    room.place_at_wall(furniture.bookcase(room.palette, room.rng, width, height), side, along, width, 0.32, height)


def _cabinet(room: RoomBuilder, side: str, along: float) -> None:
    width = float(room.rng.uniform(1.0, 1.9))
    if room.place_at_wall(furniture.cabinet(room.palette, room.rng, width), side, along, width, 0.45, 0.8):
        x, y, yaw = room.wall_pose(side, along, 0.25)
        dx, dy = rotate_z(width * 0.3, 0, yaw)
        room.add(SceneGroup(decor.small_plant(room.palette, room.rng)), x + dx, y + dy, yaw, 0.75)


def _plant(room: RoomBuilder, side: str, along: float) -> None:
    height = float(room.rng.uniform(1.0, 1.8))
    room.place_at_wall(decor.plant(room.palette, room.rng, height), side, along, 0.6, 0.75, 0.85)


def _sofa(room: RoomBuilder, side: str, along: float) -> None:
    room.place_at_wall(seats.sofa(room.palette, 2), side, along, 1.7, 0.9, 0.84)


def _bench(room: RoomBuilder, side: str, along: float) -> None:
    parts = [box((-0.6, -0.2, 0.4), (0.6, 0.2, 0.46), room.palette.wood)]
    parts += [box((x - 0.03, -0.18, 0), (x + 0.03, 0.18, 0.4), room.palette.frame) for x in (-0.5, 0.5)]
    room.place_at_wall(merge_by_material(parts), side, along, 1.2, 0.42, 0.5)


def _cooler(room: RoomBuilder, side: str, along: float) -> None:
    water = Material((0.25, 0.5, 0.7), gloss=0.8, roughness=0.05)
    parts = [box((-0.16, -0.16, 0), (0.16, 0.16, 0.95), room.palette.white)]
    parts.append(box((-0.11, -0.165, 0.6), (0.11, -0.158, 0.85), room.palette.black))
    parts += [p.moved((0, 0, 0.95)) for p in (cylinder((0, 0, 0), 0.13, 0.36, water, 24),)]
    room.place_at_wall(merge_by_material(parts), side, along, 0.36, 0.4, 1.3)


def _bin(room: RoomBuilder, side: str, along: float) -> None:
    room.place_at_wall(decor.waste_bin(room.palette), side, along, 0.3, 0.3, 0.35)


def _lamp(room: RoomBuilder, side: str, along: float) -> None:
    shade = glow((1.0, 0.86, 0.66), 1.6)
    room.place_at_wall(decor.floor_lamp(room.palette, shade), side, along, 0.42, 0.5, 1.6)


WALL_PIECES: dict[str, Callable[[RoomBuilder, str, float], None]] = {
    "poster": hang_picture,
    "board": _board,
    "bookcase": _bookcase,
    "cabinet": _cabinet,
    "plant": _plant,
    "sofa": _sofa,
    "bench": _bench,
    "cooler": _cooler,
    "bin": _bin,
    "lamp": _lamp,
}
