"""Textures out of doors: colours everywhere, calmer from afar, the same after travelling between processes."""

import numpy as np
import pytest

from bgfg.synth.kit.pieces.outdoor_textures import Asphalt, Foliage, Glazing, Grass
from bgfg.synth.kit.render.scene import Texture
from tests.support.texture_checks import require_calmer_from_afar, require_the_same_after_pickling

TEXTURES: dict[str, Texture] = {
    "asphalt": Asphalt((0.1, 0.1, 0.1), 1),
    "grass": Grass((0.1, 0.2, 0.05), 2),
    "mown grass": Grass((0.1, 0.2, 0.05), 2, 0.8),
    "foliage": Foliage((0.1, 0.2, 0.05), (0.15, 0.2, 0.05), 3),
    "glazing": Glazing((0.05, 0.1, 0.15), seed=4),
}


@pytest.mark.parametrize("name", TEXTURES)
def test_a_texture_is_a_colour_everywhere_and_calmer_from_afar(name: str) -> None:
    require_calmer_from_afar(TEXTURES[name], reach_m=30, close_m=0.002, afar_m=2.0, rtol=0.3)


@pytest.mark.parametrize("name", TEXTURES)
def test_a_texture_survives_pickling(name: str) -> None:
    require_the_same_after_pickling(TEXTURES[name], reach_m=30)


def test_glazing_has_a_bar_every_pane() -> None:
    glass = Glazing((0.05, 0.1, 0.15), (0.9, 0.9, 0.9), (1.5, 2.0), 5, 0.1, blinds=0.0)
    x = np.arange(-750, 751, dtype=np.float32) / 100
    points = np.stack([x, np.zeros_like(x), np.full_like(x, 1.0)], axis=1)
    seen = glass(points, np.tile(np.array([[0, -1, 0]], np.float32), (len(x), 1)), np.full(len(x), 0.01, np.float32))
    bar = seen[:, 0] > 0.5
    slow = np.array([min(abs(value - 1.5 * (k + 0.5)) for k in range(-6, 6)) < 0.05 for value in x.tolist()])
    assert (bar == slow).mean() > 0.98
