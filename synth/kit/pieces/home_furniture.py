"""Furniture of homes besides seats. Frames as in `furniture`: backs towards +y, fronts to -y."""

from __future__ import annotations

import itertools

import numpy as np

from bgfg.synth.kit.pieces.palette import MaterialPalette
from bgfg.synth.kit.pieces.scene_group import Meshes, SceneGroup
from bgfg.synth.kit.render.materials import glow
from bgfg.synth.kit.render.mesh_primitives import (
    box,
    centred_box,
    cushion,
    cylinder,
    lathe,
    merge_by_material,
    prism,
    rounded_rectangle,
    tube,
)
from bgfg.synth.kit.render.scene import AreaLight, LinearRGB, Material, Mesh
from bgfg.synth.kit.render.vectors import Vec3

_CORNERS = ((-1, -1), (-1, 1), (1, -1), (1, 1))


def sample_body_material(palette: MaterialPalette, rng: np.random.Generator) -> Material:
    """Return a material for large furniture: white more often than wood, black or a colour."""
    choices = (palette.white, palette.white, palette.white, palette.wood, palette.wood, palette.black, palette.accent)
    return choices[rng.integers(len(choices))]


def chest(palette: MaterialPalette, rng: np.random.Generator, width: float, height: float, depth: float) -> Meshes:
    """Return a chest of drawers, or of doors, on a plinth or on legs."""
    body, w, d = sample_body_material(palette, rng), width / 2, depth / 2
    foot = float(rng.choice([0.05, 0.05, 0.16]))
    knob = (palette.chrome, palette.black, palette.wood, body)[rng.integers(4)]
    parts = [box((-w, -d + 0.02, foot), (w, d, height), body)]
    if foot > 0.1:
        for sx, sy in _CORNERS:
            low, high = (sx * (w - 0.05), sy * (d - 0.06), 0), (sx * (w - 0.06), sy * (d - 0.07), foot)
            parts.append(tube(low, high, 0.018, palette.frame))
    else:
        parts.append(box((-w + 0.02, -d + 0.05, 0), (w - 0.02, d - 0.02, foot), body))
    doors = rng.random() < 0.3
    across = max(1, round(width / 0.45)) if doors else int(1 if width < 0.75 else rng.integers(1, 3))
    up = 1 if doors else max(2, round((height - foot) / float(rng.uniform(0.17, 0.26))))
    fw, fh = width / across, (height - foot - 0.02) / up
    for i in range(across):
        for k in range(up):
            x, z = -w + (i + 0.5) * fw, foot + (k + 0.5) * fh
            parts.append(centred_box((x, -d + 0.01, z), (fw - 0.012, 0.02, fh - 0.012), body))
            parts.append(centred_box((x, -d - 0.012, z + 0.2 * fh), (0.1 if not doors else 0.02, 0.02, 0.014), knob))
    parts.append(box((-w - 0.01, -d, height), (w + 0.01, d, height + 0.02), body))
    return merge_by_material(parts)


def wardrobe(palette: MaterialPalette, rng: np.random.Generator, width: float, height: float) -> Meshes:
    """Return a wardrobe with doors, 0.58 m deep."""
    body, w = sample_body_material(palette, rng), width / 2
    parts = [box((-w, -0.27, 0), (w, 0.29, height), body)]
    doors = max(1, round(width / 0.5))
    for k in range(doors):
        x = -w + (k + 0.5) * width / doors
        parts.append(centred_box((x, -0.28, height / 2), (width / doors - 0.012, 0.02, height - 0.04), body))
        side = (0.4 - k % 2 * 0.8) * width / doors
        parts.append(centred_box((x + side, -0.3, height * 0.5), (0.02, 0.025, 0.2), palette.chrome))
    return merge_by_material(parts)


def bed(palette: MaterialPalette, rng: np.random.Generator, width: float) -> Meshes:
    """Return a bed 2.05 m long, its head towards +y, with pillows and a duvet that isn't quite flat."""
    w, top = width / 2, float(rng.uniform(0.42, 0.6))
    body, linen = (
        sample_body_material(palette, rng),
        (palette.paper, palette.seat, palette.second_seat)[rng.integers(3)],
    )
    parts = [box((-w, -1.0, 0.1 if rng.random() < 0.5 else 0.0), (w, 1.0, top - 0.2), body)]
    parts += [centred_box((x * (w - 0.06), y * 0.92, 0.06), (0.06, 0.06, 0.12), body) for x, y in _CORNERS]
    parts.append(cushion((0, 0, top - 0.1), (width - 0.04, 1.96, 0.24), palette.paper, 0.15))
    head = float(rng.uniform(0.0, 0.7))
    if head > 0.15:
        cover = (body, palette.seat, palette.wood)[rng.integers(3)]
        parts.append(box((-w - 0.03, 0.99, 0), (w + 0.03, 1.06, top + head), cover))
    for x in (0.0,) if width < 1.2 else (-width / 4, width / 4):
        pillow = cushion((0, 0, 0), (0.6, 0.38, 0.16), palette.paper, 0.5)
        parts.append(pillow.moved((x, 0.72, top + 0.08), float(rng.uniform(-15, 15))))
    reach = float(rng.uniform(1.0, 1.6))
    # Cushions that stick out of the duvet are its folds.
    for k in range(int(rng.integers(3, 7))):
        at = (float(rng.uniform(-0.25, 0.25)) * width, -1.0 + reach * float(rng.uniform(0.15, 0.85)), top + 0.04)
        heap = cushion((0, 0, 0), (0.6 * width, 0.55 * reach, float(rng.uniform(0.1, 0.2))), linen, 0.6)
        parts.append(heap.moved((at[0], at[1], at[2] - 0.004 * k), float(rng.uniform(-40, 40))))
    parts.append(cushion((0, -1.0 + reach / 2, top + 0.01), (width + 0.06, reach, 0.16), linen, 0.3))
    return merge_by_material(parts)


