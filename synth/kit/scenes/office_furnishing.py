"""Furnishing of offices: each function fills a room of its kind and leaves out what has no room."""

from __future__ import annotations

import numpy as np

from bgfg.synth.kit.pieces import decor, furniture, seats
from bgfg.synth.kit.pieces.building_elements import column
from bgfg.synth.kit.pieces.graphics import sign_image
from bgfg.synth.kit.pieces.scene_group import SceneGroup
from bgfg.synth.kit.render.materials import glow
from bgfg.synth.kit.render.mesh_primitives import centred_box, merge_by_material
from bgfg.synth.kit.render.procedural_textures import Fabric, Slats
from bgfg.synth.kit.render.scene import Material
from bgfg.synth.kit.render.vectors import rotate_z
from bgfg.synth.kit.scenes.room_builder import RoomBuilder, evenly_spaced
from bgfg.synth.kit.scenes.wall_pieces import hang_big_screen, hang_picture, place_along_walls


def furnish_open_plan(room: RoomBuilder) -> None:
    """Add islands of desks along the sides, with an aisle between them."""
    rng, palette = room.rng, room.palette
    wide = float(rng.choice([1.4, 1.6]))
    screen = Material(Fabric(palette.accent_colour, 7))
    divided, kind = rng.random() < 0.6, int(rng.integers(1 << 20))  # one seed for all: the desks are alike
    for side in (-1, 1):
        # Desks back to back where the camera leaves room for them, else a row along the wall.
        island = room.width / 2 - side * room.camera.eye[0] * 0.6 > 3.6
        x = side * (room.width / 2 - (float(rng.uniform(1.9, 2.2)) if island else 0.58))
        reach, y = 1.7 if island else 0.42, room.depth - float(rng.uniform(0.9, 1.5)) - wide / 2
        while y > 1.8:
            if not room.fits(x, y, 2 * reach, wide, 0, 0.0):
                y -= 0.2
                continue
            for off, yaw in ((-0.41, -90.0), (0.41, 90.0)) if island else ((0.0, -90.0 * side),):
                _workplace(room, x + off, y, yaw, wide, kind)
            if divided and island:
                room.add(SceneGroup((centred_box((x, y, 0.95), (0.03, wide - 0.04, 0.46), screen),)))
            held = reach if island else reach + 0.5
            room.occupied.append((x - held, y - wide / 2, x + held, y + wide / 2))
            y -= wide + 0.01
    if rng.random() < 0.45:
        shaft = room.shell.walls["left"]
        for y in (room.depth * 0.62, room.depth * 0.9):
            x = float(rng.choice([-1, 1])) * room.width * 0.12
            if room.fits(x, y, 0.4, 0.4, 0):
                room.place(column(0, 0, 0.36, room.height, shaft, rng.random() < 0.5), x, y, 0.4, 0.4)
    place_along_walls(room, ("bookcase", "cabinet", "plant", "board", "poster", "plant", "bin"), tries=40)


def _workplace(room: RoomBuilder, x: float, y: float, yaw: float, wide: float, kind: int) -> None:
    rng, palette = room.rng, room.palette
    room.add(SceneGroup(furniture.desk(palette, np.random.default_rng(kind), wide)), x, y, yaw)
    room.add(SceneGroup(decor.desk_items(palette, rng, wide)), x, y, yaw, 0.74)
    c, s = np.cos(np.radians(yaw)), np.sin(np.radians(yaw))
    off, turn = float(rng.uniform(0.55, 0.85)), float(rng.uniform(-40, 40))
    room.add(SceneGroup(seats.office_chair(palette, rng)), x + s * off, y - c * off, yaw + turn)


