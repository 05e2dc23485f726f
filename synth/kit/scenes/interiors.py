"""How each kind of room is furnished. A furnisher takes a plan and fills it; what has no room is left out."""

from __future__ import annotations

import numpy as np
from bgfg.synth.kit.pieces import decor, furniture
from bgfg.synth.kit.pieces.fittings import Fitting, column
from bgfg.synth.kit.pieces.looks import Look
from bgfg.synth.kit.pieces.pictures import sign
from bgfg.synth.kit.render.materials import Fabric, Stripes, glow
from bgfg.synth.kit.render.scene import Material, turned
from bgfg.synth.kit.render.shapes import block, joined
from bgfg.synth.kit.scenes.plan import Plan, spaced
from bgfg.synth.kit.scenes.wall_pieces import along_walls, big_screen, framed


def open_plan(plan: Plan) -> None:
    """Islands of desks along the sides, an aisle between them."""
    rng, look = plan.rng, plan.look
    wide = float(rng.choice([1.4, 1.6]))
    screen = Material(Fabric(look.accent_colour, 7))
    divided, kind = rng.random() < 0.6, int(rng.integers(1 << 20))
    for side in (-1, 1):
        island = plan.width / 2 - side * plan.camera.eye[0] * 0.6 > 3.6
        x = side * (plan.width / 2 - (float(rng.uniform(1.9, 2.2)) if island else 0.58))
        reach, y = 1.7 if island else 0.42, plan.depth - float(rng.uniform(0.9, 1.5)) - wide / 2
        while y > 1.8:
            if not plan.fits(x, y, 2 * reach, wide, 0, 0.0):
                y -= 0.2
                continue
            for off, yaw in ((-0.41, -90.0), (0.41, 90.0)) if island else ((0.0, -90.0 * side),):
                _workplace(plan, x + off, y, yaw, wide, kind)
            if divided and island:
                plan.add(Fitting((block((x, y, 0.95), (0.03, wide - 0.04, 0.46), screen),)))
            held = reach if island else reach + 0.5
            plan.taken.append((x - held, y - wide / 2, x + held, y + wide / 2))
            y -= wide + 0.01
    if rng.random() < 0.45:
        shaft = plan.finish.walls["left"]
        for y in (plan.depth * 0.62, plan.depth * 0.9):
            x = float(rng.choice([-1, 1])) * plan.width * 0.12
            if plan.fits(x, y, 0.4, 0.4, 0):
                plan.put(column(0, 0, 0.36, plan.height, shaft, rng.random() < 0.5), x, y, 0.4, 0.4)
    along_walls(plan, ("bookcase", "cabinet", "plant", "board", "poster", "plant", "bin"), tries=40)


def _workplace(plan: Plan, x: float, y: float, yaw: float, wide: float, kind: int) -> None:
    rng, look = plan.rng, plan.look
    plan.add(Fitting(furniture.desk(look, np.random.default_rng(kind), wide)), x, y, yaw)
    plan.add(Fitting(decor.desk_things(look, rng, wide)), x, y, yaw, 0.74)
    c, s = np.cos(np.radians(yaw)), np.sin(np.radians(yaw))
    off, turn = float(rng.uniform(0.55, 0.85)), float(rng.uniform(-40, 40))
    plan.add(Fitting(furniture.office_chair(look, rng)), x + s * off, y - c * off, yaw + turn)


