"""Street furniture: lamps, benches, bollards, bins, planters, parasols, flags, signs, basins.

Each piece stands on the origin of its own frame, its front towards -y, z up, metres.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from bgfg.synth.kit.pieces.colours import sample_accent_colour
from bgfg.synth.kit.pieces.decor import image_panel
from bgfg.synth.kit.pieces.graphics import sign_image
from bgfg.synth.kit.pieces.palette import MaterialPalette
from bgfg.synth.kit.pieces.plants import shrub
from bgfg.synth.kit.pieces.scene_group import Meshes
from bgfg.synth.kit.render.materials import metal, paint
from bgfg.synth.kit.render.mesh_primitives import box, boxes, cylinder, lathe, merge_by_material, quad, sphere, tube
from bgfg.synth.kit.render.scene import Material, Mesh

WATER = Material((0.02, 0.045, 0.05), gloss=1.0, roughness=0.03, reflectance=0.03)


def lamp_post(rng: np.random.Generator, pole: Material, height: float, on: bool = False) -> Meshes:
    """Return a street lamp: above 5.5 m with an arm over the road (towards -y), else with a globe or a disc on top."""
    mast = lathe([(0.11, 0), (0.1, 0.8), (0.06, 0.85), (0.04, height)], pole, sides=8)
    glow = Material((1.0, 0.85, 0.6), emission=4.0) if on else Material((0.75, 0.76, 0.76), gloss=0.6)
    if height > 5.5:
        reach = float(rng.uniform(0.9, 2.2))
        arm = tube((0, 0, height - 0.1), (0, -reach, height + 0.25), 0.035, pole, 6)
        head = box((-0.12, -reach - 0.5, height + 0.22), (0.12, -reach + 0.1, height + 0.31), pole)
        face = quad((-0.1, -reach - 0.48, height + 0.215), (0, 0.5, 0), (0.2, 0, 0), glow)
        return mast, arm, head, face
    if rng.random() < 0.5:
        return mast, sphere((0, 0, height + 0.16), 0.2, glow)
    return mast, cylinder((0, 0, height), 0.3, 0.09, pole, 14), cylinder((0, 0, height - 0.03), 0.24, 0.03, glow, 14)


def bench(rng: np.random.Generator, wood: Material, stone: Material, length: float) -> Meshes:
    """Return a bench of slats with a back, or a slab of stone with slats on it."""
    if rng.random() < 0.5:
        slab = box((-length / 2, -0.26, 0), (length / 2, 0.26, 0.4), stone)
        return slab, boxes([(-length / 2 + 0.04, y, 0.4) for y in (-0.24, -0.12, 0.0, 0.12)],
                           [(length / 2 - 0.04, y + 0.1, 0.45) for y in (-0.24, -0.12, 0.0, 0.12)], wood)  # fmt: skip
    rows = [(-0.22, 0.42), (-0.1, 0.42), (0.02, 0.42), (0.14, 0.42), (0.22, 0.56), (0.25, 0.7), (0.28, 0.84)]
    thick = [(0.1, 0.035) if z < 0.5 else (0.03, 0.09) for _, z in rows]
    ends = [(length / 2, y + a, z + b) for (y, z), (a, b) in zip(rows, thick, strict=True)]
    seat = boxes([(-length / 2, y, z) for y, z in rows], ends, wood)
    legs = [(x, y, top) for x in (-0.4 * length, 0.4 * length) for y, top in ((-0.2, 0.42), (0.2, 0.86))]
    iron = paint((0.03, 0.03, 0.033))
    return seat, boxes([(x - 0.03, y, 0) for x, y, _ in legs], [(x + 0.03, y + 0.05, z) for x, y, z in legs], iron)


def bollards(count: int, pitch: float, material: Material, height: float = 0.9) -> Meshes:
    """Return `count` bollards along x, `pitch` m apart."""
    one = lathe([(0.08, 0), (0.08, height - 0.06), (0.05, height), (0, height)], material, sides=10)
    return tuple(one.moved(((k - (count - 1) / 2) * pitch, 0, 0)) for k in range(count))


def litter_bin(material: Material) -> Meshes:
    """Return a bin with a lid."""
    return cylinder((0, 0, 0.05), 0.24, 0.75, material, 14), cylinder((0, 0, 0.86), 0.27, 0.06, material, 14)


def planter(rng: np.random.Generator, stone: Material, leaves: Material, length: float, width: float) -> Meshes:
    """Return a trough of stone with shrubs in it."""
    high = float(rng.uniform(0.35, 0.8))
    shell = box((-length / 2, -width / 2, 0), (length / 2, width / 2, high), stone)
    count = max(1, round(length / (0.9 * width)))
    bushes = [
        part.moved((float(x), 0.0, high - 0.12))
        for x in (np.arange(count) + 0.5) / count * length - length / 2
        for part in shrub(rng, leaves, 0.95 * width, float(rng.uniform(0.5, 1.0)), 130)
    ]
    return shell, *bushes


def parasol_table(rng: np.random.Generator, palette: MaterialPalette) -> Meshes:
    """Return a round table with stools under a parasol."""
    cloth = Material(sample_accent_colour(rng) if rng.random() < 0.5 else (0.75, 0.72, 0.65))
    roof = lathe([(1.5, 2.15), (0.75, 2.42), (0.0, 2.6)], cloth, sides=8, smooth=False)
    around = [(0.85 * float(np.cos(a)), 0.85 * float(np.sin(a)), 0.0) for a in (0.4, 2.0, 3.6, 5.2)]
    stools = [cylinder(place, 0.19, 0.45, palette.plastic, 10) for place in around]
    return (
        roof,
        tube((0, 0, 0), (0, 0, 2.55), 0.025, palette.frame, 6),
        cylinder((0, 0, 0.72), 0.45, 0.03, palette.top, 18),
        cylinder((0, 0, 0), 0.25, 0.04, palette.black, 14),
        *merge_by_material(stools),
    )


def flagpoles(rng: np.random.Generator, count: int) -> Meshes:
    """Return `count` flagpoles along x, their cloths hanging to one side."""
    pole, high, parts = metal((0.6, 0.6, 0.6)), float(rng.uniform(7, 11)), []
    for k in range(count):
        x, cloth = (k - (count - 1) / 2) * 2.2, Material(sample_accent_colour(rng))
        parts.append(lathe([(0.06, 0), (0.03, high)], pole, sides=7).moved((x, 0, 0)))
        folds = [(0.0, 0.0), (0.25, 0.12), (0.5, -0.06), (0.75, 0.1)]
        for (a, b), (c, d) in pairwise(folds):
            drop = 0.35 * c
            parts.append(quad((x + a, b, high - 2.0 - drop), (c - a, d - b, 0), (0, 0, 1.8 + drop / 2), cloth))
    return merge_by_material(parts)


def sign_wall(rng: np.random.Generator, stone: Material) -> Meshes:
    """Return a low wall with a firm's name on it."""
    width, high = float(rng.uniform(1.6, 3.6)), float(rng.uniform(0.8, 1.7))
    ground, ink = (
        ((0.05, 0.06, 0.08), (0.8, 0.8, 0.8)) if rng.random() < 0.5 else ((0.72, 0.72, 0.7), sample_accent_colour(rng))
    )
    face = image_panel(sign_image(rng, ground, ink), 0.8 * width, 0.5 * high)
    return box((-width / 2, 0, 0), (width / 2, 0.3, high), stone), face.moved((0, -0.02, 0.55 * high))


