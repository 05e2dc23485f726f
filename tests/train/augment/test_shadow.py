"""The soft shadow of a person."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch", reason="the extra [train] isn't installed")

import torch

from bgfg.train.augment.config import AugmentConfig
from bgfg.train.augment.counter_rng import CounterRng
from bgfg.train.augment.shadow import add_shadows

N, H, W = 40, 61, 89
FEET, LEFT, RIGHT = 50, 40, 52
STRENGTHS = AugmentConfig(shadow_share=1.0, shadow_darkness=(0.2, 0.4))


def standing() -> torch.Tensor:
    mask = torch.zeros(N, 1, H, W, dtype=torch.uint8)
    mask[:, :, 20:FEET, LEFT:RIGHT] = 255
    return mask


def light(mask: torch.Tensor, config: AugmentConfig = STRENGTHS) -> torch.Tensor:
    rng = CounterRng(0, 0, np.arange(len(mask)))
    return add_shadows(torch.full((len(mask), 3, H, W), 200.0), mask, rng, config) / 200


def test_only_the_room_is_darkened_and_by_no_more_than_is_said() -> None:
    mask = standing()
    left = light(mask)
    assert (left.masked_select(mask.expand_as(left) > 0) == 1).all()
    darkest = left.amin(dim=(1, 2, 3))
    assert darkest.min() > 1 - 0.4
    assert (darkest < 0.97).double().mean() > 0.7  # some fall behind their person
    assert (left[:, 0] == left[:, 2]).all()


def test_a_shadow_is_soft() -> None:
    left = light(standing())[:, 0]
    room = standing()[:, 0] == 0
    steps = (left[:, :, 1:] - left[:, :, :-1]).abs()[room[:, :, 1:] & room[:, :, :-1]]
    assert steps.max() < 0.4 / 2


def test_a_shadow_starts_at_the_feet_and_stays_above_them() -> None:
    left = light(standing())[:, 0]
    assert left[:, FEET + 6 :].min() > 0.97
    assert left[:, :8].min() > 0.9


def test_shadows_differ_and_most_are_left_alone_where_the_share_is_small() -> None:
    left = light(standing())
    assert len(torch.unique(left.sum(dim=(1, 2, 3)))) == N
    few = light(standing(), AugmentConfig(shadow_share=0.2))
    dark = (few < 1).flatten(1).any(dim=1)
    assert 0 < dark.sum() < N / 2
    assert (light(standing(), AugmentConfig()) == 1).all()


def test_nobody_throws_no_shadow() -> None:
    assert (light(torch.zeros(N, 1, H, W, dtype=torch.uint8)) == 1).all()


def test_a_shadow_is_as_large_in_every_size() -> None:
    small = light(standing())
    large_mask = standing().repeat_interleave(2, 2).repeat_interleave(2, 3)
    large = (
        add_shadows(torch.full((N, 3, 2 * H, 2 * W), 200.0), large_mask, CounterRng(0, 0, np.arange(N)), STRENGTHS)
        / 200
    )
    halved = torch.nn.functional.avg_pool2d(large, 2)
    assert (halved - small).abs().mean() < 0.003
