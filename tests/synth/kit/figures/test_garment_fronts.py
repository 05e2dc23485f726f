import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray

from bgfg.synth.kit.figures.fabrics import Canvas, FrontPainter
from bgfg.synth.kit.figures.garment_fronts import (
    CoatFront,
    JacketFront,
    KnitFront,
    ScoopFront,
    ShirtFront,
    TrouserFront,
)

CLOTH, SHIRT, SKIN, TIE, BELT = (0.1, 0.1, 0.3), (0.8, 0.8, 0.8), (0.5, 0.3, 0.2), (0.6, 0.02, 0.02), (0.05, 0.03, 0.01)
FRONTS: dict[str, FrontPainter] = {
    "shirt": ShirtFront(CLOTH, SKIN),
    "shirt and tie": ShirtFront(CLOTH, SKIN, TIE),
    "jacket": JacketFront(CLOTH, SHIRT, SKIN, TIE),
    "open jacket": JacketFront(CLOTH, SHIRT, SKIN, None, closed=False),
    "crew": KnitFront(CLOTH, SKIN),
    "v-neck": KnitFront(CLOTH, SHIRT, "v"),
    "polo": KnitFront(CLOTH, SKIN, "polo"),
    "hood": KnitFront(CLOTH, SKIN, "hood"),
    "scoop": ScoopFront(SKIN, belt=BELT, buttons=SHIRT),
    "coat": CoatFront(CLOTH, SHIRT, double=True),
    "trousers": TrouserFront(CLOTH, BELT, -0.43),
}


def f32(values: ArrayLike) -> NDArray[np.float32]:
    return np.asarray(values, np.float32)


def painted(front: FrontPainter, x: list[float], up: list[float], shown: bool = True) -> np.ndarray:
    n = len(x)
    canvas = Canvas(np.tile(f32(CLOTH), (n, 1)), f32(x), f32(up), np.full(n, shown), np.full(n, 1e-4))
    front(canvas)
    return canvas.colour


@pytest.mark.parametrize("name", FRONTS)
def test_a_front_paints_sound_colours_on_some_of_the_cloth(name: str) -> None:
    up, x = (grid.ravel().tolist() for grid in np.mgrid[-0.6:0.06:67j, -0.2:0.2:81j])
    found = painted(FRONTS[name], x, up)
    assert np.isfinite(found).all()
    assert found.min() >= 0
    assert found.max() <= 1
    changed = np.abs(found - f32(CLOTH)).max(axis=1) > 0.01
    assert 0.003 < changed.mean() < 0.8


@pytest.mark.parametrize("name", ["shirt", "jacket", "hood", "coat"])
def test_a_front_leaves_the_back_alone(name: str) -> None:
    found = painted(FRONTS[name], [0.0, 0.05, 0.1], [-0.1, -0.2, -0.5], shown=False)
    np.testing.assert_allclose(found, np.tile(f32(CLOTH), (3, 1)))


def test_a_tie_hangs_to_the_belt_and_a_jacket_hides_its_lower_half() -> None:
    np.testing.assert_allclose(painted(FRONTS["shirt and tie"], [0, 0], [-0.2, -0.4]), [TIE, TIE], atol=0.01)
    upper, lower = painted(FRONTS["jacket"], [0.001, 0.05], [-0.15, -0.4])
    np.testing.assert_allclose(upper, TIE, atol=0.01)
    np.testing.assert_allclose(lower, CLOTH, atol=0.01)


def test_open_collars_and_necklines_show_skin() -> None:
    for name, up in (("shirt", -0.02), ("scoop", -0.04), ("crew", 0.02)):
        np.testing.assert_allclose(painted(FRONTS[name], [0.0], [up])[0], SKIN, atol=0.02)


def test_a_belt_runs_all_round() -> None:
    for shown in (True, False):
        np.testing.assert_allclose(painted(FRONTS["trousers"], [0.1], [-0.43], shown)[0], BELT, atol=0.01)
