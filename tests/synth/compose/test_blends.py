"""Feathered edges, and colours that flow from the background."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from bgfg.synth.compose.blends import feathered, poisson_blended
from bgfg.synth.painting import layers
from tests.support import references


def disc(side: int = 41, level: int = 90) -> NDArray[np.uint8]:
    """A disc with a texture and a hard edge, premultiplied, in a margin."""
    y, x = np.mgrid[:side, :side] - side // 2
    alpha = np.where(x * x + y * y <= (side // 2 - 6) ** 2, 255, 0)
    texture = level + 20 * np.sin(x / 2.0) * np.sin(y / 3.0)
    return np.dstack([np.rint(texture * alpha / 255)] * 3 + [alpha]).astype(np.uint8)


def test_a_feathered_edge_is_soft_where_the_mask_is_and_half_where_it_ends() -> None:
    pixels = disc()
    soft = feathered(pixels)
    assert (soft[..., :3] <= soft[..., 3:]).all()
    inside = soft[..., 3] == 255
    assert inside.sum() > 300
    assert np.array_equal(soft[inside], pixels[inside])  # its own colours, sharp
    assert ((pixels[..., 3] >= 128) != (soft[..., 3] >= 128)).sum() < 12  # the rim curves
    edge = (soft[..., 3] > 20) & (soft[..., 3] < 235)
    assert 100 < edge.sum() < 500
    own = soft[edge][:, :3] * (255 / soft[edge][:, 3:].astype(float))
    assert np.abs(own - 90).max() < 28  # nothing of it is black


def test_compiled_and_numpy_feather_alike() -> None:
    """Every alpha from 1 on, with colours of every level up to it, beside noise that its blur mixes them with."""
    rng = np.random.default_rng(0)
    alpha = rng.permutation(np.arange(255 * 64) % 255 + 1).astype(np.uint8).reshape(120, 136)
    alpha[:40, :50] = 255
    colours = (rng.random((120, 136, 3)) * (alpha[..., None] + 0.999)).astype(np.uint8)
    pixels = np.dstack([colours, alpha])
    assert layers.library() is not None, "the tests need a C compiler where bgfg is installed"
    compiled = feathered(pixels)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(layers, "library", lambda: None)
        assert np.array_equal(compiled, feathered(pixels))


@pytest.mark.parametrize(("x", "y"), [(10, 12), (-9, 5), (70, 60), (35, -14)])
def test_poisson_keeps_texture_and_takes_the_level_of_the_background(x: int, y: int) -> None:
    background = np.full((90, 100, 3), (200, 150, 60), np.uint8)
    pixels = disc()
    found = poisson_blended(pixels, background, x, y)
    assert np.array_equal(found[..., 3], pixels[..., 3])
    ys, xs = np.mgrid[:41, :41]
    shown = (pixels[..., 3] > 0) & (ys + y > 4) & (ys + y < 85) & (xs + x > 4) & (xs + x < 95)
    shown[ys + y < 1] = shown[xs + x < 1] = False
    assert np.abs(found[shown][:, :3].mean(axis=0) - (200, 150, 60)).max() < 12
    texture = (pixels[..., 0].astype(float) - 90)[shown]
    kept = (found[..., 0].astype(float) - 200)[shown]
    assert np.corrcoef(texture, kept)[0, 1] > 0.9


def test_the_same_call_gives_the_same_colours_and_changes_nothing_that_it_is_given() -> None:
    background, pixels = references.picture(60, 70, 1), disc()
    before = background.copy(), pixels.copy()
    first = poisson_blended(pixels, background, 8, 9)
    assert np.array_equal(first, poisson_blended(pixels, background, 8, 9))
    assert np.array_equal(background, before[0])
    assert np.array_equal(pixels, before[1])


@pytest.mark.parametrize(("x", "y"), [(500, 5), (-40, 0), (0, -41), (66, 10)])
def test_what_shows_too_little_of_itself_stays_as_it_is(x: int, y: int) -> None:
    pixels = disc()
    assert np.array_equal(poisson_blended(pixels, references.picture(60, 70, 1), x, y), pixels)
