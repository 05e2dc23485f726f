"""Augmentation of composites alone: a pure function of the sample, and depth that follows the frame."""

from __future__ import annotations

import math

import numpy as np
import pytest

pytest.importorskip("torch", reason="the extra [train] isn't installed")

import torch
from torch import Tensor

from bgfg.train.augment.config import PHOTOGRAPH_CONFIG, SINGLE_IMAGE_CONFIG, AugmentConfig
from bgfg.train.augment.pairs import AugmentedPair
from bgfg.train.augment.single import CompositeAugmentation, PhotographAugmentation
from tests.support.pair_batch import N, make_pair_batch
from tests.support.references import picture

H, W, SIDE = 37, 41, 32


def batch(count: int) -> tuple[Tensor, Tensor, Tensor]:
    pictures = torch.from_numpy(np.stack([picture(H, W, 5 * i) for i in range(count)])).permute(0, 3, 1, 2)
    mask = torch.zeros(count, 1, H, W, dtype=torch.uint8)
    depth = torch.arange(count * H * W).reshape(count, 1, H, W).remainder(255).add(1).to(torch.uint8)
    return pictures, mask, depth


def disturbed(config: AugmentConfig, samples: list[int], epoch: int = 0) -> AugmentedPair:
    pictures, mask, depth = (each[samples] for each in batch(9))
    return CompositeAugmentation(SIDE, config, seed=3)(pictures, pictures, mask, depth, torch.tensor(samples), epoch)


def test_what_a_sample_becomes_depends_on_seed_epoch_and_sample_alone() -> None:
    whole, part = disturbed(SINGLE_IMAGE_CONFIG, list(range(9))), disturbed(SINGLE_IMAGE_CONFIG, [7, 2])
    for mine, theirs in zip(whole, part, strict=True):
        assert mine is not None
        assert theirs is not None
        assert torch.equal(mine[[7, 2]], theirs)
    assert not torch.equal(whole.bg_fg, disturbed(SINGLE_IMAGE_CONFIG, list(range(9)), epoch=1).bg_fg)


def test_without_strength_the_picture_is_itself_and_its_depth_too() -> None:
    pair = disturbed(AugmentConfig(), [0, 1])
    assert torch.equal(pair.bg, pair.bg_fg)
    assert pair.depth is not None
    assert torch.equal(pair.depth, batch(2)[2])
    assert pair.zoom is not None
    assert torch.equal(pair.zoom, torch.ones(2))
    assert pair.known.all()


def test_what_a_crop_enlarges_is_nearer_by_as_much() -> None:
    pair = disturbed(AugmentConfig(crop_share=1.0, crop_side=(0.5, 0.5)), [0, 1, 2])
    assert pair.zoom is not None
    assert torch.equal(pair.zoom, torch.full((3,), 2.0))


def test_a_camera_that_rolls_takes_mask_and_depth_along() -> None:
    side = 64
    slope = torch.arange(side * side).reshape(1, 1, side, side).remainder(side).mul(3).add(20).expand(6, 1, -1, -1)
    pictures = slope.expand(6, 3, -1, -1).to(torch.uint8)
    config = AugmentConfig(rotate_share=1.0, rotate_deg=20.0, zoom=0.0)
    for dtype in (torch.uint8, torch.uint16):
        augmentation = CompositeAugmentation(side, config)
        pair = augmentation(pictures, pictures, pictures[:, :1], slope.to(dtype), torch.arange(6), 0)
        assert pair.depth is not None
        assert pair.depth.dtype == dtype
        levels = pair.bg_fg[:, :1] * 255
        assert (levels - slope).abs().amax(dim=(1, 2, 3)).gt(10).sum() >= 4  # the pictures did turn
        assert (pair.depth.int() - levels).abs().max() <= 3  # and depth with them, to the nearest pixel
        assert (pair.mask.int() - levels).abs().max() <= 1


def test_every_picture_is_another_one_and_stays_within_its_levels() -> None:
    pair, plain = disturbed(SINGLE_IMAGE_CONFIG, list(range(9))), disturbed(AugmentConfig(), list(range(9)))
    assert 0 <= float(pair.bg_fg.min()) <= float(pair.bg_fg.max()) <= 1
    assert all(not torch.equal(a, b) for a, b in zip(pair.bg_fg, plain.bg_fg, strict=True))


def test_blur_is_a_gaussian_of_a_width_of_its_own() -> None:
    dot = torch.zeros(2, 3, SIDE, SIDE, dtype=torch.uint8)
    dot[..., 16, 16] = 255
    sigma = 1.25
    config = AugmentConfig(blur_share=1.0, blur_sigma_px_at_224=(sigma / SIDE * 224, sigma / SIDE * 224))
    shot = CompositeAugmentation(SIDE, config)(dot, dot, dot[:, :1], None, torch.arange(2), 0).bg_fg[0, 0]
    reach = torch.arange(SIDE) - 16.0
    weights = torch.exp(-(reach[:, None] ** 2 + reach**2) / (2 * sigma**2))
    assert torch.allclose(shot, weights / weights.sum(), atol=0.6 / 255)
    assert math.isclose(float(shot.sum()), 1.0, abs_tol=0.5)


def photographs(config: AugmentConfig, picked: list[int], epoch: int = 0, **changed: Tensor) -> AugmentedPair:
    given = make_pair_batch() | changed
    others = given.pop("others")
    part = {name: values[picked] for name, values in given.items()} | {"depth": None}
    return PhotographAugmentation(SIDE, config, 3, others)(**part, epoch=epoch)


def test_what_a_photograph_becomes_depends_on_seed_epoch_and_sample_alone() -> None:
    whole, part = photographs(PHOTOGRAPH_CONFIG, list(range(N))), photographs(PHOTOGRAPH_CONFIG, [7, 2])
    for name in ("bg_fg", "mask"):
        assert torch.equal(getattr(whole, name)[[7, 2]], getattr(part, name))
    assert whole.bg is whole.bg_fg
    assert 0 <= float(whole.bg_fg.min()) <= float(whole.bg_fg.max()) <= 1
    again = photographs(PHOTOGRAPH_CONFIG, list(range(N)), epoch=1)
    assert all(not torch.equal(a, b) for a, b in zip(whole.bg_fg, again.bg_fg, strict=True))


def test_a_turning_camera_turns_the_mask_with_the_photograph() -> None:
    """A white picture with a black person keeps its mask's complement however the camera moves."""
    mask = make_pair_batch()["mask"]
    shown = (255 - mask).expand(-1, 3, -1, -1)
    moving = AugmentConfig(
        flip_share=0.5,
        crop_share=0.5,
        crop_side=(0.5, 1.0),
        crop_stretch=2.0,
        shift_share=1.0,
        rotate_share=1.0,
        rotate_deg=20.0,
        zoom=0.2,
    )
    pair = photographs(moving, list(range(N)), bg_fg=shown)
    plain = photographs(AugmentConfig(), list(range(N)), bg_fg=shown)
    assert torch.allclose(pair.bg_fg, (1 - pair.mask / 255).expand_as(pair.bg_fg), atol=1.5 / 255)
    assert not torch.equal(pair.mask, plain.mask)


def test_an_empty_scene_is_a_photograph_of_the_bare_background() -> None:
    empty = photographs(AugmentConfig(empty_share=1.0), list(range(N)))
    bare = photographs(AugmentConfig(), list(range(N)), bg_fg=make_pair_batch()["bg"])
    assert not empty.mask.any()
    assert torch.equal(empty.bg_fg, bare.bg_fg)
