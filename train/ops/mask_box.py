"""The box of a mask: the rows and columns that hold all that is set."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Box = tuple[slice, slice]


def box_around(there: NDArray[np.bool_] | NDArray[np.float32], margin_px: int = 0) -> Box | None:
    """Return the rows and columns of all that isn't 0 in (h, w), and a margin within the frame; None where all is 0."""
    rows, columns = (np.flatnonzero(there.any(axis=axis)) for axis in (1, 0))
    if not len(rows):
        return None
    spans = zip((rows, columns), there.shape, strict=True)
    down, across = (
        slice(max(0, int(span[0]) - margin_px), min(int(span[-1]) + 1 + margin_px, side_px)) for span, side_px in spans
    )
    return down, across
