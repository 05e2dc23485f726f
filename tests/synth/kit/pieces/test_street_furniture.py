"""What stands about out of doors: on the ground, within the room that is taken for it."""

from collections.abc import Callable

import numpy as np
import pytest

from bgfg.synth.kit.pieces import street_furniture as pieces
from bgfg.synth.kit.pieces.palette import sample_palette
from bgfg.synth.kit.render.materials import paint
from bgfg.synth.kit.render.scene import Mesh

GREY = paint((0.4, 0.4, 0.4))
# name: (build, half width, half depth, least and greatest height), in m
PIECES: dict[str, tuple[Callable[[np.random.Generator], tuple[Mesh, ...]], float, float, float, float]] = {
    "low lamp": (lambda rng: pieces.lamp_post(rng, GREY, 4.0), 0.35, 0.35, 4.0, 4.5),
    "street lamp": (lambda rng: pieces.lamp_post(rng, GREY, 8.0, on=True), 0.2, 2.8, 8.0, 8.5),
    "bench": (lambda rng: pieces.bench(rng, GREY, GREY, 2.0), 1.0, 0.35, 0.4, 1.0),
    "bollards": (lambda rng: pieces.bollards(4, 1.5, GREY), 2.4, 0.1, 0.85, 0.95),
    "bin": (lambda rng: pieces.litter_bin(GREY), 0.3, 0.3, 0.8, 1.0),
    "planter": (lambda rng: pieces.planter(rng, GREY, GREY, 2.0, 1.0), 1.5, 1.0, 0.6, 2.2),
    "parasol": (lambda rng: pieces.parasol_table(rng, sample_palette(rng)), 1.6, 1.6, 2.5, 2.7),
    "flags": (lambda rng: pieces.flagpoles(rng, 3), 3.2, 0.3, 7.0, 11.0),
    "name": (lambda rng: pieces.sign_wall(rng, GREY), 1.9, 0.35, 0.8, 1.8),
    "sign": (lambda rng: pieces.road_sign(rng), 0.4, 0.1, 2.6, 2.8),
    "basin": (lambda rng: pieces.water_basin(6.0, 4.0, GREY), 3.4, 2.4, 0.3, 0.35),
}


@pytest.mark.parametrize("name", PIECES)
def test_a_piece_stands_on_the_ground_within_its_measures(name: str) -> None:
    build, half_width, half_depth, least, greatest = PIECES[name]
    for key in range(4):
        points = np.concatenate([p.world_vertices() for p in build(np.random.default_rng(key))])
        assert np.abs(points[:, 0]).max() <= half_width
        assert np.abs(points[:, 1]).max() <= half_depth
        assert points[:, 2].min() == pytest.approx(0, abs=0.06)
        assert least <= points[:, 2].max() <= greatest


def test_the_water_of_a_basin_is_level_and_below_its_rim() -> None:
    rim, water = pieces.water_basin(6.0, 4.0, GREY)
    assert set(water.vertices[:, 2].tolist()) == {np.float32(0.2)}
    assert rim.vertices[:, 2].max() > 0.2
    assert water.material.gloss == 1
