"""What was drawn for all that is pasted on one background, as columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class DrawnPastes:
    """Pastes in the order of samples, and within a sample from the back: n of each array.

    Attributes:
        samples: Numbers of their samples, counted from the first one.
        is_labelled: Whether each is labelled; those that aren't come first in their sample.
        cutouts: Numbers of the cut-outs.
        boxes_px: (n, 4) x, y, width and height.
        scales_milli: In thousandths.
        rotations_mdeg: In thousandths of a degree, counter-clockwise.
        colour_match_milli: How far colours go, in thousandths.
        shadow_milli: Darkness of the shadow, in thousandths.
        around_mean: (n, 3) mean of the colours around each, 0 where none are matched.
        around_deviation: (n, 3) their deviation, so too.
    """

    samples: NDArray[np.int64]
    is_labelled: NDArray[np.bool_]
    cutouts: NDArray[np.int64]
    boxes_px: NDArray[np.int64]
    scales_milli: NDArray[np.int64]
    rotations_mdeg: NDArray[np.int64]
    colour_match_milli: NDArray[np.int64]
    shadow_milli: NDArray[np.int64]
    around_mean: NDArray[np.float64]
    around_deviation: NDArray[np.float64]

    def of_samples(self, first: int, count: int) -> DrawnPastes:
        """Return those of some samples, numbered from 0 on."""
        start, stop = np.searchsorted(self.samples, (first, first + count)).tolist()
        samples, *others = (column[start:stop] for column in vars(self).values())
        return DrawnPastes(samples - first, *others)
