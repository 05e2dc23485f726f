"""Pieces of homes: each function places a random piece where the camera looks, if there is room for it."""

from __future__ import annotations

import numpy as np

from bgfg.synth.kit.pieces import decor, furniture, home_furniture, seats
from bgfg.synth.kit.pieces.building_elements import radiator
from bgfg.synth.kit.pieces.colours import sample_accent_colour
from bgfg.synth.kit.pieces.graphics import poster_image
from bgfg.synth.kit.pieces.pattern_textures import MOTIFS, Rug
from bgfg.synth.kit.pieces.scene_group import SceneGroup
from bgfg.synth.kit.pieces.tabletop import clutter
from bgfg.synth.kit.render.mesh_primitives import centred_box
from bgfg.synth.kit.render.procedural_textures import Plaster
from bgfg.synth.kit.render.scene import LinearRGB, Material
from bgfg.synth.kit.render.vectors import rotate_z
from bgfg.synth.kit.scenes.room_builder import RoomBuilder
from bgfg.synth.kit.scenes.view_placement import (
    floor_point_in_view,
    place_against_wall,
    place_on_floor,
    wall_point_in_view,
)

LAMP_RADIANCE: LinearRGB = (5.0, 4.2, 3.0)


def place_armchair(room: RoomBuilder) -> None:
    """Place an armchair in view."""
    cover = room.palette.seat if room.rng.random() < 0.7 else room.palette.second_seat
    place_on_floor(room, seats.home_armchair(room.palette, room.rng, cover))


def place_sofa(room: RoomBuilder) -> None:
    """Place a sofa against a wall in view, or else anywhere in view."""
    parts = seats.home_sofa(room.palette, room.rng, room.palette.seat)
    if not place_against_wall(room, parts, 0.8, top=False):
        place_on_floor(room, parts)


def place_chest(room: RoomBuilder) -> None:
    """Place a chest of drawers against a wall in view, with clutter on it."""
    rng = room.rng
    width, height, depth = float(rng.uniform(0.4, 1.5)), float(rng.uniform(0.5, 1.3)), float(rng.uniform(0.35, 0.5))
    place_against_wall(room, home_furniture.chest(room.palette, rng, width, height, depth), height + 0.02)


def place_bookcase(room: RoomBuilder) -> None:
    """Place a bookcase against a wall in view."""
    rng = room.rng
    width, height = float(rng.uniform(0.4, 1.6)), float(rng.uniform(0.7, 2.2))
    place_against_wall(room, furniture.bookcase(room.palette, rng, width, height), height)


def place_wardrobe(room: RoomBuilder) -> None:
    """Place a wardrobe against a wall in view."""
    width, height = float(room.rng.uniform(0.5, 1.8)), float(room.rng.uniform(1.8, 2.3))
    place_against_wall(room, home_furniture.wardrobe(room.palette, room.rng, width, height), height)


def place_television(room: RoomBuilder) -> None:
    """Place a television on a sideboard against a wall in view."""
    width, height = float(room.rng.uniform(0.9, 1.8)), float(room.rng.uniform(0.35, 0.6))
    parts = furniture.cabinet(room.palette, room.rng, width, height)
    screen = home_furniture.television(room.palette, room.rng)
    both = (*parts, *(p.moved((0, 0.03, height)) for p in screen))
    place_against_wall(room, both, height, top=False)


def place_bed(room: RoomBuilder) -> None:
    """Place a bed against a wall in view, or else anywhere in view."""
    width = float(room.rng.choice([0.9, 1.2, 1.4, 1.6, 1.8]))
    parts = home_furniture.bed(room.palette, room.rng, width)
    if not place_against_wall(room, parts, 0.7, top=False):
        place_on_floor(room, parts)


def place_side_table(room: RoomBuilder) -> None:
    """Place a low table with clutter on it in view."""
    rng, high = room.rng, float(room.rng.uniform(0.38, 0.6))
    size = float(rng.uniform(0.35, 0.6))
    table = home_furniture.dining_table(room.palette, rng, size, size, high)
    things = clutter(room.palette, rng, 0.85 * size, 0.85 * size, int(rng.integers(0, 5)))
    place_on_floor(room, (*table, *(p.moved((0, 0, high)) for p in things)))


def place_dining_table(room: RoomBuilder) -> None:
    """Place a dining table with chairs around it, somewhere in view."""
    rng = room.rng
    width, depth = float(rng.uniform(0.8, 1.7)), float(rng.uniform(0.7, 0.95))
    for _ in range(30):
        (x, y), yaw = floor_point_in_view(room), float(rng.choice([0.0, 90.0, rng.uniform(0, 180)]))
        if room.fits(x, y, width, depth + 0.5, yaw, 0.0):
            _laid_table(room, x, y, yaw, width, depth)
            return


