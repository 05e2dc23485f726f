"""Scores of each sample of a batch: means over a part of its pixels, and their transfer to the CPU."""

from __future__ import annotations

import torch
from torch import Tensor


def masked_mean(values: Tensor, where: Tensor, empty: float = torch.nan) -> Tensor:
    """Return each sample's mean over the pixels of `where`, (n,) float32.

    Args:
        values: (n, 1, h, w); what they hold outside has no effect, NaN included.
        where: (n, 1, h, w) bool.
        empty: Result for a sample without such pixels.
    """
    count = where.sum((1, 2, 3))
    total = torch.where(where, values.float(), 0.0).sum((1, 2, 3))
    return torch.where(count > 0, total / count.clamp(min=1), empty)


def scores_to_cpu(scores: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return scores, (n,) each, on the CPU as float64: all in one transfer, and not every device has float64."""
    rows = torch.stack(list(scores.values())).to("cpu").double()
    return dict(zip(scores, rows, strict=True))
