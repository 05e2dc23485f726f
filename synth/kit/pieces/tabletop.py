"""What lies about on tables, chests and shelves of a home; each thing stands on z = 0 around the origin."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from bgfg.synth.kit.pieces import decor
from bgfg.synth.kit.pieces.furniture import Parts
from bgfg.synth.kit.pieces.looks import Look
from bgfg.synth.kit.render.scene import Material
from bgfg.synth.kit.render.shapes import block, box, cushion, cylinder, joined, leaf, sphere, tube, turned_body

Thing = tuple[Parts, float]  # with the radius in m that it takes


def clutter(look: Look, rng: np.random.Generator, width: float, depth: float, most: int) -> Parts:
    """Return up to `most` things on a top of `width` x `depth` m, none within another."""
    parts: list[Parts] = []
    taken: list[tuple[float, float, float]] = []
    for _ in range(most):
        thing, radius = THINGS[rng.integers(len(THINGS))](look, rng)
        for _ in range(6):
            x, y = (float(rng.uniform(-1, 1)) * max(side / 2 - 0.7 * radius - 0.02, 0) for side in (width, depth))
            if all(np.hypot(x - a, y - b) > radius + r for a, b, r in taken):
                taken.append((x, y, radius))
                turn = float(rng.uniform(0, 360))
                parts.append(tuple(p.moved((x, y, 0.001), turn) for p in thing))
                break
    return tuple(p for thing in parts for p in thing)


def _any(look: Look, rng: np.random.Generator) -> Material:
    choices = (look.white, look.white, look.accent, look.black, look.wood, look.chrome, *look.books[:5])
    return choices[rng.integers(len(choices))]


def _bottle(look: Look, rng: np.random.Generator) -> Thing:
    r, h = float(rng.uniform(0.028, 0.045)), float(rng.uniform(0.18, 0.33))
    glass = Material(
        ((0.03, 0.09, 0.04), (0.12, 0.05, 0.02), (0.5, 0.55, 0.55))[rng.integers(3)], gloss=1.0, roughness=0.03
    )
    profile = [(0, 0), (r, 0), (r, 0.62 * h), (0.4 * r, 0.78 * h), (0.38 * r, h), (0, h)]
    return (turned_body(profile, (glass, _any(look, rng))[rng.integers(2)], 16),), r


def _glass(look: Look, rng: np.random.Generator) -> Thing:
    r, h = float(rng.uniform(0.03, 0.042)), float(rng.uniform(0.08, 0.15))
    water = Material((0.45, 0.5, 0.5), gloss=1.0, roughness=0.03)
    return (turned_body([(0, 0), (0.85 * r, 0), (r, h), (0.9 * r, h), (0, 0.7 * h)], water, 16),), r


def _cup(look: Look, rng: np.random.Generator) -> Thing:
    return decor.cup(look, rng), 0.05


def _plate(look: Look, rng: np.random.Generator) -> Thing:
    r = float(rng.uniform(0.09, 0.15))
    dish = (look.white, look.white, look.accent, look.black)[rng.integers(4)]
    parts = [turned_body([(0, 0), (0.6 * r, 0), (r, 0.022), (0.97 * r, 0.026), (0.6 * r, 0.008), (0, 0.008)], dish, 28)]
    if rng.random() < 0.5:
        food = Material(((0.4, 0.18, 0.05), (0.5, 0.36, 0.1), (0.2, 0.3, 0.05), (0.4, 0.05, 0.03))[rng.integers(4)])
        for _ in range(int(rng.integers(1, 5))):
            x, y = rng.uniform(-0.35, 0.35, 2) * r
            size = float(rng.uniform(0.3, 0.7)) * r
            parts.append(cushion((float(x), float(y), 0.02), (size, 0.8 * size, 0.5 * size), food, 0.8))
    return joined(parts), r


def _bowl(look: Look, rng: np.random.Generator) -> Thing:
    if rng.random() < 0.4:
        return decor.fruit_bowl(look), 0.15
    r, h = float(rng.uniform(0.06, 0.14)), float(rng.uniform(0.05, 0.1))
    profile = [(0, 0), (0.5 * r, 0), (r, h), (0.95 * r, h), (0.5 * r, 0.03), (0, 0.02)]
    return (turned_body(profile, _any(look, rng), 24),), r


def _books(look: Look, rng: np.random.Generator) -> Thing:
    w, d = float(rng.uniform(0.12, 0.21)), float(rng.uniform(0.18, 0.29))
    parts, z = [], 0.0
    for _ in range(int(rng.integers(1, 6))):
        thick = float(rng.uniform(0.008, 0.04))
        cover = (look.books[rng.integers(7)], look.paper)[int(rng.random() < 0.2)]
        parts.append(
            block((0, 0, z + thick / 2), (w, d, thick - 0.001), cover).moved((0, 0, 0), float(rng.uniform(-14, 14)))
        )
        z += thick
    return joined(parts), 0.55 * d


def _paper(look: Look, rng: np.random.Generator) -> Thing:
    turns = rng.uniform(-30, 30, int(rng.integers(1, 4)))
    sheets = [block((0, 0, 0.001 + 0.002 * k), (0.21, 0.297, 0.0015), look.paper).moved((0, 0, 0), float(turn))
              for k, turn in enumerate(turns)]  # fmt: skip
    return joined(sheets), 0.13


def _carton(look: Look, rng: np.random.Generator) -> Thing:
    w, d, h = (float(s) for s in rng.uniform(0.06, 0.26, 3))
    parts = [box((-w / 2, -d / 2, 0), (w / 2, d / 2, h), _any(look, rng))]
    if rng.random() < 0.5:  # a label
        parts.append(block((0, -d / 2 - 0.001, h / 2), (0.7 * w, 0.003, 0.5 * h), _any(look, rng)))
    return joined(parts), 0.55 * float(np.hypot(w, d))


def _vase(look: Look, rng: np.random.Generator) -> Thing:
    r, h = float(rng.uniform(0.04, 0.08)), float(rng.uniform(0.12, 0.28))
    profile = [(0, 0), (0.6 * r, 0), (r, 0.4 * h), (0.45 * r, 0.85 * h), (0.6 * r, h), (0, 0.9 * h)]
    parts = [turned_body(profile, _any(look, rng), 18)]
    bloom = Material(((0.7, 0.1, 0.12), (0.75, 0.5, 0.05), (0.75, 0.72, 0.7), (0.45, 0.15, 0.4))[rng.integers(4)])
    for _ in range(int(rng.integers(0, 9))):
        angle, out, up = float(rng.uniform(0, 6.3)), float(rng.uniform(0.03, 0.15)), float(rng.uniform(0.1, 0.24))
        tip = (out * float(np.cos(angle)), out * float(np.sin(angle)), h + up)
        parts.append(tube((0, 0, 0.9 * h), tip, 0.003, look.leaves[0], 4))
        parts.append(sphere(tip, float(rng.uniform(0.015, 0.035)), bloom, 0.7))
        parts.append(leaf((0, 0, h), (0.9 * tip[0], 1.2 * tip[1], h + 0.5 * up), 0.03, 0.03, look.leaves[1], 3))
    return joined(parts), r + 0.03


def _plant(look: Look, rng: np.random.Generator) -> Thing:
    return decor.small_plant(look, rng), 0.09


def _laptop(look: Look, rng: np.random.Generator) -> Thing:
    return decor.laptop(look, rng), 0.22


def _lamp(look: Look, rng: np.random.Generator) -> Thing:
    if rng.random() < 0.4:
        return decor.desk_lamp(look), 0.12
    r, h, shade = float(rng.uniform(0.05, 0.09)), float(rng.uniform(0.14, 0.3)), float(rng.uniform(0.09, 0.16))
    foot = turned_body([(0, 0), (r, 0), (0.8 * r, 0.4 * h), (0.2 * r, h), (0.02, h + 0.1)], _any(look, rng), 18)
    return joined([foot, turned_body([(shade, h), (0.7 * shade, h + 1.5 * shade)], look.paper, 22)]), shade


def _cloth(look: Look, rng: np.random.Generator) -> Thing:
    size = float(rng.uniform(0.12, 0.3))
    cover = (look.seat, look.second_seat, look.accent, look.paper)[rng.integers(4)]
    folds = [cushion((float(rng.uniform(-0.2, 0.2)) * size, float(rng.uniform(-0.2, 0.2)) * size, 0.02),
                     (size * float(rng.uniform(0.5, 1)), size * float(rng.uniform(0.3, 0.8)), 0.05), cover, 0.7)
             for _ in range(int(rng.integers(1, 4)))]  # fmt: skip
    return joined(folds), 0.5 * size


def _tin(look: Look, rng: np.random.Generator) -> Thing:
    r, h = float(rng.uniform(0.025, 0.06)), float(rng.uniform(0.04, 0.2))
    return (cylinder((0, 0, 0), r, h, _any(look, rng), 18),), r


def _device(look: Look, rng: np.random.Generator) -> Thing:
    w, d, h = float(rng.uniform(0.05, 0.4)), float(rng.uniform(0.1, 0.15)), float(rng.uniform(0.008, 0.03))
    return (block((0, 0, h / 2), (w, d, h), (look.black, look.shell, look.chrome)[rng.integers(3)]),), 0.5 * w + 0.03


THINGS: tuple[Callable[[Look, np.random.Generator], Thing], ...] = (
    _bottle, _glass, _cup, _plate, _bowl, _books, _paper, _carton, _vase, _plant, _laptop, _lamp, _cloth, _tin, _device,
)  # fmt: skip
