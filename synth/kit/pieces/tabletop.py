"""Clutter: what lies about on tables, chests and shelves of a home. Each item stands on z = 0 around the origin."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from bgfg.synth.kit.pieces import decor
from bgfg.synth.kit.pieces.palette import MaterialPalette
from bgfg.synth.kit.pieces.scene_group import Meshes
from bgfg.synth.kit.render.mesh_primitives import (
    box,
    centred_box,
    cushion,
    cylinder,
    lathe,
    leaf,
    merge_by_material,
    sphere,
    tube,
)
from bgfg.synth.kit.render.scene import Material

TableItem = tuple[Meshes, float]  # with the radius in m that it takes


def clutter(palette: MaterialPalette, rng: np.random.Generator, width: float, depth: float, most: int) -> Meshes:
    """Return up to `most` random items on a top of width x depth m, none within another."""
    parts: list[Meshes] = []
    taken: list[tuple[float, float, float]] = []
    for _ in range(most):
        thing, radius = TABLE_ITEMS[rng.integers(len(TABLE_ITEMS))](palette, rng)
        # A full table gets fewer things: each has six tries.
        for _ in range(6):
            x, y = (float(rng.uniform(-1, 1)) * max(side / 2 - 0.7 * radius - 0.02, 0) for side in (width, depth))
            if all(np.hypot(x - a, y - b) > radius + r for a, b, r in taken):
                taken.append((x, y, radius))
                turn = float(rng.uniform(0, 360))
                parts.append(tuple(p.moved((x, y, 0.001), turn) for p in thing))
                break
    return tuple(p for thing in parts for p in thing)


def _sample_material(palette: MaterialPalette, rng: np.random.Generator) -> Material:
    choices = (
        palette.white,
        palette.white,
        palette.accent,
        palette.black,
        palette.wood,
        palette.chrome,
        *palette.books[:5],
    )
    return choices[rng.integers(len(choices))]


def _bottle(palette: MaterialPalette, rng: np.random.Generator) -> TableItem:
    r, h = float(rng.uniform(0.028, 0.045)), float(rng.uniform(0.18, 0.33))
    glass = Material(
        ((0.03, 0.09, 0.04), (0.12, 0.05, 0.02), (0.5, 0.55, 0.55))[rng.integers(3)], gloss=1.0, roughness=0.03
    )
    profile = [(0, 0), (r, 0), (r, 0.62 * h), (0.4 * r, 0.78 * h), (0.38 * r, h), (0, h)]
    return (lathe(profile, (glass, _sample_material(palette, rng))[rng.integers(2)], 16),), r


def _glass(palette: MaterialPalette, rng: np.random.Generator) -> TableItem:
    r, h = float(rng.uniform(0.03, 0.042)), float(rng.uniform(0.08, 0.15))
    water = Material((0.45, 0.5, 0.5), gloss=1.0, roughness=0.03)
    return (lathe([(0, 0), (0.85 * r, 0), (r, h), (0.9 * r, h), (0, 0.7 * h)], water, 16),), r


def _cup(palette: MaterialPalette, rng: np.random.Generator) -> TableItem:
    return decor.cup(palette, rng), 0.05


def _plate(palette: MaterialPalette, rng: np.random.Generator) -> TableItem:
    r = float(rng.uniform(0.09, 0.15))
    dish = (palette.white, palette.white, palette.accent, palette.black)[rng.integers(4)]
    parts = [lathe([(0, 0), (0.6 * r, 0), (r, 0.022), (0.97 * r, 0.026), (0.6 * r, 0.008), (0, 0.008)], dish, 28)]
    if rng.random() < 0.5:
        food = Material(((0.4, 0.18, 0.05), (0.5, 0.36, 0.1), (0.2, 0.3, 0.05), (0.4, 0.05, 0.03))[rng.integers(4)])
        for _ in range(int(rng.integers(1, 5))):
            x, y = rng.uniform(-0.35, 0.35, 2) * r
            size = float(rng.uniform(0.3, 0.7)) * r
            parts.append(cushion((float(x), float(y), 0.02), (size, 0.8 * size, 0.5 * size), food, 0.8))
    return merge_by_material(parts), r


def _bowl(palette: MaterialPalette, rng: np.random.Generator) -> TableItem:
    if rng.random() < 0.4:
        return decor.fruit_bowl(palette), 0.15
    r, h = float(rng.uniform(0.06, 0.14)), float(rng.uniform(0.05, 0.1))
    profile = [(0, 0), (0.5 * r, 0), (r, h), (0.95 * r, h), (0.5 * r, 0.03), (0, 0.02)]
    return (lathe(profile, _sample_material(palette, rng), 24),), r


def _books(palette: MaterialPalette, rng: np.random.Generator) -> TableItem:
    w, d = float(rng.uniform(0.12, 0.21)), float(rng.uniform(0.18, 0.29))
    parts, z = [], 0.0
    for _ in range(int(rng.integers(1, 6))):
        thick = float(rng.uniform(0.008, 0.04))
        cover = (palette.books[rng.integers(7)], palette.paper)[int(rng.random() < 0.2)]
        parts.append(
            centred_box((0, 0, z + thick / 2), (w, d, thick - 0.001), cover).moved(
                (0, 0, 0), float(rng.uniform(-14, 14))
            )
        )
        z += thick
    return merge_by_material(parts), 0.55 * d


def _paper(palette: MaterialPalette, rng: np.random.Generator) -> TableItem:
    turns = rng.uniform(-30, 30, int(rng.integers(1, 4)))
    sheets = [centred_box((0, 0, 0.001 + 0.002 * k), (0.21, 0.297, 0.0015), palette.paper).moved((0, 0, 0), float(turn))
              for k, turn in enumerate(turns)]  # fmt: skip
    return merge_by_material(sheets), 0.13


def _carton(palette: MaterialPalette, rng: np.random.Generator) -> TableItem:
    w, d, h = (float(s) for s in rng.uniform(0.06, 0.26, 3))
    parts = [box((-w / 2, -d / 2, 0), (w / 2, d / 2, h), _sample_material(palette, rng))]
    if rng.random() < 0.5:  # a label
        parts.append(centred_box((0, -d / 2 - 0.001, h / 2), (0.7 * w, 0.003, 0.5 * h), _sample_material(palette, rng)))
    return merge_by_material(parts), 0.55 * float(np.hypot(w, d))


def _vase(palette: MaterialPalette, rng: np.random.Generator) -> TableItem:
    r, h = float(rng.uniform(0.04, 0.08)), float(rng.uniform(0.12, 0.28))
    profile = [(0, 0), (0.6 * r, 0), (r, 0.4 * h), (0.45 * r, 0.85 * h), (0.6 * r, h), (0, 0.9 * h)]
    parts = [lathe(profile, _sample_material(palette, rng), 18)]
    bloom = Material(((0.7, 0.1, 0.12), (0.75, 0.5, 0.05), (0.75, 0.72, 0.7), (0.45, 0.15, 0.4))[rng.integers(4)])
    for _ in range(int(rng.integers(0, 9))):
        angle, out, up = float(rng.uniform(0, 6.3)), float(rng.uniform(0.03, 0.15)), float(rng.uniform(0.1, 0.24))
        tip = (out * float(np.cos(angle)), out * float(np.sin(angle)), h + up)
        parts.append(tube((0, 0, 0.9 * h), tip, 0.003, palette.leaves[0], 4))
        parts.append(sphere(tip, float(rng.uniform(0.015, 0.035)), bloom, 0.7))
        parts.append(leaf((0, 0, h), (0.9 * tip[0], 1.2 * tip[1], h + 0.5 * up), 0.03, 0.03, palette.leaves[1], 3))
    return merge_by_material(parts), r + 0.03


def _plant(palette: MaterialPalette, rng: np.random.Generator) -> TableItem:
    return decor.small_plant(palette, rng), 0.09


def _laptop(palette: MaterialPalette, rng: np.random.Generator) -> TableItem:
    return decor.laptop(palette, rng), 0.22


def _lamp(palette: MaterialPalette, rng: np.random.Generator) -> TableItem:
    if rng.random() < 0.4:
        return decor.desk_lamp(palette), 0.12
    r, h, shade = float(rng.uniform(0.05, 0.09)), float(rng.uniform(0.14, 0.3)), float(rng.uniform(0.09, 0.16))
    foot = lathe(
        [(0, 0), (r, 0), (0.8 * r, 0.4 * h), (0.2 * r, h), (0.02, h + 0.1)], _sample_material(palette, rng), 18
    )
    return merge_by_material([foot, lathe([(shade, h), (0.7 * shade, h + 1.5 * shade)], palette.paper, 22)]), shade


def _cloth(palette: MaterialPalette, rng: np.random.Generator) -> TableItem:
    size = float(rng.uniform(0.12, 0.3))
    cover = (palette.seat, palette.second_seat, palette.accent, palette.paper)[rng.integers(4)]
    folds = [cushion((float(rng.uniform(-0.2, 0.2)) * size, float(rng.uniform(-0.2, 0.2)) * size, 0.02),
                     (size * float(rng.uniform(0.5, 1)), size * float(rng.uniform(0.3, 0.8)), 0.05), cover, 0.7)
             for _ in range(int(rng.integers(1, 4)))]  # fmt: skip
    return merge_by_material(folds), 0.5 * size


def _tin(palette: MaterialPalette, rng: np.random.Generator) -> TableItem:
    r, h = float(rng.uniform(0.025, 0.06)), float(rng.uniform(0.04, 0.2))
    return (cylinder((0, 0, 0), r, h, _sample_material(palette, rng), 18),), r


def _device(palette: MaterialPalette, rng: np.random.Generator) -> TableItem:
    w, d, h = float(rng.uniform(0.05, 0.4)), float(rng.uniform(0.1, 0.15)), float(rng.uniform(0.008, 0.03))
    return (
        centred_box((0, 0, h / 2), (w, d, h), (palette.black, palette.plastic, palette.chrome)[rng.integers(3)]),
    ), 0.5 * w + 0.03


TABLE_ITEMS: tuple[Callable[[MaterialPalette, np.random.Generator], TableItem], ...] = (
    _bottle, _glass, _cup, _plate, _bowl, _books, _paper, _carton, _vase, _plant, _laptop, _lamp, _cloth, _tin, _device,
)  # fmt: skip
