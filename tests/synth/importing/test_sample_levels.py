"""What is noted of the pixels of a sample: exact sums, and where its mask is seen, compiled and not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from bgfg.synth.importing import sample_levels
from bgfg.synth.importing.sample_levels import ArraySums, LevelReader


@pytest.fixture(params=["compiled", "OpenCV"], autouse=True)
def _way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    assert sample_levels.library() is not None, "the tests need a C compiler where bgfg is installed"
    if request.param == "OpenCV":
        monkeypatch.setattr(sample_levels, "library", lambda: None)


def slow_sums(pixels: NDArray[Any], is_depth: bool = False) -> ArraySums:
    values = pixels.reshape(*pixels.shape[:2], -1).astype(object)
    count = int(np.count_nonzero(pixels)) if is_depth else pixels.shape[0] * pixels.shape[1]
    return ArraySums(count, tuple(values.sum(axis=(0, 1))), tuple((values**2).sum(axis=(0, 1))))


def slow_box(mask: NDArray[np.uint8]) -> tuple[int, ...]:
    rows, columns = np.nonzero(mask >= 128)
    if not len(rows):
        return 0, 0, 0, 0
    x, y = int(columns.min()), int(rows.min())
    return x, y, int(columns.max()) - x + 1, int(rows.max()) - y + 1


@settings(max_examples=30)
@given(st.integers(1, 40), st.integers(1, 90), st.sampled_from([None, 8, 16]), st.integers(0, 2**32 - 1))
def test_sums_are_exact_and_the_box_is_the_smallest(height_px: int, width_px: int, bits: int | None, seed: int) -> None:
    rng = np.random.default_rng(seed)
    image = rng.integers(0, 256, (height_px, width_px, 3), np.uint8)
    mask = rng.integers(0, 1 + int(rng.integers(100, 256)), (height_px, width_px)).astype(np.uint8)
    mask[rng.random(mask.shape) < rng.random()] = 0
    depth = None if bits is None else rng.integers(0, 2**bits, mask.shape).astype(f"uint{bits}")
    if depth is not None:
        depth[rng.random(mask.shape) < 0.3] = 0
    found = LevelReader(height_px, width_px).read(image, mask, depth)
    expected = {"image": slow_sums(image), "mask": slow_sums(mask)}
    if depth is not None:
        expected["depth"] = slow_sums(depth, is_depth=True)
    assert found.arrays == expected
    assert found.visible_px == np.count_nonzero(mask >= 128)
    assert found.box == slow_box(mask)


def test_the_brightest_and_largest_pictures_overflow_nothing() -> None:
    size_px = (1_100, 2_000)  # more than are added up in 32 bits at a time
    image, mask = np.full((*size_px, 3), 255, np.uint8), np.full(size_px, 255, np.uint8)
    depth = np.full(size_px, 65_535, np.uint16)
    found = LevelReader(*size_px).read(image, mask, depth)
    count = size_px[0] * size_px[1]
    assert found.arrays["image"] == ArraySums(count, (255 * count,) * 3, (255**2 * count,) * 3)
    assert found.arrays["depth"] == ArraySums(count, (65_535 * count,), (65_535**2 * count,))
    assert found.box == (0, 0, *size_px[::-1])


def test_parts_of_larger_arrays_are_read_as_copies_of_them_are() -> None:
    rng = np.random.default_rng(0)
    image, mask = rng.integers(0, 256, (9, 14, 3), np.uint8), rng.integers(0, 256, (9, 14), np.uint8)
    part = np.s_[1:8, 2:13]
    reader = LevelReader(7, 11)
    assert reader.read(image[part], mask[part]) == reader.read(image[part].copy(), mask[part].copy())
