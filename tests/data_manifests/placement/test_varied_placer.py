"""Cut-outs that are scaled, turned, and hang over the frame, by the rules `random` and `grid`."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from bgfg.data_manifests.images.resampling.cutout_shape import CutoutShape
from bgfg.data_manifests.placement.multi_cutout import Paste, PasteDraw
from bgfg.data_manifests.placement.overlap import count_opaque_px
from bgfg.data_manifests.placement.random_grid import draw_boxes
from bgfg.data_manifests.placement.varied_placer import VariedPlacer
from bgfg.data_manifests.placement.variety import Variety
from tests.support import references

H, W, PLACES = 41, 57, 9
SIZES = [(19, 11), (19, 11), (17, 23), (17, 23)]
ONES = np.ones(PLACES, np.int32)


def alphas(sizes: list[tuple[int, int]] = SIZES) -> NDArray[np.uint8]:
    box = np.zeros((len(sizes), max(h for h, _ in sizes), max(w for _, w in sizes)), np.uint8)
    for f, (h, w) in enumerate(sizes):
        box[f, :h, :w] = references.cutout(h, w, f)[..., 3]
    return box


def placer(variety: Variety, rule: str = "random", seed: int = 3, b: int = 1, cutouts: int = 4) -> VariedPlacer:
    sizes = np.array(SIZES[:cutouts], np.int32)
    return VariedPlacer(variety, rule, seed, PLACES, (H, W), sizes, alphas()[:cutouts], range(cutouts), b)


def all_pastes(varied: VariedPlacer) -> list[Paste]:
    return [paste for f in range(len(SIZES)) for paste in varied.first_pastes(f, ONES)]


def outside_px(paste: Paste, alpha_u8: NDArray[np.uint8]) -> int:
    """Slow and obvious: the opaque pixels of a shaped cut-out that aren't in the frame."""
    x, y, *_ = paste.box
    return sum(
        not (0 <= y + row < H and 0 <= x + column < W) for row, column in zip(*np.nonzero(alpha_u8 >= 128), strict=True)
    )


@settings(max_examples=15)
@given(st.integers(0, 90), st.integers(0, 2**64 - 1), st.booleans())
def test_no_more_of_a_cutout_is_outside_than_may_be(percent: int, seed: int, shaped: bool) -> None:
    variety = Variety((0.5, 1.5), 30.0, percent) if shaped else Variety(truncate_percent=percent)
    for paste in all_pastes(placer(variety, seed=seed)):
        h, w = SIZES[paste.cutout]
        shape = CutoutShape(paste.variety.scale, paste.variety.rotation_deg)
        alpha_u8 = shape.apply(alphas()[paste.cutout, :h, :w])
        assert paste.box[2:] == alpha_u8.shape[::-1]
        gone = outside_px(paste, alpha_u8)
        assert 100 * gone <= percent * count_opaque_px(alpha_u8)
        assert paste.unoccluded_px == count_opaque_px(alpha_u8) - gone


def test_some_hang_over_each_side_of_the_frame_where_they_may() -> None:
    boxes = np.array([paste.box for paste in all_pastes(placer(Variety(truncate_percent=40)))])
    assert (boxes[:, 0] < 0).any()
    assert (boxes[:, 1] < 0).any()
    assert (boxes[:, 0] + boxes[:, 2] > W).any()
    assert (boxes[:, 1] + boxes[:, 3] > H).any()


@pytest.mark.parametrize("rule", ["random", "grid"])
def test_where_nothing_changes_the_box_it_is_that_of_the_plain_rule(rule: str) -> None:
    boxes, _ = placer(Variety(shadow=(0.5, 0.5), colour_match=(0, 1)), rule).place()
    assert np.array_equal(boxes, draw_boxes(rule, 3, 1, np.array(SIZES, np.int32), PLACES, H, W))


def test_scales_and_turns_fill_their_ranges_and_boxes_fit_the_frame() -> None:
    pastes = [p for seed in range(12) for p in all_pastes(placer(Variety((0.5, 1.5), 20.0), seed=seed))]
    scales, turns = (np.array([getattr(p.variety, name) for p in pastes]) for name in ("scale", "rotation_deg"))
    assert 500 <= scales.min() < 520
    assert 1_480 < scales.max() <= 1_500
    assert -20_000 <= turns.min() < -19_000
    assert 19_000 < turns.max() <= 20_000
    assert abs(turns.mean()) < 1_500
    for x, y, w, h in (p.box for p in pastes):
        assert 0 <= x <= W - w
        assert 0 <= y <= H - h


def test_what_would_be_too_large_for_the_frame_is_scaled_down_to_it() -> None:
    for paste in all_pastes(placer(Variety((4.0, 4.0)))):
        x, y, w, h = paste.box
        assert 0 <= x <= W - w
        assert 0 <= y <= H - h
        assert max(w / W, h / H) > 0.93
        assert paste.variety.scale < 4_000


def test_the_draw_depends_on_nothing_but_seed_background_cutout_and_place() -> None:
    variety = Variety((0.5, 1.5), 20.0, 25, blur_px=1.0)
    few, many = placer(variety, cutouts=2), placer(variety)
    for f in (0, 1):
        assert [p.box for p in few.first_pastes(f, ONES)] == [p.box for p in many.first_pastes(f, ONES)]
        assert np.array_equal(few.sample_variety[f], many.sample_variety[f])
    other = placer(variety, b=2)
    assert [p.box for p in other.first_pastes(0, ONES)] != [p.box for p in many.first_pastes(0, ONES)]


def test_a_further_cutout_is_as_blurred_as_its_sample_and_not_tried_where_too_much_is_outside() -> None:
    varied = placer(Variety(truncate_percent=50, blur_px=0.3))
    rng, found = np.random.default_rng(0), []
    for _ in range(200):
        across, down, shape = rng.integers(0, 2**32, 3).tolist()
        draw = PasteDraw(2, 1, 4, across, down, shape)
        if (paste := varied.place_at(draw)) is not None:
            blur_milli = int(varied.sample_variety[1, 4, 0])
            alpha_u8 = CutoutShape(blur_milli=blur_milli).apply(alphas()[2, :17, :23])
            assert paste.box[2:] == alpha_u8.shape[::-1]
            assert 100 * outside_px(paste, alpha_u8) <= 50 * count_opaque_px(alpha_u8)
            found.append(paste)
    assert 100 < len(found) < 200
