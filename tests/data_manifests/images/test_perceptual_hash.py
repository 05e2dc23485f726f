"""Perceptual hashes of pictures."""

from __future__ import annotations

import imagehash
import numpy as np
import pytest
from PIL import Image

from bgfg.data_manifests.images.perceptual_hash import luma_of, perceptual_hash


def test_the_perceptual_hash_outlives_brightness_but_tells_pictures_apart() -> None:
    rng = np.random.default_rng(3)
    coarse = rng.integers(0, 200, (2, 8, 8, 3)).astype(np.uint8)
    one, other = (np.kron(c, np.ones((20, 20, 1), np.uint8)) for c in coarse)
    first, second, third = (perceptual_hash(luma_of(rgb)) for rgb in (one, (one + 40).astype(np.uint8), other))
    assert 0 <= first < 2**64
    assert (first ^ second).bit_count() <= 2
    assert (first ^ third).bit_count() > 20


@pytest.mark.parametrize("size", [(224, 224), (31, 47)])
def test_the_hash_of_a_mirrored_grey_picture_is_that_of_the_mirrored_picture(size: tuple[int, int]) -> None:
    rgb = np.random.default_rng(4).integers(0, 256, (*size, 3), dtype=np.uint8)
    mirrored = np.ascontiguousarray(rgb[:, ::-1])
    of_grey = perceptual_hash(np.ascontiguousarray(luma_of(rgb)[:, ::-1]))
    assert of_grey == int(str(imagehash.phash(Image.fromarray(mirrored))), 16)
