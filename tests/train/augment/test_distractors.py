"""Distractors: another figure in the picture."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

pytest.importorskip("torch", reason="the extra [train] isn't installed")

import torch

from bgfg.train.augment.config import AugmentConfig
from bgfg.train.augment.counter_rng import CounterRng
from bgfg.train.augment.distractors import add_distractors
from bgfg.train.augment.pairs import PairAugmentation

N, H, W = 60, 61, 89
ALL = AugmentConfig(crowd_share=1.0)


def standing() -> torch.Tensor:
    mask = torch.zeros(N, 1, H, W, dtype=torch.uint8)
    mask[:, :, 20:50, 40:52] = 255
    return mask


def some(
    config: AugmentConfig = ALL, mask: torch.Tensor | None = None
) -> tuple[torch.Tensor, torch.Tensor, np.ndarray]:
    """Return a grey room of 100 levels with somebody more, and its masks."""
    others = torch.randint(0, 256, (9, 3, H, W), generator=torch.Generator().manual_seed(0), dtype=torch.uint8)
    mask = standing() if mask is None else mask
    return add_distractors(
        torch.full((N, 3, H, W), 100.0), mask.clone(), CounterRng(0, 0, np.arange(N)), config, others
    )


def test_the_mask_says_where_the_picture_changed() -> None:
    levels, mask, chosen = some()
    assert chosen.all()
    untouched = (mask == standing()).expand(-1, 3, -1, -1) & (standing() == 0).expand(-1, 3, -1, -1)
    assert (levels[untouched] - 100).abs().max() < 1  # an alpha of less than half a level may tint it
    new = (mask == 255) & (standing() == 0)
    assert (levels - 100).abs().amax(1, keepdim=True)[new].gt(1).double().mean() > 0.9
    assert (mask >= standing()).all()


def test_figures_are_of_many_sizes_and_places() -> None:
    _, mask, _ = some()
    more = ((mask >= 128) & (standing() < 128)).flatten(1).sum(1)
    own = int((standing()[0] > 0).sum())
    assert (more > own).double().mean() > 0.5
    assert len(set(more.tolist())) > N / 2
    assert more.max() < H * W


def test_a_share_is_chosen_and_the_others_are_left_alone() -> None:
    levels, mask, chosen = some(AugmentConfig(crowd_share=0.4))
    assert 10 < chosen.sum() < 40
    alone = torch.from_numpy(~chosen)
    assert (levels[alone] == 100).all()
    assert torch.equal(mask[alone], standing()[alone])


def test_where_nobody_is_nobody_is_added() -> None:
    levels, mask, _ = some(mask=torch.zeros(N, 1, H, W, dtype=torch.uint8))
    assert (levels == 100).all()
    assert mask.sum() == 0


def test_depth_is_unknown_where_somebody_more_is() -> None:
    rng = torch.Generator().manual_seed(1)
    bg, others = (torch.randint(0, 256, (N, 3, H, W), generator=rng, dtype=torch.uint8) for _ in range(2))
    augment = PairAugmentation((H, W), replace(ALL, crowd_share=0.5), 0, others)
    depth = torch.full((N, 1, H, W), 7, dtype=torch.uint8)
    pair = augment(bg, bg, standing(), depth, torch.arange(N), 0)
    assert pair.depth is not None
    assert 0 < pair.known.sum() < N
    assert torch.equal(pair.depth.flatten(1).amax(1) > 0, pair.known)
    assert (depth == 7).all()  # what was handed over isn't written to
