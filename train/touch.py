"""A consumer that only reads what it is handed; needs nothing but torch, so that others can be held to it."""

from __future__ import annotations

from collections.abc import Mapping

import torch

_LINE_BYTES = 64


def touch(batch: Mapping[str, torch.Tensor], backgrounds: torch.Tensor) -> int:
    """Read a byte of every cache line of a batch's pictures and of the backgrounds that it looks up; return their sum.

    batch: dense tensors of a sample each, `background` (n,) int64 among them. backgrounds: (B, ...) uint8.
    """
    seen = sum(_lines(tensor).sum() for name, tensor in batch.items() if tensor.ndim > 1)
    return int(seen + _lines(backgrounds)[batch["background"]].sum())


def _lines(tensor: torch.Tensor) -> torch.Tensor:
    """View the first byte of every whole cache line of each sample, (n, lines) uint8."""
    a_sample = tensor[0].numel() * tensor.element_size()
    rows = tensor.as_strided((tensor.numel(),), (1,)).view(torch.uint8).view(len(tensor), a_sample)
    return rows[:, : a_sample // _LINE_BYTES * _LINE_BYTES : _LINE_BYTES]
