"""Parallax by depth: a place moves by focal length · baseline / depth, and what is near hides what is far."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="the extra [train] isn't installed")

import torch

from bgfg.train.augment import depth_parallax, scene_depth
from bgfg.train.augment.background_shot import simulate_background_shot
from bgfg.train.augment.config import PAIR_CONFIG, AugmentConfig
from bgfg.train.augment.counter_rng import CounterRng, DrawPurpose
from bgfg.train.augment.depth_parallax import DepthParallax
from bgfg.train.augment.geometry import CropFlip, sample_at
from bgfg.train.augment.pairs import AugmentedPair, PairAugmentation
from bgfg.train.augment.scene_depth import SceneDepth, is_mostly_too_near
from tests.support.pair_batch import H, N, W, make_pair_batch

PLANE_MM, WALL_MM, FOCAL_PX = 1000, 4000, 100.0
ALL = AugmentConfig(parallax_share=1.0, parallax_baseline_m=0.06)
RNG = CounterRng(0, 0, np.arange(12))
BASELINE_M, ANGLE = (RNG.between(DrawPurpose.PARALLAX, slot, 0, most) for slot, most in ((2, 0.06), (1, 2 * np.pi)))
SIDE_PX = 60


def plane_before_wall() -> SceneDepth:
    """A square in the middle of the frame, a metre off, before a wall."""
    depth_mm = np.full((1, SIDE_PX, SIDE_PX), WALL_MM, np.uint16)
    depth_mm[:, 20:40, 20:40] = PLANE_MM
    return SceneDepth.of_maps(depth_mm, [FOCAL_PX])


def parallax(scene: SceneDepth, config: AugmentConfig = ALL, rng: CounterRng = RNG, px: int = SIDE_PX) -> DepthParallax:
    frame, own = CropFlip.draw(rng, config), np.zeros(len(rng), np.int64)
    return DepthParallax.draw(scene, own, frame, (px, px), rng, config)


def places() -> torch.Tensor:
    """Pictures whose two channels are column and row of each pixel: what they become says where it is from."""
    y, x = np.mgrid[:SIDE_PX, :SIDE_PX].astype(np.float32)
    return torch.from_numpy(np.stack([x, y])).repeat(len(RNG), 1, 1, 1)


def wanted_px(sample: int, depth_m: float) -> tuple[float, float]:
    """Return how far a place moves, across and down."""
    length_px = FOCAL_PX * BASELINE_M[sample] / depth_m
    return length_px * math.cos(ANGLE[sample]), length_px * math.sin(ANGLE[sample])


def test_a_plane_before_a_wall_moves_by_focal_length_times_baseline_over_depth_and_the_wall_by_less() -> None:
    moved = (places() - parallax(plane_before_wall()).apply(places())).numpy()
    for i in range(len(RNG)):
        for depth_m, inside in ((1.0, np.s_[27:33, 27:33]), (4.0, np.s_[4:12, 4:56]), (4.0, np.s_[48:56, 4:56])):
            for found, wanted in zip(moved[i], wanted_px(i, depth_m), strict=True):
                np.testing.assert_allclose(found[inside], wanted, atol=0.01)


def test_outlines_move_with_what_is_near_which_hides_the_wall() -> None:
    picture = torch.zeros(len(RNG), 1, SIDE_PX, SIDE_PX)
    picture[..., 20:40, 20:40] = 1.0
    after = parallax(plane_before_wall()).apply(picture)[:, 0].numpy()
    y, x = np.mgrid[:SIDE_PX, :SIDE_PX]
    for i in range(len(RNG)):
        across, down = wanted_px(i, 1.0)
        away_px = np.maximum(abs(x - across - 29.5), abs(y - down - 29.5)) - 10
        assert after[i][away_px < -1].min() == pytest.approx(1.0, abs=1e-4)
        assert after[i][away_px > 1].max() < 0.5  # bilinear looking-up blends a pixel at the corners
        assert after[i][away_px > 1].mean() < 1e-3


def test_of_a_crop_twice_as_large_places_move_twice_as_far_and_flips_flip_the_depth() -> None:
    config = replace(ALL, crop_share=1.0, crop_side=(0.5, 0.5), flip_share=0.5)
    frame, shown = CropFlip.draw(RNG, config), parallax(plane_before_wall(), config)
    np.testing.assert_allclose(np.hypot(*shown.px_at_1_m.T), 2 * FOCAL_PX * BASELINE_M, rtol=1e-9)
    where = torch.from_numpy((plane_before_wall().per_m.numpy() > 0.9).astype(np.uint8) * 255)
    seen = frame.apply(where[None].expand(len(RNG), -1, -1, -1), (SIDE_PX, SIDE_PX))[:, 0]
    assert ((seen > 200) <= (shown.per_m > 0.9)).all()
    assert ((seen < 50) <= (shown.per_m < 0.9)).all()


def test_depth_that_is_not_known_is_that_of_what_is_around_and_usual_cameras_have_a_usual_view() -> None:
    depth_mm = np.full((2, 20, 30), 2000, np.uint16)
    depth_mm[0, 5:9, 5:9], depth_mm[1] = 0, 0
    scene = SceneDepth.of_maps(depth_mm, [None, 45.0])
    assert scene.is_known.tolist() == [True, False]
    assert (scene.per_m[0] == 0.5).all()
    assert (scene.per_m[1] == 0).all()
    np.testing.assert_allclose(scene.focal, [[19.21 / 30, 19.21 / 20], [45 / 30, 45 / 20]], rtol=1e-3)


def test_however_near_or_through_whatever_lens_the_steps_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    steps: list[int] = []

    def counted(*at: Any, **how: Any) -> torch.Tensor:
        steps.append(1)
        return sample_at(*at, **how)

    monkeypatch.setattr(depth_parallax, "sample_at", counted)
    near_mm = np.full((1, SIDE_PX, SIDE_PX), WALL_MM, np.uint16)
    near_mm[:, :6, :6] = 2
    config = replace(ALL, parallax_baseline_m=0.03)
    for focal_px, most in ((60.0, 6), (6000.0, SIDE_PX // 4)):
        parallax(SceneDepth.of_maps(near_mm, [focal_px]), config).apply(places())
        assert 1 < len(steps) <= most + 1
        steps.clear()
    assert SceneDepth.of_maps(near_mm, [None]).per_m.max() == np.float16(1 / 0.3)


def test_plain_depth_gives_the_same_bits_as_without_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    bounded = augmented(depth_of_rooms(), PAIR_CONFIG)
    monkeypatch.setattr(depth_parallax, "_FURTHEST", math.inf)
    monkeypatch.setattr(scene_depth, "NEAREST_MM", 1)
    assert torch.equal(augmented(depth_of_rooms(), PAIR_CONFIG).bg, bounded.bg)


def test_a_map_is_too_near_where_most_of_what_is_known_is() -> None:
    for known_mm, too_near in (([0, 2, 2, 900], True), ([0, 2, 900, 300], False), ([0, 0, 0, 0], False)):
        assert is_mostly_too_near(np.array(known_mm, np.uint16)) is too_near


def test_no_baseline_changes_nothing_to_the_bit() -> None:
    shown = parallax(plane_before_wall(), replace(ALL, parallax_baseline_m=0.0))
    assert torch.equal(shown.apply(places()), places())
    bare = torch.randint(0, 256, (12, 3, 60, 60), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
    assert torch.equal(simulate_background_shot(bare, RNG, ALL, shown), bare.float())


def augmented(scene: SceneDepth | None, config: AugmentConfig, keep: slice = slice(None)) -> AugmentedPair:
    given = make_pair_batch()
    augment = PairAugmentation((31, 45), config, 0, given.pop("others"), scene)
    return augment(**{name: values[keep] for name, values in given.items()}, epoch=0)


def depth_of_rooms(known: bool = True) -> SceneDepth:
    depth_mm = np.random.default_rng(1).integers(800, 9000, (5, H, W)).astype(np.uint16)
    return SceneDepth.of_maps(depth_mm * np.uint16(known), [None] * 5)


def test_without_depth_parallax_is_drawn_as_ever_to_the_bit() -> None:
    for config in (PAIR_CONFIG, replace(PAIR_CONFIG, parallax_share=0.0)):
        without = augmented(None, config)
        assert torch.equal(augmented(depth_of_rooms(known=False), config).bg, without.bg)
    assert torch.equal(augmented(depth_of_rooms(), config).bg, without.bg)  # where none is shifted at all


def test_only_second_shots_of_their_own_background_move_and_the_same_ones_in_any_batch() -> None:
    config = replace(PAIR_CONFIG, parallax_share=0.7, wrong_share=0.4)
    whole, without = augmented(depth_of_rooms(), config), augmented(None, replace(config, parallax_share=0.0))
    assert torch.equal(whole.bg_fg, without.bg_fg)
    assert torch.equal(whole.mask, without.mask)
    rng = CounterRng(0, 0, make_pair_batch()["samples"].numpy())
    moved, wrong = rng.bernoulli(DrawPurpose.PARALLAX, 0.7), rng.bernoulli(DrawPurpose.WRONG, 0.4)
    assert ((whole.bg != without.bg).flatten(1).any(1).numpy() == moved).all()
    drawn = augmented(None, config)
    assert ((whole.bg == drawn.bg).flatten(1).all(1).numpy() == (~moved | wrong)).all()
    assert torch.equal(augmented(depth_of_rooms(), config, slice(N - 5, N)).bg, whole.bg[-5:])
