"""Pictures are converted strip by strip as they would be at once, in a small part of the memory."""

from __future__ import annotations

import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from bgfg.data_manifests.images import strips
from bgfg.data_manifests.images.image_reading import read_depth, read_rgb
from bgfg.data_manifests.images.label_picture import read_label_picture
from bgfg.data_manifests.images.strips import by_strips, resized_strips
from bgfg.depth_teacher.evaluation.depth_files import metres_of


@pytest.mark.parametrize("shape", [(0, 5), (1, 1), (7, 300_000), (3, 4, 2), (5, 0)])
def test_strips_give_what_all_at_once_gives(shape: tuple[int, ...]) -> None:
    values = np.random.default_rng(0).integers(0, 65536, shape).astype(np.uint16)
    found = by_strips(values, lambda strip: strip.astype(np.int64) // 257, np.uint8)
    assert found.dtype == np.uint8
    np.testing.assert_array_equal(found, values // 257)


@pytest.mark.parametrize("shape", [(1, 1), (5, 7), (40, 3, 4), (30, 1), (9, 200, 2)])
@pytest.mark.parametrize("size_px", [(1, 1), (61, 83), (7, 5_000), (9, 200)])
def test_a_map_resized_by_strips_is_what_opencv_makes_of_it(
    monkeypatch: pytest.MonkeyPatch, shape: tuple[int, ...], size_px: tuple[int, int]
) -> None:
    monkeypatch.setattr(strips, "_STRIP_VALUES", 1_000)
    values = np.random.default_rng(0).random(shape, np.float32)
    found = list(resized_strips(values, *size_px))
    assert [row for rows, _ in found for row in range(rows.start, rows.stop)] == list(range(size_px[0]))
    wanted = cv2.resize(values, size_px[::-1], interpolation=cv2.INTER_LINEAR)
    np.testing.assert_allclose(np.concatenate([strip for _, strip in found]), wanted, atol=1e-6)


@pytest.mark.parametrize("size_px", [(61, 83), (7, 400)])
def test_a_part_of_a_map_resized_by_strips_is_that_part_of_all_of_it(
    monkeypatch: pytest.MonkeyPatch, size_px: tuple[int, int]
) -> None:
    monkeypatch.setattr(strips, "_STRIP_VALUES", 1_000)
    values = np.random.default_rng(0).random((9, 20, 4), np.float32)
    whole = np.concatenate([strip for _, strip in resized_strips(values, *size_px)])
    for rows, columns in ((slice(2, 6), slice(5, 70)), (slice(0, 7), slice(3, 3)), (slice(5, 2), slice(None))):
        found = list(resized_strips(values, *size_px, rows, columns))
        assert [row for part, _ in found for row in range(part.start, part.stop)] == list(range(rows.start, rows.stop))
        for part, strip in found:
            np.testing.assert_array_equal(strip, whole[part, columns])


@pytest.mark.parametrize(
    ("read", "most_bytes"),
    [(read_rgb, 8), (read_depth, 5), (lambda path: read_label_picture(path).values, 5)],
)
def test_a_grey_picture_of_16_bits_takes_a_few_bytes_a_pixel(
    tmp_path: Path, read: Callable[[Path], Any], most_bytes: float
) -> None:
    pixels = 6_000_000
    path = tmp_path / "a.tif"
    Image.fromarray(np.full((3_000, 2_000), 1_000, np.uint16)).save(path, compression="tiff_deflate")
    tracemalloc.start()
    try:
        read(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    # Beside what is a few strips of 64 bits; Pillow's own pixels, two bytes each, aren't counted.
    assert peak < most_bytes * pixels + 40 * 2**20


def test_metres_of_integers_take_little_more_than_the_result() -> None:
    values = np.ones((3_000, 2_000), np.uint16)
    tracemalloc.start()
    try:
        metres_of(values, 0.001)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 6 * values.size + 40 * 2**20
