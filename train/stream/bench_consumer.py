"""The consumer of stream benchmarks: it reads all of every batch, and does nothing else.

Needs nothing but torch and numpy, so that loaders of other libraries can be measured by it too.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray

_LINE_BYTES = 64


def consume_batch(batch: Mapping[str, torch.Tensor], backgrounds: torch.Tensor | None) -> int:
    """Read every byte of a batch's pictures, and a byte of every cache line of the backgrounds that it looks up.

    Args:
        batch: Dense tensors of n samples each, `background` (n,) int64 among them.
        backgrounds: (B, ...) uint8; None where none are looked up.

    Returns:
        The sum of what was read, the pictures in words of 8 bytes, which is as fast as memory is.
    """
    seen = sum(int(_words(tensor).sum()) for tensor in batch.values() if tensor.ndim > 1)
    if backgrounds is None:
        return seen
    return seen + int(_lines(backgrounds)[batch["background"].numpy()].sum())


def _words(tensor: torch.Tensor) -> NDArray:
    """View all of a tensor's memory as words, int64; where they don't fill it, as bytes."""
    memory = _memory(tensor)
    return memory.view(np.int64) if len(memory) % np.dtype(np.int64).itemsize == 0 else memory


def _lines(tensor: torch.Tensor) -> NDArray[np.uint8]:
    """View the first byte of every whole cache line of each sample, (n, lines)."""
    samples = _memory(tensor).reshape(len(tensor), -1)
    return samples[:, : samples.shape[1] // _LINE_BYTES * _LINE_BYTES : _LINE_BYTES]


def _memory(tensor: torch.Tensor) -> NDArray[np.uint8]:
    """View the memory of a dense tensor in its order there, bytes."""
    memory: NDArray[np.uint8] = tensor.as_strided((tensor.numel(),), (1,)).numpy().view(np.uint8)
    return memory