def _laid_table(room: RoomBuilder, x: float, y: float, yaw: float, width: float, depth: float) -> None:
    """Add a table with its clutter, and chairs around it where they have room."""
    rng = room.rng
    room.add(SceneGroup(home_furniture.dining_table(room.palette, rng, width, depth)), x, y, yaw)
    room.add(SceneGroup(clutter(room.palette, rng, width, depth, int(rng.integers(2, 16)))), x, y, yaw, 0.74)
    kind = int(rng.integers(1 << 20))  # one seed for all: the chairs at a table are alike
    for side in (-1, 1):
        for place in (0.0,) if width < 1.2 else (-width / 4, width / 4):
            out = side * (depth / 2 + float(rng.uniform(-0.05, 0.3)))
            dx, dy = rotate_z(place, out, yaw)
            turn = yaw + (0.0 if side > 0 else 180.0) + float(rng.normal(0, 14))
            if rng.random() < 0.75:
                chair = seats.dining_chair(room.palette, np.random.default_rng(kind))
                room.place(chair, x + float(dx), y + float(dy), 0.48, 0.5, turn, 0.0)
    # Only now, for chairs may stand partly under the table.
    room.occupied.append((x - width / 2, y - depth / 2, x + width / 2, y + depth / 2))


def place_chair(room: RoomBuilder) -> None:
    """Place a dining chair in view."""
    place_on_floor(room, seats.dining_chair(room.palette, room.rng))


def place_footstool(room: RoomBuilder) -> None:
    """Place a footstool in view."""
    cover = (room.palette.seat, room.palette.second_seat, room.palette.accent)[room.rng.integers(3)]
    place_on_floor(room, seats.footstool(room.palette, room.rng, cover))


def place_plant(room: RoomBuilder) -> None:
    """Place a plant in a pot in view."""
    place_on_floor(room, decor.plant(room.palette, room.rng, float(room.rng.uniform(0.6, 1.9))), 0.55)


def place_lamp(room: RoomBuilder) -> None:
    """Place a floor lamp near a wall in view, now and then switched on."""
    lit = LAMP_RADIANCE if room.rng.random() < 0.35 else (0.0, 0.0, 0.0)
    lamp = home_furniture.standing_lamp(room.palette, room.rng, lit)
    for _ in range(20):
        side, along = wall_point_in_view(room)
        x, y, _ = room.wall_pose(side, along, float(room.rng.uniform(0.25, 0.6)))
        if room.fits(x, y, 0.36, 0.36, 0.0, 0.0):
            room.occupied.append((x - 0.18, y - 0.18, x + 0.18, y + 0.18))
            middle = np.degrees(np.arctan2(room.depth / 2 - y, -x))
            room.add(lamp, x, y, 180.0 + float(middle))  # a bow reaches into the room
            return


def place_floor_item(room: RoomBuilder) -> None:
    """Place something left on the floor in view."""
    place_on_floor(room, home_furniture.floor_item(room.palette, room.rng))


def lay_rug(room: RoomBuilder) -> None:
    """Lay a rug at any angle, if the walls leave room for it."""
    rng = room.rng
    size = (float(rng.uniform(0.9, 2.4)), float(rng.uniform(0.7, 1.8)))
    (x, y), yaw = floor_point_in_view(room), float(rng.choice([0.0, 90.0, rng.uniform(0, 180)]))
    grounds: tuple[LinearRGB, ...] = (
        (0.7, 0.68, 0.62),
        (0.3, 0.29, 0.28),
        (0.1, 0.1, 0.11),
        sample_accent_colour(rng),
        sample_accent_colour(rng),
    )
    motif = MOTIFS[rng.integers(len(MOTIFS))]
    pile = Rug(
        grounds[rng.integers(5)],
        sample_accent_colour(rng),
        size,
        motif,
        float(rng.uniform(0.12, 0.5)),
        int(rng.integers(1 << 20)),
    )
    reach = float(np.hypot(*size)) / 2
    if abs(x) + reach < room.width / 2 + 0.3 and y - reach > -0.3 and y + reach < room.depth + 0.3:
        room.add(SceneGroup((centred_box((0, 0, 0.006), (*size, 0.012), Material(pile)),)), x, y, yaw)


