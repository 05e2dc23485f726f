"""Cells of the evaluation: the samples of each, by the splits of their background and cut-out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.corpus import sample_table
from bgfg.data_manifests.corpus.splits import SPLITS, sample_splits
from bgfg.synth.store.corpus import Corpus

ASSET_KINDS = ("background", "cutout")

# Knuth's multiplicative hash (The Art of Computer Programming, 6.4): scatters neighbours, and is the same everywhere.
_SCATTER = np.uint32(2_654_435_761)


@dataclass(frozen=True)
class EvaluationCell:
    """A kind of sample that is reported on its own, such as new cut-outs on known backgrounds.

    Attributes:
        letter: Its short name in reports.
        title: What it tests, in words.
        split: Split of its samples.
        background: Split of their backgrounds.
        cutout: Split of their cut-outs.
    """

    letter: str
    title: str
    split: str
    background: str
    cutout: str

    @property
    def needs(self) -> str:
        """What a corpus must have for this cell, in words."""
        if self.split == "seen":
            return "train backgrounds, train cut-outs and two placements or more"
        return f"{self.background} backgrounds and {self.cutout} cut-outs"


REPORTED_CELLS = (
    EvaluationCell("A", "seen pictures, new placements", "seen", "train", "train"),
    EvaluationCell("B", "new cut-outs", "mixed", "train", "test"),
    EvaluationCell("C", "new backgrounds", "mixed", "test", "train"),
    EvaluationCell("D", "both new", "test", "test", "test"),
)
VAL_CELL = EvaluationCell("val", "for choosing thresholds, never reported", "val", "val", "val")
TRAIN_CELL = EvaluationCell("train", "for the mean depth, never reported", "train", "train", "train")


@dataclass(frozen=True)
class CellSamples:
    """The samples that were chosen of a cell; none where the corpus has none.

    Near-duplicates, and a picture and its flip, are one identity.

    Attributes:
        cell: The cell.
        samples: (n,) int64, ascending.
        backgrounds: (n,) int64, the identity of each sample's background.
        cutouts: (n,) int64, the identity of each sample's cut-out.
        total: How many samples of the cell the corpus has.
    """

    cell: EvaluationCell
    samples: NDArray[np.int64]
    backgrounds: NDArray[np.int64]
    cutouts: NDArray[np.int64]
    total: int


class AssetIdentities:
    """The splits and identities of a corpus's backgrounds and cut-outs, read from its tables."""

    def __init__(self, corpus: Corpus) -> None:
        self._corpus = corpus
        rows = corpus.assets.to_pylist()
        self._rows = {kind: [row for row in rows if row["kind"] == kind] for kind in ASSET_KINDS}

    def count(self, kind: str, split: str) -> int:
        """Count the identities of a kind, one of KINDS, in a split."""
        return len({row["group"] for row in self._rows[kind] if row["split"] == split})

    def file_digests(self, *splits: str, kinds: Sequence[str] = ASSET_KINDS) -> set[str]:
        """Return the SHA-256 of the source files of some kinds in some splits, the first 16 digits of each."""
        return {row["sha256"][:16] for kind in kinds for row in self._rows[kind] if row["split"] in splits}

    def choose(self, cell: EvaluationCell, cap: int | None) -> CellSamples:
        """Choose all samples of a cell, or `cap` of them, spread evenly over identities; the same ones every time."""
        samples = self._samples(cell)
        backgrounds, cutouts = self._corpus.pictures_of(samples)
        total = len(samples)
        if cap is not None and cap < total:
            kept = balanced_choice(samples, backgrounds, cutouts // 2, cap)
            samples, backgrounds, cutouts = samples[kept], backgrounds[kept], cutouts[kept]
        of_backgrounds = self._identities("background", backgrounds, samples)
        return CellSamples(cell, samples, of_backgrounds, self._identities("cutout", cutouts, samples), total=total)

    def _samples(self, cell: EvaluationCell) -> NDArray[np.int64]:
        if self._corpus.geometry.listed is not None:
            return self._listed_samples(cell)
        index, found = self._corpus.geometry.index, [np.empty(0, np.int64)]
        for rectangle in index.rectangles:
            cutouts = [row["split"] for row in self._rows["cutout"][rectangle.cutouts.start : rectangle.cutouts.stop]]
            codes = sample_splits(
                cell.background, cutouts, index.placements, self._corpus.manifest.placements_per_place
            )
            wanted = np.flatnonzero((codes == SPLITS.index(cell.split)) & (np.array(cutouts) == cell.cutout)[:, None])
            found += [
                rectangle.strip(b).samples.start + wanted
                for b in rectangle.backgrounds
                if self._rows["background"][b]["split"] == cell.background
            ]
        return np.concatenate(found)

    def _listed_samples(self, cell: EvaluationCell) -> NDArray[np.int64]:
        """Return the samples of a cell of an imported corpus; what isn't known of one is of the sample's own split."""
        strips = sample_table.iter_strips(self._corpus.samples_path, self._corpus.geometry, ("split",))
        samples = np.flatnonzero(np.concatenate([strip["split"].to_numpy() for strip in strips]) == cell.split)
        fits = np.ones(len(samples), bool)
        wanted = zip(ASSET_KINDS, (cell.background, cell.cutout), self._corpus.pictures_of(samples), strict=True)
        for kind, split, numbers in wanted:
            of_picture = np.array([*(row["split"] for row in self._rows[kind]), split])  # the last: what isn't known
            fits &= of_picture[np.maximum(numbers, -1)] == split
        return samples[fits]

    def _identities(self, kind: str, numbers: NDArray[np.int64], samples: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the identity of a picture of each sample; what isn't known is of the sample alone."""
        groups = np.array([*(row["group"] for row in self._rows[kind]), 0], np.int64)[np.maximum(numbers, -1)]
        return np.where(numbers < 0, -1 - samples, groups)


def balanced_choice(samples: NDArray, rows: NDArray, columns: NDArray, cap: int) -> NDArray[np.int64]:
    """Choose `cap` of n samples so that every row, every column and every pair of them gets nearly the same number.

    Round after round every pair gives one sample, in an order that walks down the table's diagonals; which of its
    samples a pair gives first is scattered by a hash of their numbers.

    Args:
        samples: (n,) integers.
        rows: (n,) integers, the background of each sample.
        columns: (n,) integers, the cut-out of each sample.
        cap: How many to choose.

    Returns:
        (cap,) int64 positions in `samples`, ascending.
    """
    (row_names, row), (column_names, column) = (np.unique(ids, return_inverse=True) for ids in (rows, columns))
    n_rows, n_columns = len(row_names), len(column_names)
    # Down the diagonals, each lcm(rows, columns) steps long; then the next one begins a column farther on.
    step = np.arange(n_rows * n_columns)
    turn = np.empty((n_rows, n_columns), np.int64)
    turn[step % n_rows, (step + step // math.lcm(n_rows, n_columns)) % n_columns] = step
    pair = turn[row, column]
    scattered = samples.astype(np.uint32) * _SCATTER
    by_pair = np.lexsort((scattered, pair))
    first_of_pair = np.searchsorted(pair[by_pair], pair[by_pair])
    in_turn = np.lexsort((pair[by_pair], np.arange(len(samples)) - first_of_pair))
    return np.sort(by_pair[in_turn[:cap]])