def meeting(plan: Plan) -> None:
    """A long table with chairs around it, a screen or a board on the wall."""
    rng, look = plan.rng, plan.look
    width = float(rng.uniform(1.0, 1.35))
    length = float(rng.uniform(1.6, min(3.4, max(1.7, plan.depth - 4.4))))
    yaw = 90.0 if rng.random() < 0.4 and plan.width > length + 2.4 else 0.0
    reach = length / 2 if yaw == 0 else width / 2
    x, y = float(rng.uniform(-0.4, 0.4)), plan.depth - 1.25 - reach - float(rng.uniform(0, 0.3))
    plan.add(Fitting(furniture.table(look, length, width, rng, rng.random() < 0.4)), x, y, yaw)
    around = (width + 1.5, length + 1.3) if yaw == 0 else (length + 1.3, width + 1.5)
    plan.taken.append((x - around[0] / 2, y - around[1] / 2, x + around[0] / 2, y + around[1] / 2))
    swivel, cloth, seed = rng.random() < 0.5, rng.random() < 0.6, int(rng.integers(1 << 20))
    for place in spaced(max(2, round(length / 0.75)), -length / 2, length / 2):
        for side in (-1, 1):
            own = np.random.default_rng(seed)
            piece = furniture.office_chair(look, own) if swivel else furniture.chair(look, own, cloth)
            dx, dy = turned(side * (width / 2 + float(rng.uniform(0.08, 0.25))), place, yaw)
            plan.add(Fitting(piece), x + dx, y + dy, yaw + side * 90.0 + float(rng.uniform(-12, 12)))
    for place in spaced(3, -length / 2, length / 2):
        if rng.random() < 0.75:
            dx, dy = turned(float(rng.uniform(-0.2, 0.2)), place, yaw)
            things = (decor.laptop, decor.cup, decor.small_plant)[rng.integers(3)](look, rng)
            plan.add(Fitting(things), x + dx, y + dy, float(rng.uniform(0, 360)), 0.745)
    if not big_screen(plan, "back"):
        big_screen(plan, "left") or big_screen(plan, "right")
    along_walls(plan, ("cabinet", "plant", "board", "poster", "plant", "bookcase", "poster"), tries=40)


def corridor(plan: Plan) -> None:
    """Doors and glass on both sides, something at the end."""
    rng, look = plan.rng, plan.look
    for side in ("left", "right"):
        if not plan.openings[side]:
            glass = rng.random() < 0.45
            start = float(rng.uniform(1.4, 2.2))
            for k, along in enumerate(np.arange(start, plan.depth - 0.7, float(rng.uniform(1.9, 2.6)))):
                place = float(along) if side == "left" else plan.depth - float(along)
                if glass and k % 2:
                    plan.open_glass(side, place - 0.85, place + 0.85)
                else:
                    plan.open_door(side, place, glazed=rng.random() < 0.3)
    if not plan.openings["back"] and rng.random() < 0.25:
        plan.open_lift("back", plan.width / 2)
    elif not plan.openings["back"] and rng.random() < 0.6:
        plan.open_door("back", plan.width / 2, glazed=True)
    elif not plan.openings["back"]:
        framed(plan, "back", plan.width / 2, 1.3)
    along_walls(plan, ("poster", "plant", "bench", "poster", "plant", "cooler", "poster", "cabinet"), tries=40)
    ceiling_sign(plan, look)


def ceiling_sign(plan: Plan, look: Look) -> None:
    """Hang a green sign towards the way out below the ceiling, sometimes."""
    if plan.rng.random() < 0.5:
        y = plan.depth * 0.6
        face = glow((0.05, 0.5, 0.16), 1.2)
        body = block((0, y, plan.height - 0.26), (0.42, 0.04, 0.2), look.white)
        lit = block((0, y - 0.022, plan.height - 0.26), (0.38, 0.004, 0.16), face)
        figure = block((-0.08, y - 0.026, plan.height - 0.26), (0.05, 0.004, 0.11), look.white)
        arrow = block((0.08, y - 0.026, plan.height - 0.26), (0.14, 0.004, 0.03), look.white)
        rods = [block((x, y, plan.height - 0.08), (0.01, 0.01, 0.16), look.chrome) for x in (-0.15, 0.15)]
        plan.add(Fitting(joined([body, lit, figure, arrow, *rods])))


