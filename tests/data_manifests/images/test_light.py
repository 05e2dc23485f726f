"""Pictures that show nothing, or that are far too small."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from bgfg.data_manifests.images.light import is_enlarged_too_much, is_nearly_black
from tests.support.odd_cutouts import soft_person


def test_black_is_black_whatever_hides_under_transparency() -> None:
    assert is_nearly_black(np.full((20, 30, 3), 12, np.uint8))
    lamp = np.full((20, 30, 3), 6, np.uint8)
    lamp[:3, :4] = 200
    assert not is_nearly_black(lamp)
    person = soft_person(shirt=(13, 13, 13)) // np.array([4, 4, 4, 1], np.uint8)
    assert is_nearly_black(person.astype(np.uint8))
    person[person[..., 3] < 128, :3] = 250
    assert is_nearly_black(person.astype(np.uint8))
    assert not is_nearly_black(soft_person(shirt=(40, 40, 40)))


@pytest.mark.parametrize("channels", [3, 4])
def test_how_dark_a_picture_is_takes_a_small_part_of_its_memory(channels: int) -> None:
    pixels = np.full((2_000, 2_000, channels), 150, np.uint8)
    tracemalloc.start()
    try:
        assert not is_nearly_black(pixels)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < pixels[..., 0].size


@pytest.mark.parametrize(
    ("size", "fitted", "much"),
    [((64, 64), (224, 224), False), ((50, 90), (224, 224), True), ((400, 300), (224, 224), False)],
)
def test_enlarged_more_than_four_times(size: tuple[int, int], fitted: tuple[int, int], much: bool) -> None:
    assert is_enlarged_too_much((*size, 3), (*fitted, 3)) == much
