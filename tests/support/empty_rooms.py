"""A room of a home with nothing in it, to put things into."""

from __future__ import annotations

import numpy as np

from bgfg.synth.kit.pieces.palette import sample_palette
from bgfg.synth.kit.render.scene import Camera, Material
from bgfg.synth.kit.scenes.room_builder import WALL_SIDES, RoomBuilder, ShellMaterials

GREY = Material((0.5, 0.5, 0.5))
CORNER = Camera((0.5, 1.0, 1.3), (-0.5, 2.5, 1.0), 62, 32, 32)


def empty_room(seed: int, camera: Camera = CORNER, camera_clearance_m: float | None = 0.7) -> RoomBuilder:
    """A room of 4 x 4 x 2.5 m, all grey, seen from close by."""
    rng = np.random.default_rng(seed)
    walls = dict.fromkeys(WALL_SIDES, GREY)
    shell = ShellMaterials(GREY, GREY, walls, GREY, GREY, GREY, GREY, GREY, GREY, (2.0, 2.0, 2.0), None, heated=False)
    return RoomBuilder(4.0, 4.0, 2.5, camera, sample_palette(rng), shell, rng, camera_clearance_m)
