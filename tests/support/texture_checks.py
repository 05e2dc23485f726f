"""Checks that hold of every texture of the kit."""

from __future__ import annotations

import pickle

import numpy as np
import numpy.typing as npt

from bgfg.synth.kit.render.scene import Texture

_NORMALS = np.array([[0, 0, 1], [0, -1, 0], [1, 0, 0]], np.float32)


def seen_at(texture: Texture, reach_m: float, footprint_m: float, count: int = 2001) -> npt.NDArray[np.floating]:
    """Return the colours, (count, 3), of places up to `reach_m` from the origin, on surfaces of three directions."""
    rng = np.random.default_rng(0)
    normals = _NORMALS[rng.integers(0, 3, count)]
    points = rng.uniform(-reach_m, reach_m, (count, 3)).astype(np.float32)
    colours: npt.NDArray[np.floating] = texture(points, normals, np.full(count, footprint_m, np.float32))
    assert colours.shape == (count, 3)
    assert colours.min() >= 0
    assert colours.max() <= 1
    return colours


def require_calmer_from_afar(texture: Texture, reach_m: float, close_m: float, afar_m: float, rtol: float) -> None:
    """Assert that a texture loses its detail from afar, and not its tone."""
    close, afar = seen_at(texture, reach_m, close_m), seen_at(texture, reach_m, afar_m)
    assert afar.std(axis=0).max() < close.std(axis=0).max()
    np.testing.assert_allclose(afar.mean(axis=0), close.mean(axis=0), rtol=rtol)


def require_the_same_after_pickling(texture: Texture, reach_m: float) -> None:
    """Assert that a texture gives the same colours after travelling between processes."""
    again = pickle.loads(pickle.dumps(texture))
    np.testing.assert_array_equal(seen_at(again, reach_m, 0.003, 100), seen_at(texture, reach_m, 0.003, 100))