def furnish_meeting_room(room: RoomBuilder) -> None:
    """Add a long table with chairs around it, and a screen or a board on the wall."""
    rng, palette = room.rng, room.palette
    width = float(rng.uniform(1.0, 1.35))
    length = float(rng.uniform(1.6, min(3.4, max(1.7, room.depth - 4.4))))
    yaw = 90.0 if rng.random() < 0.4 and room.width > length + 2.4 else 0.0
    reach = length / 2 if yaw == 0 else width / 2
    x, y = float(rng.uniform(-0.4, 0.4)), room.depth - 1.25 - reach - float(rng.uniform(0, 0.3))
    room.add(SceneGroup(furniture.meeting_table(palette, length, width, rng, rng.random() < 0.4)), x, y, yaw)
    # The table occupies what its chairs need, too.
    around = (width + 1.5, length + 1.3) if yaw == 0 else (length + 1.3, width + 1.5)
    room.occupied.append((x - around[0] / 2, y - around[1] / 2, x + around[0] / 2, y + around[1] / 2))
    swivel, cloth, seed = rng.random() < 0.5, rng.random() < 0.6, int(rng.integers(1 << 20))
    for place in evenly_spaced(max(2, round(length / 0.75)), -length / 2, length / 2):
        for side in (-1, 1):
            own = np.random.default_rng(seed)  # the same for all: the chairs at a table are alike
            piece = seats.office_chair(palette, own) if swivel else seats.chair(palette, own, cloth)
            dx, dy = rotate_z(side * (width / 2 + float(rng.uniform(0.08, 0.25))), place, yaw)
            room.add(SceneGroup(piece), x + dx, y + dy, yaw + side * 90.0 + float(rng.uniform(-12, 12)))
    for place in evenly_spaced(3, -length / 2, length / 2):
        if rng.random() < 0.75:
            dx, dy = rotate_z(float(rng.uniform(-0.2, 0.2)), place, yaw)
            things = (decor.laptop, decor.cup, decor.small_plant)[rng.integers(3)](palette, rng)
            room.add(SceneGroup(things), x + dx, y + dy, float(rng.uniform(0, 360)), 0.745)
    if not hang_big_screen(room, "back"):
        hang_big_screen(room, "left") or hang_big_screen(room, "right")
    place_along_walls(room, ("cabinet", "plant", "board", "poster", "plant", "bookcase", "poster"), tries=40)


def furnish_corridor(room: RoomBuilder) -> None:
    """Add doors and glass on both sides, and something at the end."""
    rng = room.rng
    for side in ("left", "right"):
        if not room.openings[side]:
            glass = rng.random() < 0.45
            start = float(rng.uniform(1.4, 2.2))
            for k, along in enumerate(np.arange(start, room.depth - 0.7, float(rng.uniform(1.9, 2.6)))):
                place = float(along) if side == "left" else room.depth - float(along)
                if glass and k % 2:
                    room.add_glass_wall(side, place - 0.85, place + 0.85)
                else:
                    room.add_door(side, place, glazed=rng.random() < 0.3)
    if not room.openings["back"] and rng.random() < 0.25:
        room.add_lift("back", room.width / 2)
    elif not room.openings["back"] and rng.random() < 0.6:
        room.add_door("back", room.width / 2, glazed=True)
    elif not room.openings["back"]:
        hang_picture(room, "back", room.width / 2, 1.3)
    place_along_walls(room, ("poster", "plant", "bench", "poster", "plant", "cooler", "poster", "cabinet"), tries=40)
    add_exit_sign(room)


def add_exit_sign(room: RoomBuilder) -> None:
    """Hang a green exit sign below the ceiling, in every second room."""
    palette = room.palette
    if room.rng.random() < 0.5:
        y = room.depth * 0.6
        face = glow((0.05, 0.5, 0.16), 1.2)
        body = centred_box((0, y, room.height - 0.26), (0.42, 0.04, 0.2), palette.white)
        lit = centred_box((0, y - 0.022, room.height - 0.26), (0.38, 0.004, 0.16), face)
        figure = centred_box((-0.08, y - 0.026, room.height - 0.26), (0.05, 0.004, 0.11), palette.white)
        arrow = centred_box((0.08, y - 0.026, room.height - 0.26), (0.14, 0.004, 0.03), palette.white)
        rods = [centred_box((x, y, room.height - 0.08), (0.01, 0.01, 0.16), palette.chrome) for x in (-0.15, 0.15)]
        room.add(SceneGroup(merge_by_material([body, lit, figure, arrow, *rods])))


