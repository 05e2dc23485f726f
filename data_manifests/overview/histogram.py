"""Histograms: how often values lie between round numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from bgfg.data_manifests.overview.axis_ticks import axis_ticks

_BINS = 24


@dataclass(frozen=True)
class Histogram:
    """How often values lie in each of some intervals.

    Attributes:
        edges: (n + 1,) float64, ascending; an interval holds its lower edge, the last one both.
        counts: (n,) int64.
        mean: Mean of all values; NaN where there are none.
    """

    edges: NDArray[np.float64]
    counts: NDArray[np.int64]
    mean: float

    @classmethod
    def of(cls, values: ArrayLike, times: NDArray[np.int64] | None = None, bins: int = _BINS) -> Histogram:
        """Count values between round edges; those that aren't finite are left out.

        Args:
            values: (n,) numbers.
            times: (n,) how often there is each of them; None for once.
            bins: About how many intervals there are.
        """
        numbers = np.asarray(values, np.float64)
        times = np.ones(len(numbers), np.int64) if times is None else times
        is_there = np.isfinite(numbers) & (times > 0)
        numbers, times = numbers[is_there], times[is_there]
        if not len(numbers):
            return cls(np.array([0.0, 1.0]), np.zeros(1, np.int64), math.nan)
        low, high = float(numbers.min()), float(numbers.max())
        around = 0.05 * abs(low) or 0.5 if low == high else 0.0  # one value alone stands in the middle
        edges = np.array(axis_ticks(low - around, high + around, bins))
        # The last interval holds its upper edge; rounded multiples of a step may leave an end out by a hair.
        at = np.clip(np.searchsorted(edges, numbers, side="right") - 1, 0, len(edges) - 2)
        counts = np.bincount(at, weights=times, minlength=len(edges) - 1)
        return cls(edges, counts.astype(np.int64), float(numbers @ (times / times.sum())))

    @property
    def total(self) -> int:
        """How many values were counted."""
        return int(self.counts.sum())

    @property
    def shares(self) -> NDArray[np.float64]:
        """Share of the values in each interval, (n,) float64; 0 where there are none."""
        return self.counts / max(1, self.total)
