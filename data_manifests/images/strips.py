"""Pictures converted strip by strip, so that what is wider on the way, 64 bits say, is never there for all pixels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

_STRIP_VALUES = 2**20


def by_strips(values: NDArray[Any], convert: Callable[[NDArray[Any]], NDArray[Any]], dtype: DTypeLike) -> NDArray[Any]:
    """Convert each value of a picture by itself.

    Args:
        values: (H, W, ...).
        convert: From some of its rows to as many of the result, of any dtype.
        dtype: Of the result, which holds all that `convert` returns.

    Returns:
        As `values`, of `dtype`.
    """
    converted = np.empty(values.shape, dtype)
    rows = max(1, _STRIP_VALUES // max(1, values[:1].size))
    for start in range(0, len(values), rows):
        converted[start : start + rows] = convert(values[start : start + rows])
    return converted
