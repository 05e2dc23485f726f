"""Materials of homes: furniture, walls and floors; more whites, darks and woods than in offices, fewer colours."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from bgfg.synth.kit.pieces.colours import sample_accent_colour, sample_hue
from bgfg.synth.kit.pieces.palette import WOODS, MaterialPalette, sample_palette
from bgfg.synth.kit.pieces.pattern_textures import MOTIFS, Wallpaper
from bgfg.synth.kit.render.materials import metal, paint
from bgfg.synth.kit.render.procedural_textures import Brick, Carpet, Fabric, Plaster, Slats, Stone, Tiles, Wood
from bgfg.synth.kit.render.scene import LinearRGB, Material, scale_colour
from bgfg.synth.kit.scenes.room_builder import WALL_SIDES, ShellMaterials
from bgfg.synth.kit.scenes.room_lighting import RoomLighting


def sample_home_palette(rng: np.random.Generator) -> MaterialPalette:
    """Return random materials for a home's furniture: more whites, darks and woods than in offices, fewer colours."""
    palette, seed = sample_palette(rng), int(rng.integers(1 << 20))
    whites: tuple[LinearRGB, ...] = ((0.8, 0.8, 0.78), (0.78, 0.75, 0.69), (0.7, 0.68, 0.64))
    darks: tuple[LinearRGB, ...] = ((0.03, 0.03, 0.033), (0.08, 0.08, 0.09), (0.12, 0.07, 0.045))

    def cover(white: float) -> Material:
        lot = rng.random()
        tones = (
            whites
            if lot < white
            else darks
            if lot < white + 0.2
            else (sample_accent_colour(rng), sample_hue(rng, 0.3, 0.4))
        )
        tone = tones[rng.integers(len(tones))]
        if rng.random() < 0.35:  # leather
            return Material(Plaster(tone, seed), gloss=0.7, roughness=0.15)
        return Material(Fabric(tone, seed))

    white = paint(whites[rng.integers(2)], float(rng.choice([0.2, 0.8])), float(rng.choice([0.05, 0.25])))
    wood = Material(Wood(WOODS[rng.integers(len(WOODS))], seed, contrast=float(rng.uniform(0.1, 0.3))), gloss=0.4)
    top = (palette.top, wood, white, palette.black, Material((0.5, 0.56, 0.55), gloss=1.0, roughness=0.02))
    return replace(
        palette,
        white=white,
        wood=wood,
        top=top[rng.integers(5)],
        seat=cover(0.6),
        second_seat=cover(0.25),
        frame=(palette.frame, wood, white, metal(roughness=0.1))[rng.integers(4)],
        chrome=metal(roughness=float(rng.uniform(0.05, 0.3))),
    )


def sample_home_shell(rng: np.random.Generator, palette: MaterialPalette, lighting: RoomLighting) -> ShellMaterials:
    """Return random materials for the shell of a room, and the light of its windows."""
    seed = int(rng.integers(1 << 20))
    wall, other = _wall(rng, seed), _wall(rng, seed + 20)
    walls = {side: other if rng.random() < 0.2 else wall for side in WALL_SIDES}
    skirting = (palette.white, palette.white, palette.wood, wall)[rng.integers(4)]
    blind = Material((0.78, 0.76, 0.7), emission=0.3 * lighting.view_brightness)
    frosted = Material((0.72, 0.78, 0.78), emission=0.3, gloss=0.3)
    frame = (palette.white, palette.white, palette.wood, paint((0.035, 0.035, 0.04)))[rng.integers(4)]
    return ShellMaterials(
        floor=_floor(rng, seed + 5),
        ceiling=Material(Plaster((0.8, 0.8, 0.78), seed + 9, 0.02)),
        walls=walls,
        skirting=skirting,
        frame=frame,
        pane=frosted,
        next_room=frosted,
        frosted=frosted,
        door=(palette.white, palette.wood)[rng.integers(2)],
        daylight=lighting.daylight,
        blind=(blind, float(rng.uniform(0.05, 0.6))) if rng.random() < 0.15 else None,
        heated=False,
    )


def _wall(rng: np.random.Generator, seed: int) -> Material:
    """Return a wall: white or pale more often than not, else a colour, wallpaper, brick or boards."""
    kind, relief = rng.random(), float(rng.uniform(0.01, 0.06))
    whites: tuple[LinearRGB, ...] = ((0.82, 0.81, 0.79), (0.78, 0.77, 0.73), (0.74, 0.7, 0.62), (0.68, 0.7, 0.71))
    white = whites[rng.integers(4)]
    if kind < 0.6:
        return Material(Plaster(white, seed, relief))
    if kind < 0.72:
        return Material(
            Plaster(sample_accent_colour(rng) if rng.random() < 0.5 else sample_hue(rng, 0.25, 0.55), seed, relief)
        )
    if kind < 0.85:
        share = float(rng.uniform(0.55, 0.95))
        ground = white if rng.random() < 0.7 else sample_accent_colour(rng)
        ink = scale_colour(ground, share) if rng.random() < 0.5 else sample_accent_colour(rng)
        return Material(Wallpaper(ground, ink, MOTIFS[rng.integers(5)], float(rng.uniform(0.05, 0.6)), seed))
    if kind < 0.95:
        return brick_wall(rng, seed)
    return Material(Slats(WOODS[rng.integers(len(WOODS))], float(rng.choice([0.1, 0.16])), 0.008, seed), gloss=0.2)


def _floor(rng: np.random.Generator, seed: int) -> Material:
    """Return a floor: planks of wood, matt or glossy, more often than carpet, tiles or stone."""
    kind = rng.random()
    if kind < 0.65:
        plank = (float(rng.choice([0.07, 0.12, 0.2])), float(rng.uniform(0.4, 2.2)))
        wood = Wood(WOODS[rng.integers(len(WOODS))], seed, plank, rng.random() < 0.5, float(rng.uniform(0.1, 0.3)))
        return Material(wood, gloss=float(rng.uniform(0.2, 1.0)), roughness=float(rng.uniform(0.02, 0.2)))
    if kind < 0.82:
        return Material(Carpet(sample_hue(rng, 0.2, float(rng.uniform(0.1, 0.65))), seed))
    if kind < 0.94:
        tone = sample_hue(rng, 0.1, float(rng.uniform(0.12, 0.7)))
        size = float(rng.choice([0.15, 0.3, 0.45]))
        return Material(Tiles(tone, scale_colour(tone, 0.6), (size, size), seed), gloss=0.9, roughness=0.05)
    return Material(Stone((0.5, 0.48, 0.45), seed), gloss=0.6, roughness=0.1)


BRICK_COLOURS: tuple[tuple[LinearRGB, LinearRGB], ...] = (
    ((0.36, 0.13, 0.08), (0.5, 0.47, 0.43)),
    ((0.42, 0.22, 0.13), (0.5, 0.47, 0.43)),
    ((0.45, 0.33, 0.2), (0.55, 0.52, 0.47)),
    ((0.7, 0.69, 0.66), (0.66, 0.65, 0.62)),
    ((0.28, 0.2, 0.16), (0.4, 0.38, 0.36)),
)


def brick_wall(rng: np.random.Generator, seed: int) -> Material:
    """Return a brick wall: red, brown, yellow, painted white or dark."""
    colour, mortar = BRICK_COLOURS[rng.integers(len(BRICK_COLOURS))]
    return Material(Brick(colour, mortar, seed))
