"""Batches copied to a device: to a GPU one ahead of the one in use, out of page-locked memory."""

from __future__ import annotations

import warnings
import weakref
from collections.abc import Iterable, Iterator
from itertools import chain

import torch

from train.pool import Pool

Batch = dict[str, torch.Tensor]


def uploaded(batches: Iterable[Batch], device: torch.device) -> Iterator[Batch]:
    """Yield copies of the batches on `device`. Each is the caller's own; a GPU copies one while the last is in use."""
    if device.type != "cuda":
        for batch in batches:
            yield {name: tensor.to(device) for name, tensor in batch.items()}
        return
    side = torch.cuda.Stream(device)
    coming: tuple[Batch, Batch, torch.cuda.Event] | None = None
    for batch in chain(batches, [None]):
        begun = None if batch is None else (batch, *_begin_copy(batch, device, side))
        if coming is not None:
            _, copies, arrived = coming
            coming = None
            arrived.synchronize()  # it began a step ago; from here on the pool may write over the original
            for copy in copies.values():
                copy.record_stream(torch.cuda.current_stream(device))
            yield copies
        coming = begun


def _begin_copy(batch: Batch, device: torch.device, side: torch.cuda.Stream) -> tuple[Batch, torch.cuda.Event]:
    with torch.cuda.stream(side):
        copies = {name: tensor.to(device, non_blocking=True) for name, tensor in batch.items()}
        return copies, side.record_event()


def lock_pages(pool: Pool) -> None:
    """Page-lock the memory of a pool for as long as the pool lives, so that a GPU reads it by itself.

    Warns where the system doesn't allow it: copies are as right without it, and slower.
    """
    runtime = torch.cuda.cudart()
    for name, array in pool.arrays.items():
        error = int(runtime.cudaHostRegister(array.ctypes.data, array.nbytes, 0))
        if error:
            reason = f"{array.nbytes:,} bytes of {name} can't be page-locked (CUDA error {error})"
            warnings.warn(f"{reason}: copies to the GPU will be slower", stacklevel=2)
        else:
            weakref.finalize(array, runtime.cudaHostUnregister, array.ctypes.data)
