"""Some samples of a batch, changed by themselves: what is done to a third of them costs a third."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


def changed(
    pictures: Tensor, chosen: NDArray[np.bool_], change: Callable[[Tensor, NDArray[np.intp]], Tensor]
) -> Tensor:
    """Return `pictures` (n, ...) with those that are `chosen` (n,) replaced by what `change` makes of them.

    change: gets the m chosen pictures and their places in the batch, (m,) ascending, and returns as many of the same
    shape and dtype. Both may write into what they are given: a caller has no more use for its `pictures`.
    """
    which = np.flatnonzero(chosen)
    if len(which) == 0:
        return pictures
    if len(which) == len(pictures):
        return change(pictures, which)
    index = torch.from_numpy(which).to(pictures.device)
    return pictures.index_copy_(0, index, change(pictures.index_select(0, index), which))


def rows(pictures: Tensor, which: NDArray[np.intp]) -> Tensor:
    """Return a copy of the pictures at m places in the batch, (m, ...)."""
    return pictures.index_select(0, torch.from_numpy(which).to(pictures.device))


def column(values: NDArray[np.floating], like: Tensor) -> Tensor:
    """Return a number a picture, (n,), as (n, 1, 1, 1) float32 on the device of `like`, to meet (n, C, H, W)."""
    return torch.from_numpy(values.astype(np.float32)).to(like.device).view(-1, 1, 1, 1)
