"""A room of a home with nothing in it, to put things into."""

from __future__ import annotations

import numpy as np
from bgfg.synth.kit.pieces.looks import draw_look
from bgfg.synth.kit.render.scene import Camera, Material
from bgfg.synth.kit.scenes.plan import SIDES, Finish, Plan

GREY = Material((0.5, 0.5, 0.5))
CORNER = Camera((0.5, 1.0, 1.3), (-0.5, 2.5, 1.0), 62, 32, 32)


def empty_plan(seed: int, camera: Camera = CORNER, clear_m: float | None = 0.7) -> Plan:
    """A room of 4 x 4 x 2.5 m, all grey, seen from close by."""
    rng = np.random.default_rng(seed)
    walls = dict.fromkeys(SIDES, GREY)
    finish = Finish(GREY, GREY, walls, GREY, GREY, GREY, GREY, GREY, GREY, (2.0, 2.0, 2.0), None, heated=False)
    return Plan(4.0, 4.0, 2.5, camera, draw_look(rng), finish, rng, clear_m)
