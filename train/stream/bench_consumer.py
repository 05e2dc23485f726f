"""The consumer of stream benchmarks: it reads all of every batch, and does nothing else.

Needs nothing but numpy, and takes arrays and tensors, so that loaders of other libraries can be measured by it too.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import torch

    Pixels = torch.Tensor | NDArray[Any]

_LINE_BYTES = 64


def consume_batch(batch: Mapping[str, Pixels], backgrounds: Pixels | None) -> int:
    """Read every byte of a batch's pictures, and a byte of every cache line of the backgrounds that it looks up.

    Args:
        batch: Dense arrays or tensors of n samples each, `background` (n,) int64 among them.
        backgrounds: (B, ...) uint8; None where none are looked up.

    Returns:
        The sum of what was read, the pictures in words of 8 bytes, which is as fast as memory is.
    """
    seen = sum(int(_words(pixels).sum()) for pixels in batch.values() if pixels.ndim > 1)
    if backgrounds is None:
        return seen
    lines, which = _lines(backgrounds), batch["background"]
    return seen + int(lines[which if not isinstance(lines, np.ndarray) else np.asarray(which)].sum())


def _words(pixels: Pixels) -> Pixels:
    """View all of the memory as words, int64; where they don't fill it, as bytes."""
    memory = _memory(pixels)
    if len(memory) % np.dtype(np.int64).itemsize:
        return memory
    return memory.view(np.int64) if isinstance(memory, np.ndarray) else memory.view(_torch().int64)


def _lines(pixels: Pixels) -> Pixels:
    """View the first byte of every whole cache line of each sample, (n, lines)."""
    samples = _memory(pixels).reshape(len(pixels), -1)
    return samples[:, : samples.shape[1] // _LINE_BYTES * _LINE_BYTES : _LINE_BYTES]


def _memory(pixels: Pixels) -> Pixels:
    """View the memory of a dense array or tensor in its order there, bytes: where it is, on a device as a tensor."""
    if isinstance(pixels, np.ndarray):
        return pixels.reshape(-1).view(np.uint8)
    flat = pixels.as_strided((pixels.numel(),), (1,))
    return flat.numpy().view(np.uint8) if _is_of_processor(flat) else flat.view(_torch().uint8)


def _is_of_processor(tensor: torch.Tensor) -> bool:
    return tensor.device.type == "cpu"


def _torch() -> ModuleType:
    import torch  # imported already, where there is a tensor

    return torch
