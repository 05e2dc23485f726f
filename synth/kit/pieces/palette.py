"""Material palettes: what the furniture of one room has in common, so that it goes together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bgfg.synth.kit.pieces.colours import sample_accent_colour
from bgfg.synth.kit.render.materials import metal, paint
from bgfg.synth.kit.render.procedural_textures import Carpet, Fabric, Stone, Wood
from bgfg.synth.kit.render.scene import LinearRGB, Material

OAK: LinearRGB = (0.50, 0.33, 0.18)
BEECH: LinearRGB = (0.62, 0.45, 0.28)
WALNUT: LinearRGB = (0.20, 0.11, 0.06)
CHERRY: LinearRGB = (0.32, 0.14, 0.07)
ASH: LinearRGB = (0.66, 0.55, 0.42)
GREY_OAK: LinearRGB = (0.36, 0.31, 0.26)
WOODS = (OAK, BEECH, WALNUT, CHERRY, ASH, GREY_OAK)
GREENS: tuple[LinearRGB, ...] = ((0.05, 0.17, 0.03), (0.08, 0.22, 0.05), (0.04, 0.13, 0.05), (0.14, 0.26, 0.06))


@dataclass(frozen=True)
class MaterialPalette:
    """What the furniture of a room is made of.

    Attributes:
        top: The tops of tables and desks.
        wood: Shelves, doors and panels.
        frame: Legs.
        chrome: Handles, stems and other metal.
        seat: The cloth of most seats.
        second_seat: The cloth of the others.
        plastic: The plastic of chairs and devices.
        black: Devices, and whatever is black.
        white: Fronts, china, and whatever is white.
        paper: Paper and linen.
        accent: Lacquer of the accent colour.
        pot: Flower pots.
        soil: What is in them.
        trunk: Stems of plants.
        leaves: Leaves, four greens.
        books: The backs of books, seven colours.
        rug: A carpet for the middle of a room.
        stone: Stone tops.
        accent_colour: The one bright colour of the room.
        wood_colour: The colour of the wood.
    """

    top: Material
    wood: Material
    frame: Material
    chrome: Material
    seat: Material
    second_seat: Material
    plastic: Material
    black: Material
    white: Material
    paper: Material
    accent: Material
    pot: Material
    soil: Material
    trunk: Material
    leaves: tuple[Material, ...]
    books: tuple[Material, ...]
    rug: Material
    stone: Material
    accent_colour: LinearRGB
    wood_colour: LinearRGB


def sample_palette(rng: np.random.Generator) -> MaterialPalette:
    """Return random materials that go together: one wood, one metal, one or two cloths, an accent."""
    # Textures get seeds of their own, or planks, cloth and stone would share one noise.
    seed = int(rng.integers(1 << 20))
    wood_colour = WOODS[rng.integers(len(WOODS))]
    bright = sample_accent_colour(rng)
    wood = Material(Wood(wood_colour, seed), gloss=0.5, roughness=0.18)
    white = paint((0.80, 0.80, 0.78))
    black = paint((0.025, 0.025, 0.028), gloss=0.5)
    quiet: tuple[LinearRGB, ...] = ((0.05, 0.05, 0.06), (0.16, 0.17, 0.19), (0.38, 0.36, 0.33), (0.09, 0.13, 0.2))
    seat = bright if rng.random() < 0.4 else quiet[rng.integers(4)]
    second = quiet[rng.integers(4)] if rng.random() < 0.6 else sample_accent_colour(rng)
    frames = (black, white, metal(), paint((0.3, 0.31, 0.33)))
    return MaterialPalette(
        top=wood if rng.random() < 0.6 else white,
        wood=wood,
        frame=frames[rng.integers(4)],
        chrome=metal(),
        seat=Material(Fabric(seat, seed + 11)),
        second_seat=Material(Fabric(second, seed + 12)),
        plastic=black if rng.random() < 0.6 else white,
        black=black,
        white=white,
        paper=Material((0.85, 0.85, 0.83)),
        accent=paint(bright),
        pot=paint(((0.75, 0.74, 0.72), (0.1, 0.1, 0.11), (0.42, 0.19, 0.1), bright)[rng.integers(4)]),
        soil=Material((0.05, 0.035, 0.025)),
        trunk=Material((0.16, 0.1, 0.06)),
        leaves=tuple(Material(colour, gloss=0.3, roughness=0.35) for colour in GREENS),
        books=tuple(paint(sample_accent_colour(rng) if k < 5 else (0.6, 0.58, 0.53), 0.2) for k in range(7)),
        rug=Material(Carpet(bright if rng.random() < 0.5 else quiet[rng.integers(1, 4)], seed + 13)),
        stone=Material(Stone((0.75, 0.74, 0.72), seed + 14, veins=0.5), gloss=0.6, roughness=0.08),
        accent_colour=bright,
        wood_colour=wood_colour,
    )
