"""The windows of a home: doors to a terrace, curtains in folds, slats, and what stands outside, at its own depth."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from bgfg.synth.kit.pieces import decor
from bgfg.synth.kit.pieces.fittings import Fitting, Opening, view_through, window
from bgfg.synth.kit.pieces.furniture import Parts
from bgfg.synth.kit.pieces.grounds import Grass
from bgfg.synth.kit.pieces.home_furniture import dining_table
from bgfg.synth.kit.pieces.looks import WOODS
from bgfg.synth.kit.pieces.pictures import accent
from bgfg.synth.kit.pieces.planting import draw_species, hedge, tree
from bgfg.synth.kit.pieces.seats import dining_chair
from bgfg.synth.kit.render.images import Outlook
from bgfg.synth.kit.render.materials import Brick, Fabric, Plaster, Stone, Stripes, Tiles, Wood
from bgfg.synth.kit.render.scene import Colour, Material, Part
from bgfg.synth.kit.render.shapes import block, box, joined, quad, tube
from bgfg.synth.kit.scenes.outside import panorama
from bgfg.synth.kit.scenes.plan import SIDES, Plan

FAR_M = 400.0  # where the sky begins
BRICKS: tuple[tuple[Colour, Colour], ...] = (
    ((0.36, 0.13, 0.08), (0.5, 0.47, 0.43)),
    ((0.42, 0.22, 0.13), (0.5, 0.47, 0.43)),
    ((0.45, 0.33, 0.2), (0.55, 0.52, 0.47)),
    ((0.7, 0.69, 0.66), (0.66, 0.65, 0.62)),
    ((0.28, 0.2, 0.16), (0.4, 0.38, 0.36)),
)


@dataclass(frozen=True)
class Outside:
    """What is common to all that is seen through the windows: how bright it is, and how deep the ground lies."""

    glow: float
    drop_m: float
    dusk: bool


def bricks(rng: np.random.Generator, seed: int) -> Material:
    """Return a brick wall: red, brown, yellow, painted white or dark."""
    colour, mortar = BRICKS[rng.integers(len(BRICKS))]
    return Material(Brick(colour, mortar, seed))


def open_window(plan: Plan, side: str, along: float, wide: float) -> bool:
    """Put a door of glass, a tall window or a common one into a wall, with what hangs before it; False without room."""
    rng, f = plan.rng, plan.finish
    kind = rng.random()
    top = plan.height - float(rng.uniform(0.1, 0.45))
    low = 0.0 if kind < 0.5 else float(rng.uniform(0.2, 0.5)) if kind < 0.65 else float(rng.uniform(0.75, 1.05))
    wide = wide if low < 0.6 else 0.7 * wide
    hole = Opening(along - wide / 2, along + wide / 2, low, min(top, 2.5))
    if not plan.wall_is_free(side, hole.left, hole.right):
        return False
    plan.openings[side].append(hole)
    across = max(1, round(wide / float(rng.uniform(0.6, 1.3))))
    up = 1 if low < 0.6 else int(rng.integers(1, 3))
    plan.add(window(hole, across, up, f.frame, None, f.daylight, f.blind), *plan.at_wall(side, 0))
    plan.add(Fitting(_before(hole, rng)), *plan.at_wall(side, 0))
    plan.keep_clear(side, hole.left - 0.13 * wide, hole.right + 0.13 * wide, 0.17)
    plan.hung[side].append((hole.left - 0.25, hole.right + 0.25))
    return True


def _before(hole: Opening, rng: np.random.Generator) -> Parts:
    """Return what hangs inside of a window: curtains at its sides, drawn ones, a veil, slats, or nothing."""
    tones: tuple[Colour, ...] = (
        (0.8, 0.79, 0.76),
        (0.72, 0.66, 0.55),
        (0.35, 0.34, 0.33),
        (0.8, 0.8, 0.82),
        accent(rng),
    )
    cloth = Material(Fabric(tones[rng.integers(5)], 3), emission=float(rng.choice([0.0, 0.15])))
    kind, wide = rng.random(), hole.right - hole.left
    high, parts = hole.high + float(rng.uniform(0.04, 0.12)), []
    low = float(rng.uniform(0.01, 0.06)) if rng.random() < 0.75 else max(hole.low - 0.12, 0.02)
    if kind < 0.6:
        drawn = float(rng.choice([rng.uniform(0.12, 0.3), rng.uniform(0.3, 0.55)]))
        sides = ((-0.12, drawn), (1 - drawn, 1.12)) if rng.random() < 0.7 else ((1 - 1.4 * drawn, 1.1),)
        parts += [curtain(hole.left + a * wide, hole.left + b * wide, low, high, cloth, rng) for a, b in sides]
        parts.append(tube((hole.left - 0.25, -0.09, high), (hole.right + 0.25, -0.09, high), 0.012, cloth))
    elif kind < 0.72:
        veil = Material(Fabric((0.85, 0.85, 0.84), 4), emission=float(rng.uniform(0.2, 0.9)))
        start, stop = sorted(rng.uniform(-0.1, 1.1, 2))
        parts.append(curtain(hole.left + start * wide, hole.left + max(stop, start + 0.3) * wide, low, high, veil, rng))
    elif kind < 0.84:
        slat, pitch = Material(tones[0]), float(rng.choice([0.025, 0.05]))
        for z in np.arange(hole.high - float(rng.uniform(0.3, 1.0)) * (hole.high - hole.low), hole.high, pitch):
            parts.append(
                box((hole.left + 0.02, 0.03, float(z)), (hole.right - 0.02, 0.03 + 0.7 * pitch, float(z) + 0.002), slat)
            )
    return joined(parts)


def curtain(left: float, right: float, low: float, high: float, cloth: Material, rng: np.random.Generator) -> Part:
    """Return a cloth from x = left to right that hangs in folds before the wall at y = 0, deeper at its hem."""
    columns, heights = max(8, int((right - left) / 0.02)), np.linspace(low, high, 5)
    t = np.linspace(0, 1, columns)
    phase = 2 * np.pi * t * (right - left) / float(rng.uniform(0.09, 0.2)) + 1.5 * np.sin(
        2 * np.pi * t * rng.uniform(0.6, 2)
    )
    fold = np.sin(phase) + 0.35 * np.sin(1.7 * phase + 1)
    share = 1.15 - 0.5 * (heights[:, None] - low) / (high - low)
    x = np.broadcast_to(left + t * (right - left), (5, columns))
    y = -0.1 + 0.038 * fold * share
    vertices = np.stack([x, y, np.broadcast_to(heights[:, None], x.shape)], axis=-1).reshape(-1, 3)
    corner = (np.arange(4)[:, None] * columns + np.arange(columns - 1)).ravel()
    faces = np.concatenate([corner[:, None] + [0, 1, columns + 1], corner[:, None] + [0, columns + 1, columns]])
    return Part(vertices.astype(np.float32), faces.astype(np.int32), cloth, smooth=True)


def surroundings(plan: Plan, outside: Outside) -> None:
    """Build what lies beyond the windows: ground, a wall or a hedge, trees, pots and seats, and the sky behind them."""
    rng = plan.rng
    if not any(hole for side in SIDES for hole in plan.openings[side]):
        return
    sky = view_through(Outlook(panorama(rng, outside.dusk), plan.camera.eye), outside.glow, gloss=0)
    far = block((0, 0, 0), (2 * FAR_M, 2 * FAR_M, 2 * FAR_M), sky)
    plan.add(Fitting((replace(far, casts_shadow=False),)))
    w, z = 60.0, -outside.drop_m
    ground = quad((-w, -w, z), (2 * w, 0, 0), (0, 2 * w, 0), _ground(rng))
    plan.add(Fitting(_lit((ground,), outside.glow, shadow=False)))
    for side in SIDES:
        if plan.openings[side]:
            hole = plan.openings[side][0]
            plan.add(Fitting(_yard(rng, plan, hole, outside)), *plan.at_wall(side, 0), -outside.drop_m)


def _yard(rng: np.random.Generator, plan: Plan, hole: Opening, outside: Outside) -> Parts:
    """Return what stands outside of a wall, on z = 0, in the frame of the wall."""
    near, middle = float(rng.choice([rng.uniform(1.0, 3.0), rng.uniform(3.0, 9.0)])), (hole.left + hole.right) / 2
    wide, high = float(rng.uniform(4, 14)), float(rng.choice([rng.uniform(1.2, 2.6), rng.uniform(2.6, 6)]))
    high += 0.6 * outside.drop_m
    from_x = middle - wide * float(rng.uniform(0.2, 0.8))
    kind, seed = rng.random(), int(rng.integers(1 << 20))
    parts: list[Part] = []
    species = replace(draw_species(rng), palm=False)
    if kind < 0.8:
        face = bricks(rng, seed)
        if kind > 0.5:
            face = Material(Stripes(WOODS[rng.integers(len(WOODS))], 0.12, 0.012, seed))
        if kind > 0.65:
            face = Material(Plaster((0.74, 0.7, 0.62), seed, 0.08))
        parts += _lit((box((from_x, near, 0), (from_x + wide, near + 0.25, high), face),), outside.glow, shadow=False)
        if rng.random() < 0.4:  # the wall that stands at its end, towards the house
            end = from_x + wide * rng.integers(2)
            parts += _lit((box((end, 0.3, 0), (end + 0.22, near, high), face),), outside.glow, shadow=False)
    elif kind < 0.93:
        bush = hedge(rng, species.leaves, min(wide, 8.0), 0.7, min(high, 2.2))
        parts += _lit(tuple(p.moved((middle, near + 0.5, 0)) for p in bush), outside.glow, shadow=False)
    for _ in range(int(rng.integers(0, 3))):
        high = float(rng.uniform(2.0, 4.5)) + outside.drop_m
        x, y = middle + float(rng.uniform(-2, 2)), 0.6 + 0.45 * high + float(rng.uniform(0, 1.5))
        grown = tree(rng, species, high, 260)
        parts += _lit(tuple(p.moved((x, y, 0)) for p in grown), 0.7 * outside.glow)
    if outside.drop_m < 0.5:
        for _ in range(int(rng.integers(0, 4))):
            thing = (decor.plant, dining_chair)[rng.integers(2)](plan.look, rng)
            x, y = middle + float(rng.uniform(-1.2, 1.2)), float(rng.uniform(0.7, 0.8 * near + 0.2))
            turn = float(rng.uniform(0, 360))
            parts += _lit(tuple(p.moved((x, y, 0), turn) for p in thing), 0.7 * outside.glow)
        if rng.random() < 0.3 and near > 1.8:
            place = (middle + float(rng.uniform(-0.8, 0.8)), 0.6 * near, 0.0)
            table = dining_table(plan.look, rng, 0.8, 0.7)
            parts += _lit(tuple(p.moved(place) for p in table), 0.7 * outside.glow)
    return joined(parts)


def _lit(parts: Parts, glow: float, shadow: bool = True) -> Parts:
    """Return the parts as bright as the day makes them, which the light of the room doesn't know."""
    made: dict[int, Material] = {}
    out = []
    for part in parts:
        own = made.setdefault(id(part.material), replace(part.material, emission=0.7 * glow))
        out.append(replace(part, material=own, casts_shadow=shadow))
    return tuple(out)


def _ground(rng: np.random.Generator) -> Material:
    kind, seed = rng.integers(4), int(rng.integers(1 << 20))
    if kind == 0:
        return Material(Grass((0.07, 0.13, 0.03), seed))
    if kind == 1:
        return Material(Wood(WOODS[rng.integers(len(WOODS))], seed, (0.14, 3.0)))
    if kind == 2:
        tone: Colour = ((0.5, 0.48, 0.44), (0.6, 0.55, 0.47), (0.42, 0.3, 0.24))[rng.integers(3)]
        return Material(Tiles(tone, (0.3, 0.29, 0.27), (float(rng.uniform(0.2, 0.6)),) * 2, seed, 0.12))
    return Material(Stone((0.5, 0.49, 0.46), seed))