def dining_table(
    palette: MaterialPalette, rng: np.random.Generator, width: float, depth: float, high: float = 0.74
) -> Meshes:
    """Return a table, `width` m along x and `high` m high, on four legs, two boards or a column."""
    kind, w, d = rng.integers(4), width / 2, depth / 2
    leg = (palette.frame, palette.top, palette.wood)[rng.integers(3)]
    edge = 0.5 * min(width, depth) if kind == 3 else float(rng.choice([0.02, 0.1]))
    parts = [prism(rounded_rectangle(width, depth, edge), high - 0.03, high, palette.top)]
    if kind <= 1:
        thick = float(rng.uniform(0.03, 0.08))
        x0, y0 = w - thick / 2 - 0.02, d - thick / 2 - 0.02
        parts += [centred_box((x * x0, y * y0, high / 2 - 0.02), (thick, thick, high - 0.04), leg) for x, y in _CORNERS]
        if kind:
            parts.append(box((-x0, -y0 + 0.01, high - 0.11), (x0, y0 - 0.01, high - 0.03), leg))
    elif kind == 2:
        parts += [
            centred_box((x * (w - 0.15), 0, high / 2 - 0.02), (0.05, depth * 0.8, high - 0.04), leg) for x in (-1, 1)
        ]
    else:
        parts.append(cylinder((0, 0, 0), 0.25 * min(width, depth) + 0.1, 0.025, leg, 28))
        parts.append(cylinder((0, 0, 0.02), 0.045, high - 0.05, leg, 14))
    return merge_by_material(parts)


def television(palette: MaterialPalette, rng: np.random.Generator) -> Meshes:
    """Return a television on its feet, switched off; it stands on z = 0."""
    wide = float(rng.uniform(0.7, 1.25))
    screen = Material((0.012, 0.012, 0.014), gloss=1.0, roughness=0.02)
    parts = [centred_box((0, 0, 0.07 + 0.28 * wide), (wide, 0.04, 0.57 * wide), palette.black)]
    parts.append(centred_box((0, -0.022, 0.07 + 0.28 * wide), (wide - 0.02, 0.004, 0.55 * wide), screen))
    parts += [centred_box((x * wide * 0.35, 0, 0.04), (0.04, 0.2, 0.08), palette.black) for x in (-1, 1)]
    return merge_by_material(parts)


def standing_lamp(palette: MaterialPalette, rng: np.random.Generator, light: LinearRGB) -> SceneGroup:
    """Return a floor lamp, straight or on a bow; `light` is the radiance it gives, black when it is off."""
    lit = max(light) > 0
    shade = glow((1.0, 0.88, 0.7), 1.6) if lit else (palette.white, palette.accent, palette.black)[rng.integers(3)]
    stem = (palette.chrome, palette.black, palette.wood)[rng.integers(3)]
    high, reach = float(rng.uniform(1.25, 1.75)), float(rng.choice([0.0, 0.0, rng.uniform(0.3, 0.8)]))
    points: list[Vec3] = [(0, 0, 0.02), (0, 0, 0.75 * high), (-0.35 * reach, 0, high), (-reach, 0, high - 0.05)]
    points = points if reach else [(0, 0, 0.02), (0, 0, high)]
    wide, tall = float(rng.uniform(0.12, 0.24)), float(rng.uniform(0.16, 0.34))
    low = points[-1][2] - 0.75 * tall
    profile = [(wide, low), (wide * float(rng.uniform(0.4, 1.0)), low + tall)]
    parts: list[Mesh] = [cylinder((0, 0, 0), float(rng.uniform(0.11, 0.18)), 0.025, stem, 24)]
    parts += [tube(a, b, 0.011, stem) for a, b in itertools.pairwise(points)]
    parts.append(lathe(profile, shade, 24).moved((-reach, 0, 0)))
    size = 1.4 * wide
    lights = (
        AreaLight((-reach, 0, low - 0.01), (size, 0, 0), (0, -size, 0), light),
        AreaLight((-reach, 0, low + tall + 0.01), (size, 0, 0), (0, size, 0), light),
    )
    return SceneGroup(merge_by_material(parts), lights if lit else ())


def floor_item(palette: MaterialPalette, rng: np.random.Generator) -> Meshes:
    """Return something left on the floor: a basket, a box, a ball, a bag, a pile of books."""
    kind, size = rng.integers(5), float(rng.uniform(0.2, 0.42))
    cover = (palette.wood, palette.accent, palette.white, palette.seat, palette.black)[rng.integers(5)]
    if kind == 0:
        profile = [(0.0, 0.01), (0.4 * size, 0.0), (0.5 * size, 0.9 * size), (0.46 * size, 0.9 * size), (0, 0.05)]
        return (lathe(profile, cover, 18),)
    if kind == 1:
        return (centred_box((0, 0, 0.3 * size), (size, 0.8 * size, 0.6 * size), cover),)
    if kind == 2:
        return (cushion((0, 0, 0.4 * size), (0.8 * size,) * 3, cover, 1.0),)
    if kind == 3:
        return (cushion((0, 0, 0.35 * size), (size, 0.5 * size, 0.7 * size), cover, 0.45),)
    pile = []
    for k in range(int(rng.integers(2, 9))):
        book = centred_box((0, 0, 0.015 + 0.03 * k), (0.17, 0.24, 0.028), palette.books[k % 7])
        pile.append(book.moved((0, 0, 0), (-9.0) ** (k % 2)))
    return merge_by_material(pile)
