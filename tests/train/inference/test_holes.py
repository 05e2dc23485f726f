"""Doubtful dips inside of a person are filled to their brim; gaps, outlines and all else stay as they are."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from numpy.typing import NDArray

from bgfg.train.inference.holes import fill_holes

Alpha = NDArray[np.float32]


def person(height_px: int = 61, width_px: int = 47) -> Alpha:
    """Return a soft ellipse in the middle of the frame."""
    alpha = np.zeros((height_px, width_px), np.float32)
    cv2.ellipse(alpha, (width_px // 2, height_px // 2), (width_px // 3, height_px // 3), 0, 0, 360, 1.0, -1)
    return np.asarray(cv2.GaussianBlur(alpha, (0, 0), 1.0), np.float32)


def with_dip(alpha: Alpha, lowest: float, radius_px: int = 4) -> tuple[Alpha, NDArray[np.bool_]]:
    """Return alpha with a soft dip in its middle, and where the dip is."""
    depth, centre = np.zeros_like(alpha), (alpha.shape[1] // 2, alpha.shape[0] // 2)
    cv2.circle(depth, centre, radius_px, 1.0, -1)
    depth = np.asarray(cv2.GaussianBlur(depth, (0, 0), 0.8), np.float32)
    depth /= depth.max()
    return np.minimum(alpha, 1 - (1 - lowest) * depth), depth > 0.02


@pytest.mark.parametrize("lowest", [0.06, 0.2, 0.5, 0.8])
def test_a_doubtful_dip_in_a_person_is_filled(lowest: float) -> None:
    dipped, where = with_dip(person(), lowest)
    filled = fill_holes(dipped)
    assert filled[where].min() >= 0.9 - 1e-6
    np.testing.assert_array_equal(filled[~where & (dipped < 0.1)], dipped[~where & (dipped < 0.1)])


@pytest.mark.parametrize("radius_px", [1, 2, 6])
def test_a_gap_in_which_the_network_is_sure_stays(radius_px: int) -> None:
    gap, _ = with_dip(person(), 0.01, radius_px)
    np.testing.assert_array_equal(fill_holes(gap), gap)


def test_a_gap_that_is_open_to_the_border_stays() -> None:
    alpha = person()
    alpha[:31, 22:25] = 0.3  # a slit from the top of the frame into the person
    np.testing.assert_array_equal(fill_holes(alpha)[:31, 22:25], alpha[:31, 22:25])


def test_a_dip_of_a_faint_region_is_filled_no_higher_than_its_brim() -> None:
    alpha = np.zeros((21, 21), np.float32)
    alpha[4:17, 4:17], alpha[8:12, 8:12] = 0.45, 0.2
    filled = fill_holes(alpha)
    assert filled[9, 9] == pytest.approx(0.4)
    np.testing.assert_array_equal(filled == alpha, alpha != np.float32(0.2))


@given(arrays.arrays(np.float32, st.tuples(st.integers(1, 9), st.integers(1, 9)), elements=st.sampled_from(
    np.linspace(0, 1, 11, dtype=np.float32).tolist())))  # fmt: skip
def test_alpha_never_falls_nothing_above_the_last_level_changes_and_twice_is_once(alpha: Alpha) -> None:
    filled = fill_holes(alpha)
    assert filled.dtype == np.float32
    assert (filled >= alpha).all()
    assert (filled <= max(0.9, alpha.max()) + 1e-6).all()
    np.testing.assert_array_equal(filled[alpha >= 0.9], alpha[alpha >= 0.9])
    np.testing.assert_array_equal(fill_holes(filled), filled)


@given(
    arrays.arrays(np.float32, (6, 7), elements=st.sampled_from(np.linspace(0, 1, 11, dtype=np.float32).tolist())),
    st.tuples(st.integers(0, 2), st.integers(0, 2)),
)
def test_it_is_what_flooding_each_pixel_by_itself_gives(alpha: Alpha, margins_px: tuple[int, int]) -> None:
    """Each pixel rises to the highest level at which what it floods stays off the border and off what is sure."""
    alpha = np.pad(alpha, [(margin_px, margin_px) for margin_px in margins_px])
    height_px, width_px = alpha.shape
    slow = alpha.copy()
    for place in np.ndindex(alpha.shape):
        for level in np.linspace(0.1, 0.9, 9, dtype=np.float32):
            flooded, edge = {place}, [place]
            while edge:
                y, x = edge.pop()
                for step in ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)):
                    inside = 0 <= step[0] < height_px and 0 <= step[1] < width_px
                    if inside and step not in flooded and alpha[step] < level:
                        flooded.add(step)
                        edge.append(step)
            closed = all(0 < y < height_px - 1 and 0 < x < width_px - 1 and alpha[y, x] >= 0.05 for y, x in flooded)
            if alpha[place] < level and closed:
                slow[place] = max(slow[place], level)
    np.testing.assert_array_equal(fill_holes(alpha), slow)