def lobby(plan: Plan) -> None:
    """A reception with a sign behind it, seats around a low table on a rug, tall plants."""
    rng, look = plan.rng, plan.look
    front = (look.wood, Material(Stripes(look.wood_colour, 0.08, 0.018, 5), gloss=0.2), look.stone, look.accent)[
        rng.integers(4)
    ]
    side = "back" if not plan.openings["back"] else ("left", "right")[rng.integers(2)]
    along = plan.length(side) * float(rng.uniform(0.35, 0.65))
    width = float(rng.uniform(2.2, 3.2))
    x, y, yaw = plan.at_wall(side, along, 1.7)
    if plan.put(furniture.reception(look, front, width), x, y, width + 0.1, 1.2, yaw):
        for place in (-0.6, 0.7):
            dx, dy = turned(place, 0.3, yaw)
            plan.add(Fitting(decor.monitor(look, rng)), x + dx, y + dy, yaw + 180.0, 0.74)
        plan.keep_clear(side, along - width / 2, along + width / 2, 1.6)
    ground = (0.8, 0.8, 0.78) if sum(look.accent_colour) < 0.6 else (0.03, 0.035, 0.045)
    mark = decor.shown(sign(rng, ground, look.accent_colour), 2.0, 0.5)
    board = block((0, 0.02, 0), (2.04, 0.03, 0.54), look.black)
    plan.hang((mark, board), side, along, 2.0, min(2.1, plan.height - 0.6), 0.04)
    for _ in range(3):
        seating(plan)
    for side in ("left", "right", "back"):
        if rng.random() < 0.35:
            for along in (0.4, 0.62) if rng.random() < 0.5 else (0.5,):
                plan.open_lift(side, along * plan.length(side))
    for side_x in (-1, 1):
        x, y = side_x * float(rng.uniform(0.28, 0.45)) * plan.width, float(rng.uniform(0.5, 0.95)) * plan.depth
        plan.put(decor.plant(look, rng, float(rng.uniform(1.3, 2.0))), x, y, 0.6, 0.6)
    along_walls(plan, ("plant", "poster", "bench", "plant", "bookcase", "poster"), tries=40)


def seating(plan: Plan) -> None:
    """Put a sofa and armchairs around a low table on a rug, where there is room."""
    rng, look = plan.rng, plan.look
    for _ in range(80):
        x = float(rng.uniform(-0.5, 0.5)) * (plan.width - 2.8)
        y = float(rng.uniform(2.4, max(2.5, plan.depth - 1.4)))
        yaw = float(rng.choice([0, 90, -90, 180]))
        if plan.fits(x, y, 2.7, 2.6, yaw, 0.02):
            plan.taken.append((x - 1.4, y - 1.4, x + 1.4, y + 1.4))
            plan.add(Fitting((block((0, 0, 0.004), (2.4, 2.2, 0.008), look.rug),)), x, y, yaw)
            pieces = [(furniture.sofa(look, int(rng.integers(2, 4))), 0.0, 0.85, 0.0)]
            pieces.append((furniture.coffee_table(look, rng), 0.0, -0.05, 0.0))
            for side in (-1, 1):
                chair = (
                    furniture.tub_chair(look),
                    furniture.pouf(look, rng),
                    furniture.sofa(look, 1, look.second_seat),
                )
                pieces.append((chair[rng.integers(3)], side * 0.7, -0.95, 180.0 + side * 15.0))
            for parts, px, py, turn in pieces:
                dx, dy = turned(px, py, yaw)
                plan.add(Fitting(parts), x + dx, y + dy, yaw + turn)
            return


