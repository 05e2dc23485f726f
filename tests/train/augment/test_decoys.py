"""Decoys: things that are no people, before the person or behind."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch", reason="the extra [train] isn't installed")

import torch
from torch import Tensor

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.augment.config import AugmentConfig
from bgfg.train.augment.counter_rng import CounterRng
from bgfg.train.augment.decoys import add_decoys
from bgfg.train.augment.pairs import PairAugmentation

N, H, W = 80, 53, 71
ALL = AugmentConfig(decoy_share=1.0)
# Levels of the scene, of the person and of what decoys are made of.
SCENE, PERSON, DECOY = 100, 200, 30


def scenes(alpha_u8: int = 255) -> tuple[Tensor, Tensor, Tensor]:
    """Return grey scenes without and with a brighter person, and the masks."""
    bare = torch.full((N, 3, H, W), SCENE, dtype=torch.uint8)
    mask = torch.zeros(N, 1, H, W, dtype=torch.uint8)
    mask[:, :, 15:48, 28:42] = alpha_u8
    composite = (bare + (PERSON - SCENE) * (mask / 255)).round().to(torch.uint8)
    return bare, composite, mask


def decoyed(config: AugmentConfig = ALL, alpha_u8: int = 255) -> tuple[Tensor, Tensor, Tensor]:
    others = torch.full((4, 3, H, W), DECOY, dtype=torch.uint8)
    return add_decoys(*scenes(alpha_u8), CounterRng(0, 0, np.arange(N)), config, others)


def test_where_the_mask_is_full_the_person_is_seen_and_elsewhere_the_scene_with_the_decoy() -> None:
    bare, composite, mask = decoyed()
    full, none = (mask == 255).expand_as(bare), (mask == 0).expand_as(bare)
    assert (composite[full] == PERSON).all()
    assert torch.equal(composite[none], bare[none])
    assert ((bare == DECOY).flatten(1).any(1)).double().mean() > 0.9


def test_a_decoy_before_the_person_takes_from_the_mask_and_one_behind_takes_nothing() -> None:
    _, _, mask = decoyed()
    own = scenes()[2]
    assert (mask <= own).all()
    covered = (mask < own).flatten(1).any(1).double().mean()
    assert 0.2 < covered < 0.6  # half of them are before, and most of these meet the person


def test_through_a_person_that_is_half_there_half_of_a_decoy_behind_is_seen() -> None:
    bare, composite, mask = decoyed(alpha_u8=128)
    behind = (mask == scenes(128)[2]).flatten(1).all(1)
    assert (bare[behind] != SCENE).any()
    alpha = mask[behind] / 255
    wanted = PERSON * alpha + bare[behind] * (1 - alpha)
    assert (composite[behind] - wanted).abs().max() <= 1.5  # each of the three is rounded


def test_a_share_is_chosen_and_the_others_are_left_alone() -> None:
    bare, composite, mask = decoyed(AugmentConfig(decoy_share=0.4))
    changed = (bare != SCENE).flatten(1).any(1)
    assert 0.2 < changed.double().mean() < 0.6
    for part, own in zip((bare, composite, mask), scenes(), strict=True):
        assert torch.equal(part[~changed], own[~changed])


def test_a_sample_becomes_the_same_in_every_batch() -> None:
    whole = decoyed()
    places = torch.tensor([41, 7])
    others = torch.full((4, 3, H, W), DECOY, dtype=torch.uint8)
    bare, composite, mask = (each[places] for each in scenes())
    part = add_decoys(bare, composite, mask, CounterRng(0, 0, places.numpy()), ALL, others)
    assert all(torch.equal(mine, theirs[places]) for mine, theirs in zip(part, whole, strict=True))


def test_decoys_need_other_backgrounds() -> None:
    with pytest.raises(Problem, match=r"decoy_share 0\.5: give two or more `others`"):
        PairAugmentation(32, AugmentConfig(decoy_share=0.5))
