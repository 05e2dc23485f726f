"""Corners that darken, and pictures that were small."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch", reason="the extra [train] isn't installed")

import torch

from bgfg.train.augment.config import AugmentConfig
from bgfg.train.augment.counter_rng import CounterRng, DrawPurpose
from bgfg.train.augment.lens import resample, vignette
from tests.support import references

N, H, W = 24, 37, 53
RNG = CounterRng(0, 0, np.arange(N))


def rooms() -> torch.Tensor:
    pictures = np.stack([references.picture(H, W, seed) for seed in range(N)])
    return torch.from_numpy(pictures).permute(0, 3, 1, 2).float().contiguous()


def test_the_middle_keeps_its_light_and_corners_lose_what_is_drawn() -> None:
    found = vignette(torch.full((N, 3, H, W), 200.0), RNG, AugmentConfig(vignette_share=1.0)).numpy()
    darkness = RNG.between(DrawPurpose.VIGNETTE, 1, *AugmentConfig().vignette_darkness)
    np.testing.assert_allclose(found[:, 0, H // 2, W // 2], 200, atol=0.01)
    beyond = ((W - 1) ** 2 + (H - 1) ** 2) / (W**2 + H**2)  # the middle of the corner's pixel
    for corner in ((0, 0), (0, -1), (-1, 0), (-1, -1)):
        np.testing.assert_allclose(found[:, 1, *corner], 200 * (1 - darkness * beyond), rtol=1e-4)
    assert (np.diff(found[:, 2, H // 2, W // 2 :], axis=1) < 0).all()


def test_a_picture_that_was_small_keeps_its_means_and_loses_details() -> None:
    config = AugmentConfig(resample_share=1.0, resample_side=(0.3, 0.6))
    found = resample(rooms(), RNG, config)
    assert found.shape == (N, 3, H, W)
    assert (found.mean(dim=(2, 3)) - rooms().mean(dim=(2, 3))).abs().mean() < 4
    rough, plain = (each.diff(dim=-1).abs().mean(dim=(1, 2, 3)) for each in (found, rooms()))
    assert (rough < plain).float().mean() > 0.9
    assert torch.equal(resample(torch.full((N, 3, H, W), 77.0), RNG, config).round(), torch.full((N, 3, H, W), 77.0))


def test_pictures_that_are_not_chosen_stay_and_each_is_its_own() -> None:
    config = AugmentConfig(resample_share=0.5, vignette_share=0.5)
    for change, purpose in ((resample, DrawPurpose.RESAMPLE), (vignette, DrawPurpose.VIGNETTE)):
        found, chosen = change(rooms(), RNG, config), RNG.bernoulli(purpose, 0.5)
        same = [torch.equal(mine, own) for mine, own in zip(found, rooms(), strict=True)]
        assert same == [not each for each in chosen]
        alone = change(rooms()[[5, 2]], CounterRng(0, 0, np.array([5, 2])), config)
        torch.testing.assert_close(alone, found[[5, 2]])
