"""What stands or hangs at the walls of every kind of room."""

from __future__ import annotations

from collections.abc import Callable

from bgfg.synth.kit.pieces import decor, furniture
from bgfg.synth.kit.pieces.fittings import Fitting
from bgfg.synth.kit.pieces.pictures import poster, slide, whiteboard
from bgfg.synth.kit.render.materials import glow
from bgfg.synth.kit.render.scene import Material, turned
from bgfg.synth.kit.render.shapes import block, box, cylinder, joined
from bgfg.synth.kit.scenes.plan import Plan


def along_walls(plan: Plan, pieces: tuple[str, ...], tries: int) -> None:
    """Put pieces in turn at free places of the walls that are seen."""
    rng = plan.rng
    for k in range(tries):
        side = ("back", "left", "right")[rng.integers(3)]
        along = float(rng.uniform(0.06, 0.94)) * plan.length(side)
        PIECES[pieces[k % len(pieces)]](plan, side, along)


def big_screen(plan: Plan, side: str) -> bool:
    """Hang a television or a board in the middle of a wall."""
    width = float(plan.rng.uniform(1.4, 2.0))
    if plan.rng.random() < 0.65:
        face = decor.shown(slide(plan.rng), width, width * 0.5625, emission=1.1, gloss=0.5)
    else:
        face = decor.shown(whiteboard(plan.rng), width, width * 0.5625)
    body = block((0, 0.022, 0), (width + 0.05, 0.04, width * 0.5625 + 0.05), plan.look.black)
    return plan.hang((body, face), side, plan.length(side) / 2, width, 1.5, 0.05)


def framed(plan: Plan, side: str, along: float, width: float | None = None) -> None:
    """Hang a picture in a frame."""
    wide = width or float(plan.rng.uniform(0.45, 0.9))
    face = decor.shown(poster(plan.rng), wide, wide * 1.33)
    rim = block(
        (0, 0.014, 0), (wide + 0.05, 0.025, wide * 1.33 + 0.05), (plan.look.black, plan.look.wood)[plan.rng.integers(2)]
    )
    plan.hang((rim, face), side, along, wide, 1.58, 0.03)


def _board(plan: Plan, side: str, along: float) -> None:
    face = decor.shown(whiteboard(plan.rng), 1.5, 0.9)
    rim = block((0, 0.012, 0), (1.54, 0.02, 0.94), plan.look.chrome)
    tray = block((0, -0.03, -0.48), (1.0, 0.07, 0.02), plan.look.chrome)
    plan.hang((rim, tray, face), side, along, 1.5, 1.5, 0.03)


def _bookcase(plan: Plan, side: str, along: float) -> None:
    width, height = float(plan.rng.uniform(0.7, 1.3)), float(plan.rng.choice([1.2, 1.6, 2.0]))
    plan.put_at_wall(furniture.bookcase(plan.look, plan.rng, width, height), side, along, width, 0.32, height)


def _cabinet(plan: Plan, side: str, along: float) -> None:
    width = float(plan.rng.uniform(1.0, 1.9))
    if plan.put_at_wall(furniture.cabinet(plan.look, plan.rng, width), side, along, width, 0.45, 0.8):
        x, y, yaw = plan.at_wall(side, along, 0.25)
        dx, dy = turned(width * 0.3, 0, yaw)
        plan.add(Fitting(decor.small_plant(plan.look, plan.rng)), x + dx, y + dy, yaw, 0.75)


def _plant(plan: Plan, side: str, along: float) -> None:
    height = float(plan.rng.uniform(1.0, 1.8))
    plan.put_at_wall(decor.plant(plan.look, plan.rng, height), side, along, 0.6, 0.75, 0.85)


def _sofa(plan: Plan, side: str, along: float) -> None:
    plan.put_at_wall(furniture.sofa(plan.look, 2), side, along, 1.7, 0.9, 0.84)


def _bench(plan: Plan, side: str, along: float) -> None:
    parts = [box((-0.6, -0.2, 0.4), (0.6, 0.2, 0.46), plan.look.wood)]
    parts += [box((x - 0.03, -0.18, 0), (x + 0.03, 0.18, 0.4), plan.look.frame) for x in (-0.5, 0.5)]
    plan.put_at_wall(joined(parts), side, along, 1.2, 0.42, 0.5)


def _cooler(plan: Plan, side: str, along: float) -> None:
    water = Material((0.25, 0.5, 0.7), gloss=0.8, roughness=0.05)
    parts = [box((-0.16, -0.16, 0), (0.16, 0.16, 0.95), plan.look.white)]
    parts.append(box((-0.11, -0.165, 0.6), (0.11, -0.158, 0.85), plan.look.black))
    parts += [p.moved((0, 0, 0.95)) for p in (cylinder((0, 0, 0), 0.13, 0.36, water, 24),)]
    plan.put_at_wall(joined(parts), side, along, 0.36, 0.4, 1.3)


def _bin(plan: Plan, side: str, along: float) -> None:
    plan.put_at_wall(decor.waste_bin(plan.look), side, along, 0.3, 0.3, 0.35)


def _lamp(plan: Plan, side: str, along: float) -> None:
    shade = glow((1.0, 0.86, 0.66), 1.6)
    plan.put_at_wall(decor.floor_lamp(plan.look, shade), side, along, 0.42, 0.5, 1.6)


PIECES: dict[str, Callable[[Plan, str, float], None]] = {
    "poster": framed,
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
