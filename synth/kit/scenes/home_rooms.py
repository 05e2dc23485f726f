"""How each kind of room of a home is furnished, in the corner that the camera looks at."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from bgfg.synth.kit.pieces import decor, furniture, home_furniture, seats
from bgfg.synth.kit.pieces.fittings import Fitting, radiator
from bgfg.synth.kit.pieces.patterns import MOTIFS, Rug
from bgfg.synth.kit.pieces.pictures import accent, poster
from bgfg.synth.kit.pieces.tabletop import clutter
from bgfg.synth.kit.render.materials import Plaster
from bgfg.synth.kit.render.scene import Colour, Material, turned
from bgfg.synth.kit.render.shapes import block
from bgfg.synth.kit.scenes.in_view import against_wall, seen, seen_wall, stand
from bgfg.synth.kit.scenes.plan import Plan

LAMP: Colour = (5.0, 4.2, 3.0)
Furnisher = Callable[[Plan], None]


def _armchair(plan: Plan) -> None:
    cover = plan.look.seat if plan.rng.random() < 0.7 else plan.look.second_seat
    stand(plan, seats.armchair(plan.look, plan.rng, cover))


def _sofa(plan: Plan) -> None:
    parts = seats.couch(plan.look, plan.rng, plan.look.seat)
    if not against_wall(plan, parts, 0.8, top=False):
        stand(plan, parts)


def _chest(plan: Plan) -> None:
    rng = plan.rng
    width, height, depth = float(rng.uniform(0.4, 1.5)), float(rng.uniform(0.5, 1.3)), float(rng.uniform(0.35, 0.5))
    against_wall(plan, home_furniture.chest(plan.look, rng, width, height, depth), height + 0.02)


def _bookcase(plan: Plan) -> None:
    rng = plan.rng
    width, height = float(rng.uniform(0.4, 1.6)), float(rng.uniform(0.7, 2.2))
    against_wall(plan, furniture.bookcase(plan.look, rng, width, height), height)


def _wardrobe(plan: Plan) -> None:
    width, height = float(plan.rng.uniform(0.5, 1.8)), float(plan.rng.uniform(1.8, 2.3))
    against_wall(plan, home_furniture.wardrobe(plan.look, plan.rng, width, height), height)


def _television(plan: Plan) -> None:
    width, height = float(plan.rng.uniform(0.9, 1.8)), float(plan.rng.uniform(0.35, 0.6))
    parts = furniture.cabinet(plan.look, plan.rng, width, height)
    screen = home_furniture.television(plan.look, plan.rng)
    both = (*parts, *(p.moved((0, 0.03, height)) for p in screen))
    against_wall(plan, both, height, top=False)


def _bed(plan: Plan) -> None:
    width = float(plan.rng.choice([0.9, 1.2, 1.4, 1.6, 1.8]))
    parts = home_furniture.bed(plan.look, plan.rng, width)
    if not against_wall(plan, parts, 0.7, top=False):
        stand(plan, parts)


def _side_table(plan: Plan) -> None:
    rng, high = plan.rng, float(plan.rng.uniform(0.38, 0.6))
    size = float(rng.uniform(0.35, 0.6))
    table = home_furniture.dining_table(plan.look, rng, size, size, high)
    things = clutter(plan.look, rng, 0.85 * size, 0.85 * size, int(rng.integers(0, 5)))
    stand(plan, (*table, *(p.moved((0, 0, high)) for p in things)))


def _table(plan: Plan) -> None:
    """A dining table with chairs around it, somewhere in view."""
    rng = plan.rng
    width, depth = float(rng.uniform(0.8, 1.7)), float(rng.uniform(0.7, 0.95))
    for _ in range(30):
        (x, y), yaw = seen(plan), float(rng.choice([0.0, 90.0, rng.uniform(0, 180)]))
        if plan.fits(x, y, width, depth + 0.5, yaw, 0.0):
            _laid_table(plan, x, y, yaw, width, depth)
            return


def _laid_table(plan: Plan, x: float, y: float, yaw: float, width: float, depth: float) -> None:
    """Put a table with its clutter, and chairs around it where they have room."""
    rng = plan.rng
    plan.add(Fitting(home_furniture.dining_table(plan.look, rng, width, depth)), x, y, yaw)
    plan.add(Fitting(clutter(plan.look, rng, width, depth, int(rng.integers(2, 16)))), x, y, yaw, 0.74)
    kind = int(rng.integers(1 << 20))
    for side in (-1, 1):
        for place in (0.0,) if width < 1.2 else (-width / 4, width / 4):
            out = side * (depth / 2 + float(rng.uniform(-0.05, 0.3)))
            dx, dy = turned(place, out, yaw)
            turn = yaw + (0.0 if side > 0 else 180.0) + float(rng.normal(0, 14))
            if rng.random() < 0.75:
                chair = seats.dining_chair(plan.look, np.random.default_rng(kind))
                plan.put(chair, x + float(dx), y + float(dy), 0.48, 0.5, turn, 0.0)
    plan.taken.append((x - width / 2, y - depth / 2, x + width / 2, y + depth / 2))


def _chair(plan: Plan) -> None:
    stand(plan, seats.dining_chair(plan.look, plan.rng))


def _footstool(plan: Plan) -> None:
    cover = (plan.look.seat, plan.look.second_seat, plan.look.accent)[plan.rng.integers(3)]
    stand(plan, seats.footstool(plan.look, plan.rng, cover))


def _plant(plan: Plan) -> None:
    stand(plan, decor.plant(plan.look, plan.rng, float(plan.rng.uniform(0.6, 1.9))), 0.55)


def _lamp(plan: Plan) -> None:
    lit = LAMP if plan.rng.random() < 0.35 else (0.0, 0.0, 0.0)
    lamp = home_furniture.standing_lamp(plan.look, plan.rng, lit)
    for _ in range(20):
        side, along = seen_wall(plan)
        x, y, _ = plan.at_wall(side, along, float(plan.rng.uniform(0.25, 0.6)))
        if plan.fits(x, y, 0.36, 0.36, 0.0, 0.0):
            plan.taken.append((x - 0.18, y - 0.18, x + 0.18, y + 0.18))
            middle = np.degrees(np.arctan2(plan.depth / 2 - y, -x))
            plan.add(lamp, x, y, 180.0 + float(middle))  # a bow reaches into the room
            return


def _thing(plan: Plan) -> None:
    stand(plan, home_furniture.on_the_floor(plan.look, plan.rng))


def _rug(plan: Plan) -> None:
    """Lay a rug, as far as the walls let it, turned a little."""
    rng = plan.rng
    size = (float(rng.uniform(0.9, 2.4)), float(rng.uniform(0.7, 1.8)))
    (x, y), yaw = seen(plan), float(rng.choice([0.0, 90.0, rng.uniform(0, 180)]))
    grounds: tuple[Colour, ...] = ((0.7, 0.68, 0.62), (0.3, 0.29, 0.28), (0.1, 0.1, 0.11), accent(rng), accent(rng))
    motif = MOTIFS[rng.integers(len(MOTIFS))]
    pile = Rug(
        grounds[rng.integers(5)], accent(rng), size, motif, float(rng.uniform(0.12, 0.5)), int(rng.integers(1 << 20))
    )
    reach = float(np.hypot(*size)) / 2
    if abs(x) + reach < plan.width / 2 + 0.3 and y - reach > -0.3 and y + reach < plan.depth + 0.3:
        plan.add(Fitting((block((0, 0, 0.006), (*size, 0.012), Material(pile)),)), x, y, yaw)


def _picture(plan: Plan) -> None:
    """Hang a picture in a frame, with a mount or without one, or a shelf with things on it."""
    rng, look = plan.rng, plan.look
    side, along = seen_wall(plan)
    wide, ratio = float(rng.uniform(0.2, 0.95)), float(rng.choice([0.7, 1.0, 1.33]))
    z = float(rng.uniform(1.2, 1.75))
    if rng.random() < 0.25:
        parts = [block((0, -0.09, -0.02), (wide, 0.22, 0.03), (look.white, look.wood, look.black)[rng.integers(3)])]
        parts += [p.moved((0, -0.09, 0)) for p in clutter(look, rng, wide, 0.2, int(rng.integers(1, 6)))]
    else:
        mount = (0.0, rng.uniform(0.02, 0.07))[rng.integers(2)]
        edge = (look.black, look.wood, look.white, look.chrome)[rng.integers(4)]
        face = decor.shown(poster(rng), wide, wide * ratio, gloss=float(rng.choice([0.2, 0.9])))
        rim = float(rng.uniform(0.0, 0.08))
        parts = [block((0, 0.014, 0), (wide + rim + 2 * mount, 0.025, wide * ratio + rim + 2 * mount), edge)]
        parts.append(block((0, 0.0145, 0), (wide + 2 * mount, 0.027, wide * ratio + 2 * mount), look.paper))
        parts.append(face.moved((0, -0.0005, 0)))
    plan.hang(tuple(parts), side, along, wide, z, 0.03)


def _door(plan: Plan) -> None:
    side, along = seen_wall(plan)
    plan.open_door(side, along, plan.look.white if plan.rng.random() < 0.6 else None, plan.rng.random() < 0.2)


def _radiator(plan: Plan) -> None:
    width = float(plan.rng.uniform(0.5, 1.2))
    side, along = seen_wall(plan)
    if plan.wall_is_free(side, along - width / 2, along + width / 2, high=0.7):
        plan.add(radiator(width, plan.look.white), *plan.at_wall(side, along))
        plan.keep_clear(side, along - width / 2, along + width / 2, 0.14)


def _desk(plan: Plan) -> None:
    rng, width = plan.rng, float(plan.rng.uniform(1.0, 1.6))
    desk = tuple(p.moved((0, 0, 0), 180.0) for p in furniture.desk(plan.look, rng, width, 0.7))
    things = decor.desk_things(plan.look, rng, width) if rng.random() < 0.6 else clutter(plan.look, rng, width, 0.6, 9)
    both = (*desk, *(p.moved((0, 0, 0.74)) for p in things))
    if against_wall(plan, both, 0.74, top=False):
        stand(plan, (furniture.office_chair, seats.dining_chair)[rng.integers(2)](plan.look, rng))


def _counter(plan: Plan) -> None:
    rng, width = plan.rng, float(plan.rng.choice([1.2, 1.8, 2.4]))
    front = home_furniture.body_of(plan.look, rng)
    parts = furniture.counter(plan.look, rng, front, width)
    things = clutter(plan.look, rng, width, 0.5, int(rng.integers(2, 9)))
    against_wall(plan, (*parts, *(p.moved((0, 0, 0.92)) for p in things)), 2.2)


def near_table(plan: Plan) -> None:
    """A table with much on it, right where the camera looks, and little around."""
    rng, eye = plan.rng, plan.camera.eye
    _, _, forward = plan.camera.axes()
    high = float(rng.choice([0.74, 0.74, 0.45]))
    width, depth, yaw = float(rng.uniform(0.7, 1.8)), float(rng.uniform(0.6, 1.0)), float(rng.uniform(0, 360))
    ahead = (high - eye[2]) / forward[2] * float(rng.uniform(0.9, 1.3))
    x, y = eye[0] + ahead * float(forward[0]), eye[1] + ahead * float(forward[1])
    table = home_furniture.dining_table(plan.look, rng, width, depth, high)
    if not plan.fits(x, y, width, depth, yaw, 0.0):
        wide = 0.5 * float(np.hypot(width, depth))
        x = float(np.clip(x, wide - plan.width / 2, plan.width / 2 - wide))
        y = float(np.clip(y, wide, plan.depth - wide))
    plan.add(Fitting(table), x, y, yaw)
    plan.add(Fitting(clutter(plan.look, rng, width, depth, int(rng.integers(4, 22)))), x, y, yaw, high)
    if rng.random() < 0.4:
        cloth = Material(Plaster(accent(rng) if rng.random() < 0.5 else (0.75, 0.74, 0.7), 3))
        size = (0.9 * width, 0.45 * depth) if rng.random() < 0.5 else (0.45, 0.32)
        plan.add(Fitting((block((0, 0, 0.002), (*size, 0.004), cloth),)), x, y, yaw, high)
    reach = 0.5 * float(np.hypot(width, depth))
    plan.taken.append((x - reach, y - reach, x + reach, y + reach))


@dataclass(frozen=True)
class Kind:
    """Who furnishes a kind of corner: `first` in this order, then from `least` to `most` of the others in any order."""

    first: tuple[Furnisher, ...]
    others: tuple[Furnisher, ...]
    least: int
    most: int


_ANY: tuple[Furnisher, ...] = (_picture, _plant, _lamp, _thing, _chest, _bookcase, _chair, _radiator, _door)
KINDS: dict[str, Kind] = {
    "seat": Kind((_rug, _armchair), (*_ANY, _side_table, _footstool), 2, 9),
    "window": Kind((_armchair,), (*_ANY, _rug, _side_table, _footstool, _armchair, _sofa), 2, 8),
    "living room": Kind((_rug, _sofa, _armchair), (*_ANY, _side_table, _television, _picture, _armchair), 3, 10),
    "bedroom": Kind((_bed,), (*_ANY, _wardrobe, _side_table, _rug, _armchair), 3, 9),
    "dining room": Kind((_table,), (*_ANY, _rug, _counter, _picture), 2, 8),
    "table top": Kind((near_table,), (*_ANY, _chair, _sofa, _counter), 1, 6),
    "study": Kind((_desk,), (*_ANY, _bed, _picture), 2, 8),
    "bare corner": Kind((), (*_ANY, _armchair, _wardrobe), 2, 6),
}


def furnish(plan: Plan, name: str) -> None:
    """Furnish a corner of kind `name`, one of `KINDS`."""
    kind = KINDS[name]
    for piece in kind.first:
        piece(plan)
    for k in plan.rng.permutation(len(kind.others))[: int(plan.rng.integers(kind.least, kind.most + 1))]:
        kind.others[k](plan)