def hang_picture_or_shelf(room: RoomBuilder) -> None:
    """Hang a picture in a frame, with a mount or without one, or a shelf with clutter."""
    rng, palette = room.rng, room.palette
    side, along = wall_point_in_view(room)
    wide, ratio = float(rng.uniform(0.2, 0.95)), float(rng.choice([0.7, 1.0, 1.33]))
    z = float(rng.uniform(1.2, 1.75))
    if rng.random() < 0.25:
        parts = [
            centred_box(
                (0, -0.09, -0.02), (wide, 0.22, 0.03), (palette.white, palette.wood, palette.black)[rng.integers(3)]
            )
        ]
        parts += [p.moved((0, -0.09, 0)) for p in clutter(palette, rng, wide, 0.2, int(rng.integers(1, 6)))]
    else:
        mount = (0.0, rng.uniform(0.02, 0.07))[rng.integers(2)]
        edge = (palette.black, palette.wood, palette.white, palette.chrome)[rng.integers(4)]
        face = decor.image_panel(poster_image(rng), wide, wide * ratio, gloss=float(rng.choice([0.2, 0.9])))
        rim = float(rng.uniform(0.0, 0.08))
        parts = [centred_box((0, 0.014, 0), (wide + rim + 2 * mount, 0.025, wide * ratio + rim + 2 * mount), edge)]
        parts.append(centred_box((0, 0.0145, 0), (wide + 2 * mount, 0.027, wide * ratio + 2 * mount), palette.paper))
        parts.append(face.moved((0, -0.0005, 0)))
    room.hang(tuple(parts), side, along, wide, z, 0.03)


def place_door(room: RoomBuilder) -> None:
    """Put a door into a wall in view."""
    side, along = wall_point_in_view(room)
    room.add_door(side, along, room.palette.white if room.rng.random() < 0.6 else None, room.rng.random() < 0.2)


def place_radiator(room: RoomBuilder) -> None:
    """Put a radiator at a wall in view."""
    width = float(room.rng.uniform(0.5, 1.2))
    side, along = wall_point_in_view(room)
    if room.wall_is_free(side, along - width / 2, along + width / 2, high=0.7):
        room.add(radiator(width, room.palette.white), *room.wall_pose(side, along))
        room.keep_clear(side, along - width / 2, along + width / 2, 0.14)


def place_desk(room: RoomBuilder) -> None:
    """Place a desk against a wall in view, with what lies on it and a chair."""
    rng, width = room.rng, float(room.rng.uniform(1.0, 1.6))
    desk = tuple(p.moved((0, 0, 0), 180.0) for p in furniture.desk(room.palette, rng, width, 0.7))
    things = (
        decor.desk_items(room.palette, rng, width) if rng.random() < 0.6 else clutter(room.palette, rng, width, 0.6, 9)
    )
    both = (*desk, *(p.moved((0, 0, 0.74)) for p in things))
    if place_against_wall(room, both, 0.74, top=False):
        place_on_floor(room, (seats.office_chair, seats.dining_chair)[rng.integers(2)](room.palette, rng))


def place_kitchen_counter(room: RoomBuilder) -> None:
    """Place a kitchen counter against a wall in view, with clutter on it."""
    rng, width = room.rng, float(room.rng.choice([1.2, 1.8, 2.4]))
    front = home_furniture.sample_body_material(room.palette, rng)
    parts = furniture.kitchen_counter(room.palette, rng, front, width)
    things = clutter(room.palette, rng, width, 0.5, int(rng.integers(2, 9)))
    place_against_wall(room, (*parts, *(p.moved((0, 0, 0.92)) for p in things)), 2.2)


def place_near_table(room: RoomBuilder) -> None:
    """Add a table with much on it, right where the camera looks, and keep the floor around it free."""
    rng, eye = room.rng, room.camera.eye
    _, _, forward = room.camera.axes()
    high = float(rng.choice([0.74, 0.74, 0.45]))
    width, depth, yaw = float(rng.uniform(0.7, 1.8)), float(rng.uniform(0.6, 1.0)), float(rng.uniform(0, 360))
    ahead = (high - eye[2]) / forward[2] * float(rng.uniform(0.9, 1.3))
    x, y = eye[0] + ahead * float(forward[0]), eye[1] + ahead * float(forward[1])
    table = home_furniture.dining_table(room.palette, rng, width, depth, high)
    if not room.fits(x, y, width, depth, yaw, 0.0):
        wide = 0.5 * float(np.hypot(width, depth))
        x = float(np.clip(x, wide - room.width / 2, room.width / 2 - wide))
        y = float(np.clip(y, wide, room.depth - wide))
    room.add(SceneGroup(table), x, y, yaw)
    room.add(SceneGroup(clutter(room.palette, rng, width, depth, int(rng.integers(4, 22)))), x, y, yaw, high)
    if rng.random() < 0.4:
        cloth = Material(Plaster(sample_accent_colour(rng) if rng.random() < 0.5 else (0.75, 0.74, 0.7), 3))
        size = (0.9 * width, 0.45 * depth) if rng.random() < 0.5 else (0.45, 0.32)
        room.add(SceneGroup((centred_box((0, 0, 0.002), (*size, 0.004), cloth),)), x, y, yaw, high)
    reach = 0.5 * float(np.hypot(width, depth))
    room.occupied.append((x - reach, y - reach, x + reach, y + reach))
