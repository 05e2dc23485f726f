"""Changing a subset of a batch."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch", reason="the extra [train] isn't installed")

import torch

from bgfg.train.augment.subset import apply_to_chosen, per_picture, take


@pytest.mark.parametrize("chosen", [[0, 1, 0, 1], [0, 0, 0, 0], [1, 1, 1, 1]])
def test_only_those_chosen_change_each_by_its_own_number(chosen: list[int]) -> None:
    amounts = np.array([1.0, 2.0, 4.0, 8.0])
    result = apply_to_chosen(
        torch.zeros(4, 3, 2, 2),
        np.array(chosen, bool),
        lambda part, which: part + per_picture(amounts[which], part),
    )
    assert result[:, 0, 0, 0].tolist() == (amounts * chosen).tolist()
    assert result.shape == (4, 3, 2, 2)


def test_where_nothing_is_chosen_nothing_is_copied() -> None:
    pictures = torch.zeros(2, 3, 2, 2)
    assert apply_to_chosen(pictures, np.zeros(2, bool), lambda part, which: part.add_(1)) is pictures
    assert pictures.max() == 0


def test_rows_are_copies() -> None:
    pictures = torch.arange(4.0).view(4, 1, 1, 1)
    assert take(pictures, np.array([3, 1])).mul_(10).flatten().tolist() == [30, 10]
    assert pictures.flatten().tolist() == [0, 1, 2, 3]
