"""Ceiling lamps: below the ceiling, shining down."""

import numpy as np
import pytest

from bgfg.synth.kit.pieces.ceiling_lamps import panel_lamp, pendant
from bgfg.synth.kit.pieces.palette import sample_palette
from bgfg.synth.kit.render.scene import Material
from tests.support.mesh_checks import bounding_box

RNG = np.random.default_rng
PALETTE = sample_palette(RNG(1))
GREY = Material((0.5, 0.5, 0.5))


@pytest.mark.parametrize("kind", [0, 1, 2, 3])
def test_lamps_hang_from_the_ceiling_and_shine_down(kind: int) -> None:
    for built in (pendant(kind, 0.8, (1, 1, 1), GREY), panel_lamp(0.6, 0.6, (1, 1, 1), PALETTE)):
        _, high = bounding_box(built.meshes)
        assert high[2] == pytest.approx(0, abs=0.011)
        assert all(np.cross(light.edge_u, light.edge_v)[2] < 0 for light in built.lights)
