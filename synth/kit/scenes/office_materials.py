"""Materials of offices: floors, ceilings, walls, doors, and what is seen through their windows."""

from __future__ import annotations

import numpy as np

from bgfg.synth.kit.pieces.colours import sample_accent_colour
from bgfg.synth.kit.pieces.palette import WOODS, MaterialPalette
from bgfg.synth.kit.render.image_textures import PanoramaTexture
from bgfg.synth.kit.render.materials import paint
from bgfg.synth.kit.render.procedural_textures import Brick, Carpet, Plaster, Slats, Stone, Tiles, Wood
from bgfg.synth.kit.render.scene import Camera, LinearRGB, Material
from bgfg.synth.kit.scenes.panoramas import outdoor_panorama, panorama_material, room_panorama
from bgfg.synth.kit.scenes.room_builder import ShellMaterials
from bgfg.synth.kit.scenes.room_lighting import RoomLighting


def sample_office_shell(
    rng: np.random.Generator, palette: MaterialPalette, lighting: RoomLighting, camera: Camera
) -> ShellMaterials:
    """Return random materials for the shell of a room, and the light of its windows.

    Args:
        rng: Draws them.
        palette: The materials of the furniture; doors, frames and one wall may share them.
        lighting: The light of the room.
        camera: Where the room is seen from: views through windows are painted for this point.
    """
    seed = int(rng.integers(1 << 20))
    whites: tuple[LinearRGB, ...] = (
        (0.80, 0.79, 0.76),
        (0.74, 0.75, 0.76),
        (0.78, 0.73, 0.65),
        (0.58, 0.59, 0.60),
        (0.33, 0.34, 0.36),
    )
    plain = Material(Plaster(whites[rng.integers(len(whites))], seed))
    walls = dict.fromkeys(("left", "right", "back", "front"), plain)
    for side in ("left", "right", "back"):
        if rng.random() < (0.5 if side == "back" else 0.22):
            walls[side] = _feature(rng, palette, seed + 3)
    dark = rng.random() < 0.4
    view = PanoramaTexture(outdoor_panorama(rng, lighting.dusk), camera.eye)
    beyond = PanoramaTexture(room_panorama(rng, (0.7, 0.69, 0.66)), camera.eye)
    cloth = Material((0.75, 0.73, 0.68), emission=0.35 * lighting.view_brightness)
    blind = (cloth, float(rng.uniform(0.1, 0.45))) if rng.random() < 0.4 else None
    return ShellMaterials(
        floor=_floor(rng, seed + 5),
        ceiling=_ceiling(rng, seed + 9),
        walls=walls,
        skirting=paint((0.72, 0.72, 0.7)) if not dark else paint((0.06, 0.06, 0.065)),
        frame=paint((0.035, 0.035, 0.04)) if dark else (palette.white, palette.wood)[int(rng.random() < 0.25)],
        pane=panorama_material(view, lighting.view_brightness),
        next_room=panorama_material(beyond, 0.5, gloss=0.8),
        frosted=Material((0.72, 0.78, 0.78), emission=0.18, gloss=0.3),
        door=(palette.wood, palette.white, palette.accent, paint((0.2, 0.21, 0.23)))[rng.integers(4)],
        daylight=lighting.daylight,
        blind=blind,
        heated=rng.random() < 0.5,
    )


def _feature(rng: np.random.Generator, palette: MaterialPalette, seed: int) -> Material:
    """Return a wall that differs from the others: brick, slats, stone, tiles, or a colour."""
    kind = rng.integers(6)
    if kind == 0:
        reds: tuple[LinearRGB, ...] = ((0.36, 0.13, 0.08), (0.42, 0.22, 0.13), (0.7, 0.69, 0.66), (0.28, 0.2, 0.16))
        colour = reds[rng.integers(4)]
        return Material(Brick(colour, (0.66, 0.65, 0.62) if colour[0] > 0.6 else (0.5, 0.47, 0.43), seed))
    if kind == 1:
        return Material(
            Slats(WOODS[rng.integers(len(WOODS))], float(rng.choice([0.07, 0.12, 0.3])), 0.02, seed), gloss=0.15
        )
    if kind == 2:
        return Material(Stone((0.46, 0.46, 0.45), seed))
    if kind == 3:
        return Material(Tiles((0.62, 0.66, 0.66), (0.8, 0.8, 0.78), (0.3, 0.1), seed, 0.12, 0.005, 0.5), gloss=0.6)
    colour = sample_accent_colour(rng) if kind == 4 else palette.accent_colour
    return Material(Plaster(colour, seed))


def _floor(rng: np.random.Generator, seed: int) -> Material:
    kind = rng.integers(7)
    if kind <= 1:
        plank = (float(rng.choice([0.09, 0.14, 0.2])), float(rng.uniform(0.9, 1.8)))
        wood = Wood(WOODS[rng.integers(len(WOODS))], seed, plank, rng.random() < 0.6)
        return Material(wood, gloss=float(rng.uniform(0.3, 0.9)), roughness=float(rng.uniform(0.06, 0.2)))
    if kind <= 3:
        tones: tuple[LinearRGB, ...] = (
            (0.20, 0.21, 0.23),
            (0.32, 0.31, 0.30),
            (0.13, 0.17, 0.24),
            (0.38, 0.33, 0.27),
            (0.16, 0.22, 0.19),
        )
        second = sample_accent_colour(rng) if rng.random() < 0.4 else None
        return Material(Carpet(tones[rng.integers(5)], seed, 0.5 if rng.random() < 0.7 else None, second))
    if kind == 4:
        tone: LinearRGB = ((0.66, 0.64, 0.6), (0.4, 0.4, 0.4), (0.16, 0.16, 0.17))[rng.integers(3)]
        tiles = Tiles(tone, tuple(0.7 * c for c in tone), (float(rng.choice([0.3, 0.6, 0.9])),) * 2, seed)  # type: ignore[arg-type]
        return Material(tiles, gloss=0.9, roughness=0.05)
    if kind == 5:
        return Material(Stone((0.68, 0.66, 0.63), seed, chips=0.16), gloss=0.8, roughness=0.06)
    return Material(Stone((0.38, 0.38, 0.375), seed), gloss=0.7, roughness=0.1)


def _ceiling(rng: np.random.Generator, seed: int) -> Material:
    kind = rng.integers(4)
    if kind == 0:
        return Material(Tiles((0.78, 0.78, 0.77), (0.55, 0.55, 0.55), (0.6, 0.6), seed, 0.015, 0.02))
    if kind == 1 and rng.random() < 0.5:
        return Material(Stone((0.42, 0.42, 0.42), seed))
    if kind == 2 and rng.random() < 0.4:
        return Material(Plaster((0.07, 0.07, 0.075), seed, 0.05))
    return Material(Plaster((0.82, 0.82, 0.81), seed, 0.012))