def road_sign(rng: np.random.Generator) -> Meshes:
    """Return a round, square or blue traffic sign on a post."""
    colour = ((0.55, 0.03, 0.03), (0.04, 0.12, 0.45), (0.7, 0.6, 0.05))[rng.integers(3)]
    post, plate = tube((0, 0, 0), (0, 0, 2.7), 0.035, metal(), 7), Material(colour, gloss=0.3)
    if rng.random() < 0.5:
        return post, box((-0.3, -0.06, 2.1), (0.3, -0.04, 2.7), plate)
    disc = cylinder((0, 0, 0), 0.32, 0.02, plate, 18)
    upright = disc.vertices[:, [0, 2, 1]] * np.array([1, -1, 1], np.float32) + np.array([0, -0.04, 2.4], np.float32)
    return post, Mesh(upright, disc.faces, plate)


def water_basin(length: float, width: float, stone: Material) -> Meshes:
    """Return a level sheet of water with a rim around it."""
    x, y, rim = length / 2, width / 2, 0.35
    lows = [(-x - rim, -y - rim, 0), (-x - rim, y, 0), (-x - rim, -y, 0), (x, -y, 0)]
    highs = [(x + rim, -y, 0.32), (x + rim, y + rim, 0.32), (-x, y, 0.32), (x + rim, y, 0.32)]
    walls = boxes(lows, highs, stone)
    return walls, quad((-x, -y, 0.2), (length, 0, 0), (0, width, 0), WATER)
