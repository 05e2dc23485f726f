"""Textures out of doors: colours everywhere, calmer from afar, the same after travelling between processes."""

import pickle

import numpy as np
import pytest

from bgfg.synth.kit.pieces.outdoor_textures import Asphalt, Foliage, Glazing, Grass
from bgfg.synth.kit.render.scene import Texture

TEXTURES: dict[str, Texture] = {
    "asphalt": Asphalt((0.1, 0.1, 0.1), 1),
    "grass": Grass((0.1, 0.2, 0.05), 2),
    "mown grass": Grass((0.1, 0.2, 0.05), 2, 0.8),
    "foliage": Foliage((0.1, 0.2, 0.05), (0.15, 0.2, 0.05), 3),
    "glazing": Glazing((0.05, 0.1, 0.15), seed=4),
}


def places(count: int = 2001) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    normals = np.array([[0, 0, 1], [0, -1, 0], [1, 0, 0]], np.float32)[rng.integers(0, 3, count)]
    return rng.uniform(-30, 30, (count, 3)).astype(np.float32), normals


@pytest.mark.parametrize("name", TEXTURES)
def test_a_texture_is_a_colour_everywhere_and_calmer_from_afar(name: str) -> None:
    points, normals = places()
    close, afar = (TEXTURES[name](points, normals, np.full(2001, m, np.float32)) for m in (0.002, 2.0))
    for seen in (close, afar):
        assert seen.shape == (2001, 3)
        assert seen.min() >= 0
        assert seen.max() <= 1
    assert afar.std(axis=0).max() < close.std(axis=0).max()
    np.testing.assert_allclose(afar.mean(axis=0), close.mean(axis=0), rtol=0.3)


@pytest.mark.parametrize("name", TEXTURES)
def test_a_texture_survives_pickling(name: str) -> None:
    points, normals = places(100)
    footprint = np.full(100, 0.003, np.float32)
    copy = pickle.loads(pickle.dumps(TEXTURES[name]))
    np.testing.assert_array_equal(copy(points, normals, footprint), TEXTURES[name](points, normals, footprint))


def test_glazing_has_a_bar_every_pane() -> None:
    glass = Glazing((0.05, 0.1, 0.15), (0.9, 0.9, 0.9), (1.5, 2.0), 5, 0.1, blinds=0.0)
    x = np.arange(-750, 751, dtype=np.float32) / 100
    points = np.stack([x, np.zeros_like(x), np.full_like(x, 1.0)], axis=1)
    seen = glass(points, np.tile(np.array([[0, -1, 0]], np.float32), (len(x), 1)), np.full(len(x), 0.01, np.float32))
    bar = seen[:, 0] > 0.5
    slow = np.array([min(abs(value - 1.5 * (k + 0.5)) for k in range(-6, 6)) < 0.05 for value in x.tolist()])
    assert (bar == slow).mean() > 0.98
