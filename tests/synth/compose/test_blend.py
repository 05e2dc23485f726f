"""Composing, held to a slow version pixel by pixel."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bgfg.synth.compose.blend import Composer, compose_block
from bgfg.synth.compose.cutout import Cutout, PlacedCutout
from tests.support import references


@pytest.mark.parametrize("alpha", range(256))
def test_the_blend_is_exact_for_every_triple(alpha: int) -> None:
    fg, bg = np.meshgrid(np.arange(256), np.arange(256), indexing="ij")
    rgba = np.dstack([fg, fg, fg, np.full_like(fg, alpha)]).astype(np.uint8)
    background = np.repeat(bg[..., None], 3, axis=2).astype(np.uint8)
    images, _ = compose_block(background, rgba, np.array([0]), np.array([0]))
    doubled = 2 * (fg * alpha + bg * (255 - alpha)) + 255
    assert (images[0] == (doubled // 510)[..., None]).all()
    assert int(images[0, 200, 77, 0]) == references.blend(200, 77, alpha)


@given(st.integers(-20, 20), st.integers(-20, 20), st.integers(0, 5))
def test_any_position_even_off_the_frame_equals_the_slow_composition(x: int, y: int, seed: int) -> None:
    background, rgba = references.picture(13, 17, seed), references.cutout(7, 5, seed)
    images, masks = compose_block(background, rgba, np.array([x, 3]), np.array([y, 2]))
    for k, position in enumerate([(x, y), (3, 2)]):
        image, mask = references.compose(background, rgba, *position)
        assert (images[k] == image).all()
        assert (masks[k] == mask).all()


def test_a_reused_composer_forgets_the_block_before() -> None:
    rng = np.random.default_rng(0)
    composer = Composer(references.picture(13, 17, 0), 5)
    for seed in range(6):
        background = references.picture(13, 17, seed // 3)
        if seed == 3:
            composer.set_background(background)
        rgba = references.cutout(5 + seed, 9 - seed, seed)
        x, y = rng.integers(-4, 17, 5), rng.integers(-4, 13, 5)
        composer.compose(Cutout.prepare(rgba), x, y)
        images, masks = compose_block(background, rgba, x, y)
        assert (composer.images == images).all()
        assert (composer.masks == masks).all()
        assert (composer.stored.transpose(1, 0, 2, 3) == images).all()


@pytest.mark.parametrize("placements", [1, 3, 300])
def test_sums_are_those_of_the_pixels(placements: int) -> None:
    rng = np.random.default_rng(placements)
    background = np.full((13, 17, 3), (255, 254, 1), np.uint8)
    rgba = references.cutout(6, 5, placements)
    rgba[2:4] = 255
    composer = Composer(background, placements)
    composer.compose(Cutout.prepare(rgba), rng.integers(-9, 20, placements), rng.integers(-9, 20, placements))
    sums, squares = composer.image_sums()
    pixels = composer.images.astype(np.int64)
    assert sums.tolist() == pixels.sum((0, 1, 2)).tolist()
    assert squares.tolist() == (pixels**2).sum((0, 1, 2)).tolist()
    masks = composer.masks.astype(np.int64)
    assert composer.mask_sums() == (masks.sum(), (masks**2).sum())


@pytest.mark.parametrize("placements", [1, 7])
def test_each_placement_may_have_a_cutout_of_its_own(placements: int) -> None:
    rng = np.random.default_rng(placements)
    background = references.picture(13, 17, 1)
    composer = Composer(background, placements)
    composer.compose(Cutout.prepare(references.cutout(7, 5, 0)), np.arange(placements), np.arange(placements))
    pictures = [references.cutout(4 + k, 9 - k, k) for k in range(placements)]
    x, y = rng.integers(-4, 17, placements), rng.integers(-4, 13, placements)
    composer.compose_each([Cutout.prepare(rgba) for rgba in pictures], x, y)
    for k, rgba in enumerate(pictures):
        image, mask = references.compose(background, rgba, int(x[k]), int(y[k]))
        assert (composer.images[k] == image).all()
        assert (composer.masks[k] == mask).all()
    pixels, masks = composer.images.astype(np.int64), composer.masks.astype(np.int64)
    assert [found.tolist() for found in composer.image_sums()] == [
        pixels.sum((0, 1, 2)).tolist(), (pixels**2).sum((0, 1, 2)).tolist()
    ]  # fmt: skip
    assert composer.mask_sums() == (masks.sum(), (masks**2).sum())
    composer.compose(Cutout.prepare(pictures[0]), x, y)
    assert (composer.images == compose_block(background, pictures[0], x, y)[0]).all()
    assert composer.mask_sums()[0] == composer.masks.astype(np.int64).sum()


def test_sums_of_a_frame_of_many_megapixels_do_not_overflow() -> None:
    composer = Composer(np.full((3_001, 3_001, 3), 255, np.uint8), 1)
    composer.compose(Cutout.prepare(references.cutout(7, 5, 0)), np.array([-50]), np.array([0]))
    assert composer.image_sums()[0].tolist() == [255 * 3_001**2] * 3


def test_crowds_are_composed_one_over_the_other_and_forgotten() -> None:
    rng = np.random.default_rng(3)
    background = references.picture(13, 17, 2)
    composer = Composer(background, 4, with_instances=True)
    for turn in range(3):
        pictures = [[references.cutout(4 + m + k, 9 - m, m + k + turn) for m in range(k)] for k in range(4)]
        corners = [[(int(x), int(y)) for x, y in rng.integers(-6, 15, (k, 2))] for k in range(4)]
        composer.compose_layers([
            [PlacedCutout(Cutout.prepare(rgba), rgba[..., 3], x, y) for rgba, (x, y) in zip(*crowd, strict=True)]
            for crowd in zip(pictures, corners, strict=True)
        ])  # fmt: skip
        for k in range(4):
            crowd = [(rgba[..., :3], rgba[..., 3], x, y) for rgba, (x, y) in zip(pictures[k], corners[k], strict=True)]
            image, mask, instance = references.compose_crowd(background, crowd)
            assert (composer.images[k] == image).all()
            assert (composer.masks[k] == mask).all()
            assert (composer.instances[k] == instance).all()
        for array, axes in (("image", (0, 1, 2)), ("mask", None), ("instance", None)):
            pixels = {"image": composer.images}.get(array, composer.block(array)).astype(np.int64)
            sums, squares = composer.sums(array)
            assert np.array_equal(sums, pixels.sum(axes))
            assert np.array_equal(squares, (pixels**2).sum(axes))
