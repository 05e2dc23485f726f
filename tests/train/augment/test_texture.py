"""People with the texture of other backgrounds."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("torch", reason="the extra [train] isn't installed")

import torch

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.augment.config import PAIR_CONFIG, AugmentConfig
from bgfg.train.augment.counter_rng import CounterRng
from bgfg.train.augment.pairs import PairAugmentation
from bgfg.train.augment.texture import repaint_people
from bgfg.train.config.options import TrainOptions

N, H, W = 30, 13, 17
ALL = AugmentConfig(repaint_share=1.0)


@pytest.fixture(scope="module")
def made() -> dict[str, torch.Tensor]:
    rng = torch.Generator().manual_seed(0)
    bare, person, others = (torch.randint(0, 256, (N, 3, H, W), generator=rng, dtype=torch.uint8) for _ in range(3))
    mask = torch.zeros(N, 1, H, W, dtype=torch.uint8)
    mask[:, :, 3:10, 5:11] = 255
    mask[:, :, 3:10, 4] = 96
    alpha = mask.float() / 255
    return {"bare": bare, "levels": person * alpha + bare * (1 - alpha), "mask": mask, "others": others}


def painted(made: dict[str, torch.Tensor], config: AugmentConfig = ALL) -> torch.Tensor:
    rng = CounterRng(0, 0, np.arange(N))
    return repaint_people(made["levels"].clone(), made["bare"], made["mask"], rng, config, made["others"])


def test_the_room_stays_as_it_is_and_people_do_not(made: dict[str, torch.Tensor]) -> None:
    after, room = painted(made), (made["mask"] == 0).expand(-1, 3, -1, -1)
    assert (after[room] - made["levels"][room]).abs().max() < 1e-3
    apart = (after - made["levels"]).abs().masked_fill(room, 0).amax(dim=(1, 2, 3))
    assert apart.min() > 10
    assert after.min() >= 0
    assert after.max() <= 255


def test_a_soft_edge_keeps_its_share_of_the_background(made: dict[str, torch.Tensor]) -> None:
    edge = made["mask"][0, 0] == 96
    before, after = made["levels"], painted(made)
    # What is seen of the person alone may be anything in 0..255 times alpha: the rest is the background's.
    behind = made["bare"] * (1 - 96 / 255)
    for levels in (before, after):
        own = (levels - behind)[:, :, edge]
        assert own.min() > -1e-3
        assert own.max() <= 96 + 1e-3


def test_a_share_is_chosen_and_the_others_are_left_alone(made: dict[str, torch.Tensor]) -> None:
    after = painted(made, AugmentConfig(repaint_share=0.4))
    changed = (after != made["levels"]).flatten(1).any(dim=1)
    assert 4 < changed.sum() < 20
    assert torch.equal(painted(made, AugmentConfig()), made["levels"])


def test_what_a_person_wears_does_not_depend_on_the_batch(made: dict[str, torch.Tensor]) -> None:
    whole = painted(made)
    part = repaint_people(
        made["levels"][7:9].clone(), made["bare"][7:9], made["mask"][7:9], CounterRng(0, 0, np.arange(7, 9)), ALL,
        made["others"],
    )  # fmt: skip
    assert torch.equal(part, whole[7:9])


def test_painting_needs_other_backgrounds() -> None:
    with pytest.raises(Problem, match=r"repaint_share 0\.5: give two or more"):
        PairAugmentation(32, replace(PAIR_CONFIG, wrong_share=0.0, repaint_share=0.5))


@pytest.mark.parametrize("given", [{"repaint": 1.5}, {"repaint": 0.5, "augment": False}])
def test_a_share_that_makes_no_sense_is_refused(given: dict[str, object]) -> None:
    with pytest.raises(Problem, match="--repaint"):
        TrainOptions.of(given)
