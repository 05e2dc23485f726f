"""Batches copied to a device: to a GPU one ahead of the one in use, out of page-locked memory."""

from __future__ import annotations

import warnings
import weakref
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

import torch
from bgfg.train.stream.buffer_pool import Pool

Batch = dict[str, torch.Tensor]


def uploaded(batches: Iterable[Batch], device: torch.device) -> Iterator[Batch]:
    """Yield copies of the batches on `device`. Each is the caller's own; a GPU copies one while the last is in use."""
    if device.type != "cuda":
        for batch in batches:
            yield {name: tensor.to(device) for name, tensor in batch.items()}
        return
    cuda: Any = torch.cuda
    side = cuda.Stream(device)
    coming: _Copy | None = None
    for original in chain(batches, [None]):
        begun = _Copy(original, device, side) if original is not None else None
        if coming is not None:
            yield coming.arrived()
        coming = begun


class _Copy:
    """A batch on its way to a GPU, out of memory that must stay as it is until it has arrived."""

    def __init__(self, batch: Batch, device: torch.device, side: Any) -> None:
        self._original, self._device = batch, device
        with torch.cuda.stream(side):
            self._copies = {name: tensor.to(device, non_blocking=True) for name, tensor in batch.items()}
            self._event = side.record_event()

    def arrived(self) -> Batch:
        """Wait for the copy, which began a step ago, and let the original go."""
        self._event.synchronize()
        self._original = {}
        for copy in self._copies.values():
            copy.record_stream(torch.cuda.current_stream(self._device))
        return self._copies


def lock_pages(pool: Pool) -> None:
    """Page-lock the memory of a pool for as long as the pool lives, so that a GPU reads it by itself.

    Warns where the system doesn't allow it: copies are as right without it, and slower.
    """
    cuda: Any = torch.cuda
    runtime = cuda.cudart()
    for name, array in pool.arrays.items():
        error = int(runtime.cudaHostRegister(array.ctypes.data, array.nbytes, 0))
        if error:
            reason = f"{array.nbytes:,} bytes of {name} can't be page-locked (CUDA error {error})"
            warnings.warn(f"{reason}: copies to the GPU will be slower", stacklevel=2)
        else:
            weakref.finalize(array, runtime.cudaHostUnregister, array.ctypes.data)