def cafeteria(plan: Plan) -> None:
    """A kitchen counter at a wall, small tables with chairs, a high table with stools."""
    rng, look = plan.rng, plan.look
    front = (look.white, look.wood, look.accent, look.black)[rng.integers(4)]
    for side in rng.permutation(["back", "left", "right"]):
        width = float(rng.choice([2.4, 3.0, 3.6]))
        along = plan.length(side) * float(rng.uniform(0.4, 0.6))
        if plan.put_at_wall(furniture.counter(look, rng, front, width), side, along, width, 0.65, 2.2):
            x, y, yaw = plan.at_wall(side, along, 0.33)
            for place, parts in ((-0.3, decor.coffee_machine(look)), (0.25, decor.fruit_bowl(look))):
                dx, dy = turned(place * width, 0, yaw)
                plan.add(Fitting(parts), x + dx, y + dy, yaw, 0.92)
            plan.put_at_wall(decor.fridge(look), side, along + width / 2 + 0.36, 0.62, 0.65, 1.9)
            break
    cloth, seed, bar = rng.random() < 0.3, int(rng.integers(1 << 20)), rng.random() < 0.5
    if bar:
        x, y = float(rng.choice([-1, 1])) * plan.width * 0.24, plan.depth * float(rng.uniform(0.5, 0.62))
        if plan.fits(x, y, 1.7, 2.2, 0):
            plan.taken.append((x - 0.85, y - 1.1, x + 0.85, y + 1.1))
            top = [block((x, y, 1.03), (0.65, 2.0, 0.05), look.top)]
            top += [block((x, y + side * 0.85, 0.5), (0.5, 0.06, 1.0), look.frame) for side in (-1, 1)]
            plan.add(Fitting(joined(top)))
            for place in spaced(3, -0.9, 0.9):
                for side in (-0.55, 0.55):
                    plan.add(Fitting(furniture.stool(look)), x + side, y + place)
    for _ in range(60):
        x, y = float(rng.uniform(-0.5, 0.5)) * plan.width, float(rng.uniform(2.2, plan.depth))
        if plan.fits(x, y, 1.75, 1.75, 0, 0.02):
            plan.taken.append((x - 0.85, y - 0.85, x + 0.85, y + 0.85))
            plan.add(Fitting(furniture.round_table(look)), x, y)
            if rng.random() < 0.6:
                plan.add(Fitting(decor.cup(look, rng)), x + 0.12, y - 0.1, 0, 0.74)
            first = float(rng.uniform(0, 90))
            for angle in np.arange(rng.integers(2, 5)) * 90.0 + first:
                dx, dy = turned(0, -0.56, float(angle))
                piece = furniture.chair(look, np.random.default_rng(seed), cloth)
                plan.add(Fitting(piece), x + dx, y + dy, float(angle))
    along_walls(plan, ("poster", "plant", "poster", "plant", "bin", "sofa"), tries=36)


def private_office(plan: Plan) -> None:
    """One large desk that faces the visitor, a bookcase behind, two chairs in front, a seat by the side."""
    rng, look = plan.rng, plan.look
    for _ in range(8):
        x, y = float(rng.uniform(-0.3, 0.3)) * plan.width, plan.depth - float(rng.uniform(1.5, 1.8))
        yaw = 180.0 + float(rng.uniform(-18, 18))
        if not plan.put(furniture.desk(look, rng, 1.8, 0.9), x, y, 1.8, 0.9, yaw):
            continue
        plan.add(Fitting(decor.desk_things(look, rng, 1.8)), x, y, yaw, 0.74)
        plan.add(Fitting(furniture.office_chair(look, rng)), x, y + 0.75, yaw + float(rng.uniform(-25, 25)))
        plan.taken.append((x - 0.4, y + 0.4, x + 0.4, y + 1.1))
        for side in (-0.5, 0.5):
            if rng.random() < 0.75:
                plan.put(furniture.chair(look, rng, True), x + side, y - 1.0, 0.5, 0.5, float(rng.uniform(-20, 20)))
        plan.add(Fitting((block((x, y - 0.4, 0.004), (2.8, 2.3, 0.008), look.rug),)))
        break
    for along in (0.3, 0.7, 0.5):
        piece = furniture.bookcase(look, rng, 1.2)
        plan.put_at_wall(piece, "back", plan.width * along, 1.2, 0.32, 2.0)
    along_walls(plan, ("plant", "sofa", "poster", "lamp", "cabinet", "poster", "bookcase", "plant"), tries=40)
