"""Objects of a matte: apart where the scene is between them, one where they touch, whole, and without haze."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy import ndimage

from bgfg.train.cutouts.regions import Region, find_regions, uncertainty, whole_region

Matte = NDArray[np.float32]


def matte(height_px: int, width_px: int, *boxes: tuple[int, int, int, int]) -> Matte:
    """Return a matte that is 1 in boxes of (top, left, height, width)."""
    alpha = np.zeros((height_px, width_px), np.float32)
    for top, left, box_height_px, box_width_px in boxes:
        alpha[top : top + box_height_px, left : left + box_width_px] = 1
    return alpha


def put_back(regions: list[Region], shape: tuple[int, ...]) -> Matte:
    whole = np.zeros(shape, np.float32)
    for region in regions:
        whole[region.rows, region.columns] += region.alpha
    return whole


def test_two_objects_apart_are_two_trimmed_and_the_largest_first() -> None:
    regions = find_regions(matte(101, 149, (11, 17, 31, 13), (20, 90, 61, 23)))
    assert [(r.rows, r.columns) for r in regions] == [
        (slice(20, 81), slice(90, 113)),
        (slice(11, 42), slice(17, 30)),
    ]
    assert [r.area_share for r in regions] == pytest.approx([61 * 23 / (101 * 149), 31 * 13 / (101 * 149)])
    assert not any(r.is_cut for r in regions)


def test_objects_that_touch_at_a_corner_are_one() -> None:
    assert len(find_regions(matte(90, 90, (10, 10, 30, 20), (40, 30, 30, 20)))) == 1


def test_a_crack_is_no_border_between_objects_and_a_gap_is() -> None:
    crack, gap = (
        matte(240, 240, (20, 20, 90, 60), (111, 20, 90, 60)),
        matte(240, 240, (20, 20, 80, 60), (111, 20, 90, 60)),
    )
    assert [len(find_regions(alpha)) for alpha in (crack, gap)] == [1, 2]
    (region,) = find_regions(crack)
    assert not region.alpha[90].any()  # what is seen through it stays so


def test_a_soft_edge_goes_with_its_object_and_haze_goes_with_none() -> None:
    alpha = matte(200, 200, (50, 50, 60, 60))
    alpha[45:50, 50:110] = 0.3  # hair
    alpha[150:190, 150:190] = 0.3  # haze
    (region,) = find_regions(alpha)
    assert (region.rows, region.columns) == (slice(45, 110), slice(50, 110))


def test_a_halo_is_taken_off_and_what_is_sure_stays() -> None:
    alpha = matte(100, 100, (30, 30, 40, 40))
    alpha[28:30, 30:70] = 0.15
    alpha[26:28, 30:70] = 0.5
    (region,) = find_regions(alpha, 0.2)
    assert region.alpha.max() == 1
    assert region.alpha[0, 0] == pytest.approx(0.5)
    assert not region.alpha[2:4].any()


@pytest.mark.parametrize(("top", "left"), [(0, 30), (60, 30), (30, 0), (30, 60)])
def test_what_reaches_the_border_is_cut(top: int, left: int) -> None:
    assert [r.is_cut for r in find_regions(matte(100, 100, (top, left, 40, 40)))] == [True]


def test_nothing_opaque_is_no_object() -> None:
    assert find_regions(np.full((30, 40), 0.49, np.float32)) == []
    assert whole_region(np.full((30, 40), 0.49, np.float32)) is None


def test_an_instance_in_two_pieces_is_one_object() -> None:
    region = whole_region(matte(100, 100, (10, 10, 20, 20), (60, 60, 20, 20)))
    assert region is not None
    assert (region.rows, region.columns) == (slice(10, 80), slice(10, 80))


def test_a_picture_larger_than_the_map_keeps_its_own_pixels() -> None:
    alpha = matte(1501, 2203, (300, 200, 701, 333), (500, 1401, 801, 401))
    alpha[300, 200] = 0.25
    regions = find_regions(alpha)
    assert np.array_equal(put_back(regions, alpha.shape), alpha)
    assert [(r.rows.start, r.columns.start) for r in regions] == [(500, 1401), (300, 200)]


@given(st.integers(0, 2**32 - 1), st.integers(20, 90), st.integers(20, 90))
def test_regions_are_the_connected_ones_and_hold_what_is_opaque_once(seed: int, height_px: int, width_px: int) -> None:
    rng = np.random.default_rng(seed)
    noise = cv2.GaussianBlur(rng.random((height_px, width_px)).astype(np.float32), (0, 0), 4)
    alpha = np.clip((noise - noise.mean()) * 60 + 0.4, 0, 1).astype(np.float32)
    solid = alpha >= 128 / 255
    regions = find_regions(alpha)
    # In small pictures pieces grow by a pixel each, and are one where they meet.
    joined, _ = ndimage.label(ndimage.binary_dilation(solid, np.ones((3, 3))), np.ones((3, 3)))
    assert len(regions) == len(np.unique(joined[solid]))
    assert sum(r.area_share for r in regions) == pytest.approx(solid.mean())
    whole = put_back(regions, alpha.shape)
    assert np.array_equal(whole[solid], alpha[solid])
    assert (whole <= alpha + 1e-6).all()
    for region in regions:
        edges = region.alpha[0], region.alpha[-1], region.alpha[:, 0], region.alpha[:, -1]
        assert all(edge.any() for edge in edges)


def test_a_matte_that_is_sure_is_not_uncertain_and_one_that_guesses_is() -> None:
    sure = matte(50, 50, (10, 10, 30, 30))
    assert uncertainty(sure) == 0
    # Of 900 pixels 0.6 are right each, of 1,600 others 0.2: IoU 540 / (900 + 320).
    assert uncertainty(np.where(sure > 0, np.float32(0.6), np.float32(0.2))) == pytest.approx(1 - 540 / 1220, abs=1e-5)