def furnish_lobby(room: RoomBuilder) -> None:
    """Add a reception with a sign behind it, seats around a low table on a rug, tall plants."""
    rng, palette = room.rng, room.palette
    front = (
        palette.wood,
        Material(Slats(palette.wood_colour, 0.08, 0.018, 5), gloss=0.2),
        palette.stone,
        palette.accent,
    )[rng.integers(4)]
    side = "back" if not room.openings["back"] else ("left", "right")[rng.integers(2)]
    along = room.wall_length(side) * float(rng.uniform(0.35, 0.65))
    width = float(rng.uniform(2.2, 3.2))
    x, y, yaw = room.wall_pose(side, along, 1.7)
    if room.place(furniture.reception_desk(palette, front, width), x, y, width + 0.1, 1.2, yaw):
        for place in (-0.6, 0.7):
            dx, dy = rotate_z(place, 0.3, yaw)
            room.add(SceneGroup(decor.monitor(palette, rng)), x + dx, y + dy, yaw + 180.0, 0.74)
        room.keep_clear(side, along - width / 2, along + width / 2, 1.6)
    ground = (0.8, 0.8, 0.78) if sum(palette.accent_colour) < 0.6 else (0.03, 0.035, 0.045)
    mark = decor.image_panel(sign_image(rng, ground, palette.accent_colour), 2.0, 0.5)
    board = centred_box((0, 0.02, 0), (2.04, 0.03, 0.54), palette.black)
    room.hang((mark, board), side, along, 2.0, min(2.1, room.height - 0.6), 0.04)
    for _ in range(3):
        place_seating_group(room)
    for side in ("left", "right", "back"):
        if rng.random() < 0.35:
            for along in (0.4, 0.62) if rng.random() < 0.5 else (0.5,):
                room.add_lift(side, along * room.wall_length(side))
    for side_x in (-1, 1):
        x, y = side_x * float(rng.uniform(0.28, 0.45)) * room.width, float(rng.uniform(0.5, 0.95)) * room.depth
        room.place(decor.plant(palette, rng, float(rng.uniform(1.3, 2.0))), x, y, 0.6, 0.6)
    place_along_walls(room, ("plant", "poster", "bench", "plant", "bookcase", "poster"), tries=40)


def place_seating_group(room: RoomBuilder) -> None:
    """Place a sofa and armchairs around a low table on a rug, where there is room."""
    rng, palette = room.rng, room.palette
    for _ in range(80):
        x = float(rng.uniform(-0.5, 0.5)) * (room.width - 2.8)
        y = float(rng.uniform(2.4, max(2.5, room.depth - 1.4)))
        yaw = float(rng.choice([0, 90, -90, 180]))
        if room.fits(x, y, 2.7, 2.6, yaw, 0.02):
            room.occupied.append((x - 1.4, y - 1.4, x + 1.4, y + 1.4))
            room.add(SceneGroup((centred_box((0, 0, 0.004), (2.4, 2.2, 0.008), palette.rug),)), x, y, yaw)
            pieces = [(seats.sofa(palette, int(rng.integers(2, 4))), 0.0, 0.85, 0.0)]
            pieces.append((furniture.coffee_table(palette, rng), 0.0, -0.05, 0.0))
            for side in (-1, 1):
                chair = (
                    seats.tub_chair(palette),
                    seats.pouf(palette, rng),
                    seats.sofa(palette, 1, palette.second_seat),
                )
                pieces.append((chair[rng.integers(3)], side * 0.7, -0.95, 180.0 + side * 15.0))
            for parts, px, py, turn in pieces:
                dx, dy = rotate_z(px, py, yaw)
                room.add(SceneGroup(parts), x + dx, y + dy, yaw + turn)
            return


def furnish_cafeteria(room: RoomBuilder) -> None:
    """Add a kitchen counter at a wall, small tables with chairs, a high table with stools."""
    rng, palette = room.rng, room.palette
    front = (palette.white, palette.wood, palette.accent, palette.black)[rng.integers(4)]
    _add_kitchen(room, front)
    cloth, seed, bar = rng.random() < 0.3, int(rng.integers(1 << 20)), rng.random() < 0.5
    if bar:
        _place_bar_table(room)
    _place_round_tables(room, cloth, seed)
    place_along_walls(room, ("poster", "plant", "poster", "plant", "bin", "sofa"), tries=36)


