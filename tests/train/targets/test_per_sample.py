"""Means of each sample."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="the extra [train] isn't installed")

import torch

from bgfg.train.targets.per_sample import masked_mean, scores_to_cpu


def test_a_mean_counts_only_the_pixels_asked_for_whatever_the_others_hold() -> None:
    values = torch.tensor([[1.0, 2.0, torch.nan], [4.0, torch.inf, 6.0]]).view(2, 1, 1, 3)
    where = torch.tensor([[True, True, False], [True, False, True]]).view(2, 1, 1, 3)
    assert masked_mean(values, where).tolist() == [1.5, 5.0]


def test_a_mean_over_nothing_is_what_is_asked_for() -> None:
    nothing = torch.zeros(1, 1, 2, 2, dtype=torch.bool)
    assert masked_mean(torch.ones(1, 1, 2, 2), nothing).isnan().all()
    assert masked_mean(torch.ones(1, 1, 2, 2), nothing, empty=0.0).tolist() == [0.0]


def test_scores_come_to_the_cpu_as_float64_by_their_names() -> None:
    scores = scores_to_cpu({"a": torch.tensor([0.5, 0.25]), "b": torch.tensor([1.0, torch.nan])})
    assert {name: score.dtype for name, score in scores.items()} == {"a": torch.float64, "b": torch.float64}
    assert scores["a"].tolist() == [0.5, 0.25]
