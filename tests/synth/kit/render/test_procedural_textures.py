"""Textures: in range, even from afar, the same each time, and able to travel between processes."""

import numpy as np
import pytest

from bgfg.synth.kit.render.procedural_textures import (
    Brick,
    Carpet,
    Fabric,
    Plaster,
    Slats,
    Stone,
    Tiles,
    Wood,
    joint_coverage,
    value_noise,
)
from bgfg.synth.kit.render.scene import Texture
from tests.support.texture_checks import require_calmer_from_afar, require_the_same_after_pickling

TEXTURES: dict[str, Texture] = {
    "plaster": Plaster((0.7, 0.6, 0.5), 1),
    "wood": Wood((0.5, 0.3, 0.2), 2),
    "planks": Wood((0.5, 0.3, 0.2), 2, (0.14, 1.2), True),
    "carpet": Carpet((0.2, 0.3, 0.4), 3),
    "carpet tiles": Carpet((0.2, 0.3, 0.4), 3, 0.5, (0.6, 0.1, 0.1)),
    "brick": Brick((0.4, 0.2, 0.1), seed=4),
    "tiles": Tiles((0.6, 0.6, 0.6), (0.3, 0.3, 0.3), seed=5),
    "stone": Stone((0.5, 0.5, 0.5), 6, veins=0.5, chips=0.2),
    "stripes": Slats((0.5, 0.3, 0.2), 0.1, 0.02, 7),
    "fabric": Fabric((0.1, 0.2, 0.5), 8),
}


@pytest.mark.parametrize("name", TEXTURES)
def test_a_texture_is_a_colour_everywhere_and_calmer_from_afar(name: str) -> None:
    require_calmer_from_afar(TEXTURES[name], reach_m=9, close_m=0.0005, afar_m=0.5, rtol=0.12)


@pytest.mark.parametrize("name", TEXTURES)
def test_a_texture_survives_pickling(name: str) -> None:
    require_the_same_after_pickling(TEXTURES[name], reach_m=9)


def test_noise_is_smooth_and_keyed_by_its_seed() -> None:
    u = np.linspace(-3, 300, 5000, dtype=np.float32)
    wave = value_noise(1, u, u * 0)
    assert np.abs(wave).max() <= 1
    assert np.abs(np.diff(wave)).max() < 0.25
    assert not np.allclose(wave, value_noise(2, u, u * 0))


def test_joints_cover_their_share_whatever_the_footprint() -> None:
    place = np.linspace(0, 10, 20001, dtype=np.float32)
    for footprint in (0.001, 0.01, 0.05):
        covered = joint_coverage(place, 0.5, 0.02, np.full(place.shape, footprint, np.float32))
        assert covered.mean() == pytest.approx(0.04, rel=0.1)
