"""A consumer that only reads what it is handed; needs nothing but torch, so that others can be held to it."""

from __future__ import annotations

from collections.abc import Mapping

import torch

_LINE_BYTES, _WORD_BYTES = 64, 8


def touch(batch: Mapping[str, torch.Tensor], backgrounds: torch.Tensor) -> int:
    """Read every byte of a batch's pictures, and a byte of every cache line of the backgrounds that it looks up.

    batch: dense tensors of a sample each, `background` (n,) int64 among them. backgrounds: (B, ...) uint8. Returns the
    sum of what was read, the pictures in words of 8 bytes, which is as fast as memory is.
    """
    seen = sum(_words(tensor).sum() for tensor in batch.values() if tensor.ndim > 1)
    return int(seen + _lines(backgrounds)[batch["background"]].sum())


def _words(tensor: torch.Tensor) -> torch.Tensor:
    """View all of a tensor's memory as words, int64; where they don't fill it, as bytes."""
    memory = _memory(tensor)
    return memory.view(torch.int64) if len(memory) % _WORD_BYTES == 0 else memory


def _lines(tensor: torch.Tensor) -> torch.Tensor:
    """View the first byte of every whole cache line of each sample, (n, lines) uint8."""
    samples = _memory(tensor).view(len(tensor), -1)
    return samples[:, : samples.shape[1] // _LINE_BYTES * _LINE_BYTES : _LINE_BYTES]


def _memory(tensor: torch.Tensor) -> torch.Tensor:
    """View the memory of a dense tensor in its order there, bytes."""
    return tensor.as_strided((tensor.numel(),), (1,)).view(torch.uint8)
