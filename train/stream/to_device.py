"""Copies of batches on a device: to a GPU one ahead of the one in use, out of page-locked memory."""

from __future__ import annotations

import warnings
import weakref
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

import torch

from bgfg.train.stream.buffer_pool import BufferPool

RawBatch = dict[str, torch.Tensor]  # a batch as the store has it: uint8 pictures, codes, indices, by name


def copy_to_device(batches: Iterable[RawBatch], device: torch.device) -> Iterator[RawBatch]:
    """Yield copies of batches on a device.

    Each is the caller's own. A GPU copies the next batch in a stream of its own while the last one is in use.

    Args:
        batches: Batches on the host.
        device: Where they are copied to.

    Yields:
        The copy of each batch.
    """
    if device.type != "cuda":
        for batch in batches:
            yield {name: tensor.to(device) for name, tensor in batch.items()}
        return
    cuda: Any = torch.cuda
    copy_stream = cuda.Stream(device)
    # One batch is always on its way: it is yielded once the copying of the one behind it has begun.
    coming: _PendingCopy | None = None
    for original in chain(batches, [None]):
        begun = _PendingCopy(original, device, copy_stream) if original is not None else None
        if coming is not None:
            yield coming.arrived()
        coming = begun


class _PendingCopy:
    """A batch that is being copied to a GPU. It keeps the original, whose memory must not change before the end."""

    def __init__(self, batch: RawBatch, device: torch.device, copy_stream: Any) -> None:
        self._original, self._device = batch, device
        with torch.cuda.stream(copy_stream):
            self._copies = {name: tensor.to(device, non_blocking=True) for name, tensor in batch.items()}
            self._event = copy_stream.record_event()

    def arrived(self) -> RawBatch:
        """Wait for the copy, which began a step ago, and drop the original."""
        self._event.synchronize()
        self._original = {}
        # Without this, the allocator might give the memory away while the main stream still reads it.
        for copy in self._copies.values():
            copy.record_stream(torch.cuda.current_stream(self._device))
        return self._copies


def page_lock(pool: BufferPool) -> None:
    """Page-lock the memory of a pool for as long as the pool lives, so that a GPU copies from it directly.

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
