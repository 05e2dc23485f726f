"""What stands in front, against the words of the module pixel by pixel."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from bgfg.data_manifests.placement.occlusion import BackgroundOccluder, foot_pixel
from tests.support import references


def depth_with_things(seed: int) -> NDArray[np.uint16]:
    """A floor that comes nearer downwards, with a nearer box before it, a hole, and noise."""
    rng = np.random.default_rng(seed)
    depth = np.repeat(np.linspace(5_000, 2_000, 13)[:, None], 17, axis=1) + rng.integers(-60, 60, (13, 17))
    depth[4:9, 6:11] = 1_500
    depth[2:5, 12:15] = 0
    return depth.astype(np.uint16)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("x", "y"), [(3, 2), (5, 5), (0, 0), (-3, 4), (13, 8), (7, -2), (40, 3)])
def test_what_remains_is_what_the_words_say(seed: int, x: int, y: int) -> None:
    depth_mm, alpha = depth_with_things(seed), references.cutout(7, 9, seed)[..., 3]
    assert np.array_equal(
        BackgroundOccluder(depth_mm).visible_alpha(alpha, x, y), references.visible(depth_mm, alpha, x, y)
    )


def test_nothing_farther_away_hides_anything() -> None:
    alpha = references.cutout(7, 9, 0)[..., 3]
    depth_mm = np.full((13, 17), 3_000, np.uint16)
    depth_mm[:6] = 4_000
    depth_mm[3:6, 4:9] = 2_860  # nearer, but by less than a twentieth
    assert BackgroundOccluder(depth_mm).visible_alpha(alpha, 4, 3) is alpha


def test_edges_are_soft_and_the_rest_is_all_or_nothing() -> None:
    depth_mm = np.full((30, 30), 4_000, np.uint16)
    depth_mm[:, 15:] = 1_000
    alpha = np.full((20, 28), 255, np.uint8)
    alpha[-1, 8:] = 0  # it stands on the left
    row = BackgroundOccluder(depth_mm).visible_alpha(alpha, 1, 5)[3].tolist()
    assert row == [255] * 13 + [191, 64] + [0] * 13


@pytest.mark.parametrize(("first", "last", "column"), [(2, 2, 2), (1, 4, 2), (0, 8, 4), (3, 8, 5)])
def test_it_stands_on_the_middle_of_its_lowest_opaque_row(first: int, last: int, column: int) -> None:
    alpha = np.zeros((7, 9), np.uint8)
    alpha[1:4, 4] = 255
    alpha[4, [first, last]] = 128
    alpha[5] = 127
    assert foot_pixel(alpha) == (4, column)


def test_what_is_nowhere_opaque_stands_nowhere() -> None:
    assert foot_pixel(np.full((7, 9), 127, np.uint8)) is None
