"""Maps at another size."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

pytest.importorskip("torch", reason="the extra [train] isn't installed")

import torch

from bgfg.train.ops import tensor_resize
from tests.support import references_targets as slow


@pytest.mark.parametrize("size", [(7, 5), (13, 17), (26, 51), (20, 11)])
def test_area_is_the_mean_of_what_lies_under_a_pixel(size: tuple[int, int]) -> None:
    maps = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (2, 1, 13, 17)).astype(np.uint8))
    resized = tensor_resize.area(maps, size)
    assert resized.dtype == torch.float32
    for one, picture in zip(resized[:, 0].numpy(), maps[:, 0].numpy(), strict=True):
        np.testing.assert_allclose(one, slow.area(picture.astype(float), *size), rtol=1e-5, atol=1e-4)


def test_area_is_that_of_opencv_from_224_to_96() -> None:
    picture = np.random.default_rng(1).random((224, 224)).astype(np.float32)
    ours = tensor_resize.area(torch.from_numpy(picture)[None, None], (96, 96))[0, 0].numpy()
    np.testing.assert_allclose(ours, cv2.resize(picture, (96, 96), interpolation=cv2.INTER_AREA), atol=1e-5)


def test_area_is_exact_under_autocast() -> None:
    maps = torch.rand(1, 1, 13, 17)
    with torch.autocast("cpu", torch.bfloat16):
        resized = tensor_resize.area(maps, (5, 7))
    torch.testing.assert_close(resized, tensor_resize.area(maps, (5, 7)))


@pytest.mark.parametrize("size", [(7, 5), (13, 17), (26, 51)])
def test_nearest_takes_the_pixel_under_the_middle(size: tuple[int, int]) -> None:
    maps = torch.arange(13 * 17, dtype=torch.uint8).view(1, 1, 13, 17)
    resized = tensor_resize.nearest(maps, size)
    assert resized.dtype == torch.uint8
    for i in range(size[0]):
        for j in range(size[1]):
            y, x = int((i + 0.5) * 13 / size[0]), int((j + 0.5) * 17 / size[1])
            assert resized[0, 0, i, j] == maps[0, 0, y, x]
