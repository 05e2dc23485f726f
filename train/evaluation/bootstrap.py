"""Confidence intervals by bootstrap over identities: backgrounds and cut-outs are drawn again, not single samples."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

REPLICATES = 2_000
CONFIDENCE_LEVEL = 0.95

# Replicates at a time where each sample has a weight in each, which takes memory.
_AT_A_TIME = 50


@dataclass(frozen=True)
class Estimate:
    """A figure of samples with its interval.

    Attributes:
        mean: The mean over the samples, or another figure of them; None where no sample has a value.
        low: Lower end of the interval, None where backgrounds or cut-outs have fewer than two identities to draw from.
        high: Upper end, likewise.
        n: How many samples have a value.
    """

    mean: float | None
    low: float | None
    high: float | None
    n: int


class PigeonholeBootstrap:
    """The pigeonhole bootstrap of samples that lie in a table of backgrounds × cut-outs.

    Samples that share a background or a cut-out aren't independent. So backgrounds are drawn with replacement, and
    cut-outs too, each as often as there are; a sample counts the product of how often its two were drawn. The interval
    is that of percentiles. The same draws serve every figure of these samples. Source: A. B. Owen, "The pigeonhole
    bootstrap", Annals of Applied Statistics 1 (2007) 386-411, who shows that for such two-way tables it is slightly
    conservative, and that drawing single samples is far too narrow. Where samples have one kind of identity alone, such
    as the clip that a picture is of, it is the usual bootstrap over these.

    Attributes:
        shape: How many identities there are in rows and columns.
        row_draws: (replicates, identities), how often each row was drawn; identities ascending.
        column_draws: The same of columns.
    """

    def __init__(
        self, rows: NDArray, columns: NDArray | None = None, replicates: int = REPLICATES, seed: int = 0
    ) -> None:
        """Draw the replicates.

        Args:
            rows: (n,) integers or names, n at least 1, the identity of each sample's background.
            columns: The same of each sample's cut-out; None where rows are the only identity.
            replicates: How many are drawn.
            seed: Seed of the draws.
        """
        self._two_way = columns is not None
        columns = np.zeros(len(rows), np.int64) if columns is None else columns
        (row_names, self._row), (column_names, self._column) = (
            np.unique(ids, return_inverse=True) for ids in (rows, columns)
        )
        self.shape = (len(row_names), len(column_names))
        rng = np.random.Generator(np.random.Philox(key=seed))
        self.row_draws, self.column_draws = (
            rng.multinomial(count, np.full(count, 1 / count), replicates).astype(np.float64) for count in self.shape
        )

    def estimate(self, values: NDArray[np.float64]) -> Estimate:
        """Return the mean of (n,) values and its interval of 95 %; NaN is a sample without a value."""
        known = ~np.isnan(values)  # a replicate's mean is over the draws of these alone
        n = int(known.sum())
        if n == 0:
            return Estimate(None, None, None, 0)
        totals = self._weighed(np.where(known, values, 0.0))
        counts = self._weighed(known.astype(np.float64))
        return self.around(float(values[known].mean()), totals[counts > 0] / counts[counts > 0], n)

    def weights(self) -> Iterator[NDArray[np.float64]]:
        """Yield how often each of the samples was drawn, (some replicates, n), until all replicates are through.

        This is for figures that are no means, such as a precision: computed with these weights, a figure is that of a
        replicate.
        """
        for start in range(0, len(self.row_draws), _AT_A_TIME):
            part = slice(start, start + _AT_A_TIME)
            yield self.row_draws[part, self._row] * self.column_draws[part, self._column]

    def around(self, figure: float, drawn: NDArray[np.float64], n: int) -> Estimate:
        """Return a figure of n samples with its interval.

        Args:
            figure: The figure of the samples.
            drawn: (replicates,), its values in the replicates; NaN where there is none.
            n: How many samples have a value.
        """
        drawn = drawn[~np.isnan(drawn)]
        if min(self.shape[: 1 + self._two_way]) < 2 or not len(drawn):
            return Estimate(figure, None, None, n)
        low, high = np.quantile(drawn, [(1 - CONFIDENCE_LEVEL) / 2, (1 + CONFIDENCE_LEVEL) / 2])
        return Estimate(figure, float(low), float(high), n)

    def _weighed(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Sum values times how often they were drawn, for every replicate: (replicates,)."""
        table = np.zeros(self.shape)
        np.add.at(table, (self._row, self._column), values)
        weighed: NDArray[np.float64] = ((self.row_draws @ table) * self.column_draws).sum(axis=1)
        return weighed
