"""Changing a subset of a batch: what is done to a third of the samples costs a third."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


def apply_to_chosen(
    pictures: Tensor, chosen: NDArray[np.bool_], change: Callable[[Tensor, NDArray[np.intp]], Tensor]
) -> Tensor:
    """Return pictures, of which those that are chosen are replaced by what a function makes of them.

    Args:
        pictures: (n, ...); overwritten.
        chosen: (n,) bool.
        change: Gets the m chosen pictures, which it may overwrite, and their places in the batch, (m,) ascending; it
            returns as many of the same shape and dtype.

    Returns:
        (n, ...).
    """
    which = np.flatnonzero(chosen)
    if len(which) == 0:
        return pictures
    if len(which) == len(pictures):
        return change(pictures, which)
    index = torch.from_numpy(which).to(pictures.device)
    return pictures.index_copy_(0, index, change(pictures.index_select(0, index), which))


def take(pictures: Tensor, which: NDArray[np.intp]) -> Tensor:
    """Return a copy of the pictures at m places in the batch, (m, ...)."""
    return pictures.index_select(0, torch.from_numpy(which).to(pictures.device))


def per_picture(values: NDArray[np.floating], like: Tensor) -> Tensor:
    """Return a number for each picture, (n,), as (n, 1, 1, 1) float32 on the device of `like`."""
    return torch.from_numpy(values.astype(np.float32)).to(like.device).view(-1, 1, 1, 1)