def _add_kitchen(room: RoomBuilder, front: Material) -> None:
    """Put a kitchen counter with a coffee machine, and a fridge beside it, at the first wall that has room."""
    rng, palette = room.rng, room.palette
    for side in rng.permutation(["back", "left", "right"]):
        width = float(rng.choice([2.4, 3.0, 3.6]))
        along = room.wall_length(side) * float(rng.uniform(0.4, 0.6))
        if room.place_at_wall(furniture.kitchen_counter(palette, rng, front, width), side, along, width, 0.65, 2.2):
            x, y, yaw = room.wall_pose(side, along, 0.33)
            for place, parts in ((-0.3, decor.coffee_machine(palette)), (0.25, decor.fruit_bowl(palette))):
                dx, dy = rotate_z(place * width, 0, yaw)
                room.add(SceneGroup(parts), x + dx, y + dy, yaw, 0.92)
            room.place_at_wall(decor.fridge(palette), side, along + width / 2 + 0.36, 0.62, 0.65, 1.9)
            return


def _place_bar_table(room: RoomBuilder) -> None:
    """Place a high table with stools on both sides, if there is room for it."""
    rng, palette = room.rng, room.palette
    x, y = float(rng.choice([-1, 1])) * room.width * 0.24, room.depth * float(rng.uniform(0.5, 0.62))
    if room.fits(x, y, 1.7, 2.2, 0):
        room.occupied.append((x - 0.85, y - 1.1, x + 0.85, y + 1.1))
        top = [centred_box((x, y, 1.03), (0.65, 2.0, 0.05), palette.top)]
        top += [centred_box((x, y + side * 0.85, 0.5), (0.5, 0.06, 1.0), palette.frame) for side in (-1, 1)]
        room.add(SceneGroup(merge_by_material(top)))
        for place in evenly_spaced(3, -0.9, 0.9):
            for side in (-0.55, 0.55):
                room.add(SceneGroup(seats.bar_stool(palette)), x + side, y + place)


def _place_round_tables(room: RoomBuilder, cloth: bool, seed: int) -> None:
    """Place round tables with two to four chairs wherever there is room; `seed` makes all chairs alike."""
    rng, palette = room.rng, room.palette
    for _ in range(60):
        x, y = float(rng.uniform(-0.5, 0.5)) * room.width, float(rng.uniform(2.2, room.depth))
        if room.fits(x, y, 1.75, 1.75, 0, 0.02):
            room.occupied.append((x - 0.85, y - 0.85, x + 0.85, y + 0.85))
            room.add(SceneGroup(furniture.round_table(palette)), x, y)
            if rng.random() < 0.6:
                room.add(SceneGroup(decor.cup(palette, rng)), x + 0.12, y - 0.1, 0, 0.74)
            first = float(rng.uniform(0, 90))
            for angle in np.arange(rng.integers(2, 5)) * 90.0 + first:
                dx, dy = rotate_z(0, -0.56, float(angle))
                piece = seats.chair(palette, np.random.default_rng(seed), cloth)
                room.add(SceneGroup(piece), x + dx, y + dy, float(angle))


def furnish_private_office(room: RoomBuilder) -> None:
    """Add a large desk that faces the door, a bookcase behind, two chairs in front, a seat by the side."""
    rng, palette = room.rng, room.palette
    for _ in range(8):
        x, y = float(rng.uniform(-0.3, 0.3)) * room.width, room.depth - float(rng.uniform(1.5, 1.8))
        yaw = 180.0 + float(rng.uniform(-18, 18))
        if not room.place(furniture.desk(palette, rng, 1.8, 0.9), x, y, 1.8, 0.9, yaw):
            continue
        room.add(SceneGroup(decor.desk_items(palette, rng, 1.8)), x, y, yaw, 0.74)
        room.add(SceneGroup(seats.office_chair(palette, rng)), x, y + 0.75, yaw + float(rng.uniform(-25, 25)))
        room.occupied.append((x - 0.4, y + 0.4, x + 0.4, y + 1.1))
        for side in (-0.5, 0.5):
            if rng.random() < 0.75:
                room.place(seats.chair(palette, rng, True), x + side, y - 1.0, 0.5, 0.5, float(rng.uniform(-20, 20)))
        room.add(SceneGroup((centred_box((x, y - 0.4, 0.004), (2.8, 2.3, 0.008), palette.rug),)))
        break
    for along in (0.3, 0.7, 0.5):
        piece = furniture.bookcase(palette, rng, 1.2)
        room.place_at_wall(piece, "back", room.width * along, 1.2, 0.32, 2.0)
    place_along_walls(room, ("plant", "sofa", "poster", "lamp", "cabinet", "poster", "bookcase", "plant"), tries=40)
