"""Defects of cut-outs: each is found, none is found where nothing is wrong, and undoing gives the right pixels."""

from __future__ import annotations

import tracemalloc

import cv2
import numpy as np
import pytest

from bgfg.data_manifests.images.cutout_defects import (
    HAZE,
    MARGINS,
    PREMULTIPLIED,
    WHITE_MATTE,
    find_defects,
    fix_cutout,
)
from bgfg.data_manifests.images.image_reading import read_rgba
from tests.support.odd_cutouts import Rgba, hazy, on_white, premultiplied, soft_person, with_margins
from tests.support.project import SHARED

OFFICE = SHARED / "office/fg"
SHIRTS = ((220, 180, 150), (235, 235, 230), (20, 25, 30), (200, 40, 30), (10, 60, 200))


def seen_difference(one: Rgba, other: Rgba) -> float:
    """The largest difference of premultiplied colours, in levels: what a composite shows."""
    weighed = [rgba[..., :3] * (rgba[..., 3:] / 255) for rgba in (one, other)]
    return float(np.abs(weighed[0] - weighed[1]).max())


@pytest.mark.parametrize("shirt", SHIRTS)
def test_a_right_cutout_has_no_defect_and_stays_as_it_is(shirt: tuple[int, int, int]) -> None:
    rgba = soft_person(shirt=shirt)
    assert find_defects(rgba) == ()
    fixed = fix_cutout(rgba)
    assert fixed.done in ((), ("trimmed",))
    assert fixed.rgba.shape[0] >= rgba.shape[0] - 8


@pytest.mark.parametrize("shirt", [SHIRTS[0], SHIRTS[1], SHIRTS[3], SHIRTS[4]])
def test_premultiplied_colours_are_found_and_undone(shirt: tuple[int, int, int]) -> None:
    rgba = soft_person(shirt=shirt)
    spoilt = premultiplied(rgba)
    assert find_defects(spoilt) == (PREMULTIPLIED,)
    fixed = fix_cutout(with_margins(spoilt, 4, 4))
    assert fixed.done == ("unpremultiplied", "trimmed")
    expected = fix_cutout(with_margins(rgba, 4, 4)).rgba
    assert seen_difference(fixed.rgba, expected) <= 1.01
    assert find_defects(fixed.rgba) == ()


@pytest.mark.parametrize("shirt", [SHIRTS[0], SHIRTS[2], SHIRTS[3]])
def test_edges_blended_with_white_are_found_and_undone(shirt: tuple[int, int, int]) -> None:
    rgba = soft_person(shirt=shirt)
    spoilt = on_white(rgba)
    assert find_defects(spoilt) == (WHITE_MATTE,)
    fixed = fix_cutout(spoilt)
    assert fixed.done[0] == "white taken out of the edges"
    assert seen_difference(fixed.rgba, fix_cutout(rgba).rgba) <= 1.01


def test_hard_edges_cant_be_premultiplied() -> None:
    rgba = soft_person()
    rgba[..., 3] = np.where(rgba[..., 3] >= 128, 255, 0)
    assert find_defects(premultiplied(rgba)) == ()


@pytest.mark.parametrize("alpha_u8", [1, 6, 30])
def test_haze_is_found_and_cleared(alpha_u8: int) -> None:
    clean = with_margins(soft_person(), 20, 30)
    spoilt = hazy(clean, alpha_u8)
    assert find_defects(spoilt) == (HAZE,)
    fixed = fix_cutout(spoilt)
    assert fixed.done == ("haze cleared", "trimmed")
    assert fixed.rgba.shape[0] < 120 + 2 * 8
    near = fixed.rgba[..., 3] > 30
    assert near.sum() == (clean[..., 3] > 30).sum()


def test_a_soft_shadow_is_no_haze() -> None:
    rgba = with_margins(soft_person(), 20, 30)
    y, x = np.mgrid[: rgba.shape[0], : rgba.shape[1]]
    shadow = cv2.GaussianBlur(
        (((x - 60) / 45) ** 2 + ((y - 138) / 9) ** 2 < 1).astype(np.uint8) * np.uint8(110), (0, 0), 3
    )
    rgba[..., 3] = np.maximum(rgba[..., 3], shadow)
    assert find_defects(rgba) == ()


@pytest.mark.parametrize(("top_px", "side_px", "found"), [(60, 0, True), (0, 120, True), (12, 20, False)])
def test_margins_are_wide_where_the_figure_fills_little(top_px: int, side_px: int, found: bool) -> None:
    rgba = with_margins(soft_person(), top_px, side_px)
    assert (find_defects(rgba) == (MARGINS,)) == found
    fixed = fix_cutout(rgba)
    assert fixed.done == ("trimmed",)
    assert (fixed.rgba[..., 3] >= 8).any(axis=1).all()
    assert (fixed.rgba[..., 3] >= 8).any(axis=0).all()


@pytest.mark.skipif(not OFFICE.is_dir(), reason="needs ../shared/office")
def test_real_cutouts_have_none() -> None:
    paths = sorted(OFFICE.iterdir())
    assert [path.name for path in paths if find_defects(read_rgba(path))] == []
    spoilt = [find_defects(premultiplied(read_rgba(path))) for path in paths[:20]]
    assert sum(defects == (PREMULTIPLIED,) for defects in spoilt) >= 18


@pytest.mark.parametrize("colours", [(30, 100), (150, 225)])
def test_a_cutout_that_is_soft_all_over_takes_little_memory(colours: tuple[int, int]) -> None:
    """It may come from anywhere and have 50 megapixels: OpenCV's four bytes beside these, a gigabyte in all."""
    side = 1500
    rgba = np.empty((side, side, 4), np.uint8)
    rgba[..., :3] = np.linspace(*colours, side).astype(np.uint8)[:, None]
    rgba[..., 3] = np.linspace(110, 247, side).astype(np.uint8)[:, None]
    rgba[side // 2, : side // 2, 3] = 255
    tracemalloc.start()
    try:
        fix_cutout(rgba)
        peak_bytes = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    strips_bytes = 8_000_000
    assert peak_bytes <= 12 * side**2 + strips_bytes
