"""The shape in which a cut-out is pasted."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from bgfg.data_manifests.images.resampling.affine_warp import warp
from bgfg.data_manifests.images.resampling.cutout_shape import CutoutShape, gaussian_blur, premultiplied
from tests.support import references


def slow_kernel(blur_milli: int) -> list[int]:
    """256ths of a Gaussian, rounded from the rim inwards, what is rounded off carried on, the rest in the middle."""
    sigma, radius = blur_milli / 1000, math.ceil(3 * blur_milli / 1000)
    weights = [math.exp(-0.5 * (i / sigma) ** 2) for i in range(-radius, radius + 1)]
    half, carried = [], 0.0
    for weight in weights[:radius]:
        exact = 256 * weight / sum(weights) + carried
        half.append(round(exact))
        carried = exact - half[-1]
    return [*half, 256 - 2 * sum(half), *half[::-1]]


def slow_blur(pixels: NDArray[np.uint8], blur_milli: int) -> NDArray[np.uint8]:
    kernel = slow_kernel(blur_milli)
    radius = len(kernel) // 2
    h, w = pixels.shape[:2]
    padded = np.pad(pixels.astype(np.int64), ((radius, radius), (radius, radius), (0, 0)))
    across = np.sum([weight * padded[:, i : i + w] for i, weight in enumerate(kernel)], axis=0)
    both = np.sum([weight * across[i : i + h] for i, weight in enumerate(kernel)], axis=0)
    return np.asarray((both + 2**15) >> 16).astype(np.uint8)


@given(st.integers(50, 5_000), st.integers(1, 40), st.integers(1, 40), st.integers(0, 9))
def test_a_blur_is_a_gaussian_of_whole_256ths(blur_milli: int, h: int, w: int, seed: int) -> None:
    pixels = np.random.default_rng(seed).integers(0, 256, (h, w, 4), np.uint8)
    assert np.array_equal(gaussian_blur(pixels, blur_milli), slow_blur(pixels, blur_milli))


def test_colours_are_multiplied_by_alpha_and_rounded() -> None:
    colour, alpha = np.meshgrid(np.arange(256), np.arange(256))
    rgba = np.dstack([colour, colour, 255 - colour, alpha]).astype(np.uint8)
    found = premultiplied(rgba)
    exact = np.floor(rgba[..., :3].astype(np.int64) * alpha[..., None] / 255 + 0.5)
    assert np.array_equal(found[..., :3], exact)
    assert np.array_equal(found[..., 3], rgba[..., 3])


@pytest.mark.parametrize(
    "shape",
    [
        CutoutShape(),
        CutoutShape(1_300, -7_250, 0, 0),
        CutoutShape(640, 15_000, 1_234, 0),
        CutoutShape(1_000, 0, 800, 5),
        CutoutShape(1_000, 0, 0, 5),
        CutoutShape(100, 179_999, 2_000, 1),
    ],
)
def test_alpha_alone_is_shaped_as_the_alpha_of_all_is(shape: CutoutShape) -> None:
    pixels = premultiplied(references.cutout(23, 14, 5))
    shaped = shape.apply(pixels)
    assert shaped.shape[:2] == shape.size_px(23, 14)
    assert np.array_equal(shape.apply(np.ascontiguousarray(pixels[..., 3])), shaped[..., 3])
    assert (shaped[..., :3] <= shaped[..., 3:]).all()


def test_it_is_turned_then_laid_in_a_margin_then_blurred() -> None:
    pixels = premultiplied(references.cutout(11, 8, 2))
    turned = warp(pixels, 1_100, 20_000)
    expected = slow_blur(np.pad(turned, ((3, 3), (3, 3), (0, 0))), 900)
    assert np.array_equal(CutoutShape(1_100, 20_000, 900).apply(pixels), expected)
