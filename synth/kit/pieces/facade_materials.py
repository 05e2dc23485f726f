"""Materials of buildings: walls of plaster, brick, tiles, boards or stone, and the glass between them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bgfg.synth.kit.pieces.colours import sample_accent_colour
from bgfg.synth.kit.pieces.outdoor_textures import Glazing
from bgfg.synth.kit.pieces.palette import WOODS
from bgfg.synth.kit.render.materials import metal, paint
from bgfg.synth.kit.render.procedural_textures import Brick, Plaster, Slats, Stone, Tiles
from bgfg.synth.kit.render.scene import LinearRGB, Material


@dataclass(frozen=True)
class FacadeMaterials:
    """What a building is made of.

    Attributes:
        wall: Its walls and bands.
        accent: Steps, porches and plinths.
        frame: Window frames and metal.
        glass: Its windows, with what is faintly seen behind them.
        lobby: The glass of the ground floor.
        roof: What stands on the roof.
        lamp: The windows of rooms that are lit.
    """

    wall: Material
    accent: Material
    frame: Material
    glass: Material
    lobby: Material
    roof: Material
    lamp: Material


def sample_facade_materials(rng: np.random.Generator, lit: float = 0.0) -> FacadeMaterials:
    """Return random materials that go together; `lit` is the share of rooms with their lamps on."""
    seed = int(rng.integers(1 << 20))
    tints: tuple[LinearRGB, ...] = (
        (0.03, 0.07, 0.11),
        (0.02, 0.06, 0.055),
        (0.04, 0.045, 0.05),
        (0.015, 0.018, 0.02),
        (0.06, 0.10, 0.13),
    )
    tint = tints[rng.integers(5)]
    bar: LinearRGB = ((0.05, 0.05, 0.055), (0.6, 0.6, 0.6), (0.25, 0.26, 0.27))[rng.integers(3)]
    pane = (float(rng.uniform(1.0, 2.2)), float(rng.uniform(1.2, 2.6)))
    # Every second building has plain glass, the others a coating that mirrors.
    mirror = float(rng.choice([0.06, rng.uniform(0.1, 0.4)]))
    glazing = Glazing(tint, bar, pane, seed + 1, float(rng.uniform(0.04, 0.1)), float(rng.uniform(0.05, 0.6)))
    glass = Material(glazing, gloss=1.0, roughness=0.012, reflectance=mirror)
    open_glass = Glazing(tint, bar, (pane[0], 3.0), seed + 2, 0.06, 0.0)
    lamp: LinearRGB = ((1.0, 0.78, 0.5), (1.0, 0.92, 0.8), (0.85, 0.95, 1.0))[rng.integers(3)]
    return FacadeMaterials(
        wall=_wall(rng, seed + 3),
        accent=_wall(rng, seed + 9) if rng.random() < 0.6 else paint(sample_accent_colour(rng)),
        frame=metal((0.5, 0.51, 0.53)) if rng.random() < 0.4 else paint(bar),
        glass=glass,
        lobby=Material(open_glass, gloss=1.0, roughness=0.01, reflectance=0.06, emission=2.5 * lit),
        roof=Material(Stone((0.4, 0.4, 0.39), seed + 4)),
        lamp=Material(Plaster(lamp, seed + 5, 0.2), emission=float(rng.uniform(0.5, 1.3))),
    )


def _wall(rng: np.random.Generator, seed: int) -> Material:
    kind = rng.integers(7)
    pale: tuple[LinearRGB, ...] = (
        (0.74, 0.73, 0.70),
        (0.55, 0.44, 0.32),
        (0.62, 0.46, 0.36),
        (0.42, 0.42, 0.41),
        (0.60, 0.56, 0.47),
        (0.30, 0.30, 0.31),
        (0.72, 0.66, 0.55),
    )
    colour = pale[rng.integers(7)]
    if kind <= 1:
        return Material(Plaster(colour, seed, 0.07))
    if kind == 2:
        reds: tuple[LinearRGB, ...] = ((0.33, 0.11, 0.07), (0.4, 0.2, 0.12), (0.24, 0.16, 0.12))
        return Material(Brick(reds[rng.integers(3)], seed=seed))
    if kind <= 4:
        size = (float(rng.uniform(0.6, 1.8)), float(rng.uniform(0.5, 1.4)))
        joint = tuple(0.6 * c for c in colour)
        tiles = Tiles(colour, (joint[0], joint[1], joint[2]), size, seed, 0.1, 0.02, float(rng.choice([0, 0.5])))
        return Material(tiles, gloss=float(rng.choice([0, 0.5])), roughness=0.12)
    if kind == 5:
        boards = WOODS[rng.integers(len(WOODS))] if rng.random() < 0.5 else colour
        return Material(Slats(boards, float(rng.choice([0.15, 0.3, 0.6])), 0.03, seed, rng.random() < 0.5))
    return Material(Stone(colour, seed))
