"""The materials that one room's furniture shares, so that it looks bought together."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from bgfg.synth.kit.pieces.pictures import accent
from bgfg.synth.kit.render.materials import Carpet, Fabric, Stone, Wood, metal, paint
from bgfg.synth.kit.render.scene import Colour, Material

OAK: Colour = (0.50, 0.33, 0.18)
BEECH: Colour = (0.62, 0.45, 0.28)
WALNUT: Colour = (0.20, 0.11, 0.06)
CHERRY: Colour = (0.32, 0.14, 0.07)
ASH: Colour = (0.66, 0.55, 0.42)
GREY_OAK: Colour = (0.36, 0.31, 0.26)
WOODS = (OAK, BEECH, WALNUT, CHERRY, ASH, GREY_OAK)
GREENS: tuple[Colour, ...] = ((0.05, 0.17, 0.03), (0.08, 0.22, 0.05), (0.04, 0.13, 0.05), (0.14, 0.26, 0.06))


@dataclass(frozen=True)
class Look:
    """What the furniture of a room is made of."""

    top: Material  # tables and desks
    wood: Material  # shelves, doors, panels
    frame: Material  # legs
    chrome: Material
    seat: Material
    second_seat: Material
    shell: Material  # plastic of chairs and devices
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
    accent_colour: Colour
    wood_colour: Colour


def draw_look(rng: np.random.Generator) -> Look:
    """Return materials that go together: one wood, one metal, one or two cloths, an accent."""
    seed = int(rng.integers(1 << 20))
    wood_colour = WOODS[rng.integers(len(WOODS))]
    bright = accent(rng)
    wood = Material(Wood(wood_colour, seed), gloss=0.5, roughness=0.18)
    white = paint((0.80, 0.80, 0.78))
    black = paint((0.025, 0.025, 0.028), gloss=0.5)
    quiet: tuple[Colour, ...] = ((0.05, 0.05, 0.06), (0.16, 0.17, 0.19), (0.38, 0.36, 0.33), (0.09, 0.13, 0.2))
    seat = bright if rng.random() < 0.4 else quiet[rng.integers(4)]
    second = quiet[rng.integers(4)] if rng.random() < 0.6 else accent(rng)
    frames = (black, white, metal(), paint((0.3, 0.31, 0.33)))
    return Look(
        top=wood if rng.random() < 0.6 else white,
        wood=wood,
        frame=frames[rng.integers(4)],
        chrome=metal(),
        seat=Material(Fabric(seat, seed + 11)),
        second_seat=Material(Fabric(second, seed + 12)),
        shell=black if rng.random() < 0.6 else white,
        black=black,
        white=white,
        paper=Material((0.85, 0.85, 0.83)),
        accent=paint(bright),
        pot=paint(((0.75, 0.74, 0.72), (0.1, 0.1, 0.11), (0.42, 0.19, 0.1), bright)[rng.integers(4)]),
        soil=Material((0.05, 0.035, 0.025)),
        trunk=Material((0.16, 0.1, 0.06)),
        leaves=tuple(Material(colour, gloss=0.3, roughness=0.35) for colour in GREENS),
        books=tuple(paint(accent(rng) if k < 5 else (0.6, 0.58, 0.53), 0.2) for k in range(7)),
        rug=Material(Carpet(bright if rng.random() < 0.5 else quiet[rng.integers(1, 4)], seed + 13)),
        stone=Material(Stone((0.75, 0.74, 0.72), seed + 14, veins=0.5), gloss=0.6, roughness=0.08),
        accent_colour=bright,
        wood_colour=wood_colour,
    )
