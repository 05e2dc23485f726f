"""Statistics of the samples of a corpus by its tables alone: where cut-outs stand, how large, and of what kinds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from bgfg.data_manifests.corpus.sample_table import BOX_COLUMNS
from bgfg.data_manifests.overview.histogram import Histogram
from bgfg.data_manifests.overview.sample_columns import SampleColumns
from bgfg.data_manifests.placement.variety import IN_THOUSANDTHS


@dataclass(frozen=True)
class SampleStatistics:
    """Statistics of samples.

    Attributes:
        samples: How many samples there are.
        coverage: (H, W) float64, share of the cut-outs whose box covers each pixel.
        foreground_percent: How much of a picture is foreground, of each sample.
        height_px: Height of each cut-out as it is pasted.
        splits: Split -> how many samples are in it, in the order of their counts.
        classes: Class -> how many cut-outs are of it, likewise.
        per_sample: How many cut-outs samples have -> how many samples.
        varied: Name of what varies in numbers, of a cut-out or of a sample -> what was drawn; empty where nothing does.
        blends: Way of blending -> how many samples have it; empty where all are blended alike.
    """

    samples: int
    coverage: NDArray[np.float64]
    foreground_percent: Histogram
    height_px: Histogram
    splits: dict[str, int]
    classes: dict[str, int]
    per_sample: dict[int, int]
    varied: dict[str, Histogram]
    blends: dict[str, int]

    @classmethod
    def of(
        cls, columns: SampleColumns, frame_px: tuple[int, int], pastes: Sequence[pa.Table] | None = None
    ) -> SampleStatistics:
        """Count over all samples.

        Args:
            columns: The columns of the samples.
            frame_px: Height and width of a picture.
            pastes: The rows of instances.parquet; None where samples have one cut-out each.
        """
        cutouts = columns.table if pastes is None else pa.concat_tables(pastes)
        boxes = np.stack([_numbers(cutouts, name) for name in BOX_COLUMNS], axis=-1)
        seen = ~np.isnan(boxes).any(axis=-1)
        visible_px = _numbers(cutouts, "visible_px")
        pictures = np.ones(len(columns), int)
        if pastes is not None:  # samples are numbered from 0 on without a gap
            of_sample = cutouts["sample"].to_numpy()
            visible_px = np.bincount(of_sample, np.nan_to_num(visible_px), len(columns)).astype(np.float64)
            pictures = np.bincount(of_sample, minlength=len(columns))
        height_px, width_px = frame_px
        counts = np.bincount(pictures)
        return cls(
            len(columns),
            placement_coverage(boxes[seen].astype(np.int64), frame_px),
            Histogram.of(100 * visible_px / (height_px * width_px)),
            Histogram.of(boxes[seen, 3]),
            _counted(columns.table["split"]),
            _counted(cutouts["label"]),
            {number: int(counts[number]) for number in np.flatnonzero(counts).tolist()},
            _varied(columns.table, cutouts),
            _counted(columns.table["blend"]) if "blend" in columns.table.column_names else {},
        )


def placement_coverage(boxes: NDArray[np.int64], frame_px: tuple[int, int]) -> NDArray[np.float64]:
    """Return which share of boxes covers each pixel of a frame.

    Args:
        boxes: (n, 4), x, y, width and height in px; they may reach beyond the frame.
        frame_px: Height H and width W of the frame.

    Returns:
        (H, W), 0 to 1.
    """
    height_px, width_px = frame_px
    left, right = (np.clip(x, 0, width_px) for x in (boxes[:, 0], boxes[:, 0] + boxes[:, 2]))
    top, bottom = (np.clip(y, 0, height_px) for y in (boxes[:, 1], boxes[:, 1] + boxes[:, 3]))
    # A box is +1 at two of its corners and -1 at the others: summed up along both axes, that is 1 within it.
    corners = np.zeros((height_px + 1) * (width_px + 1), np.int64)
    for y, x, sign in ((top, left, 1), (top, right, -1), (bottom, left, -1), (bottom, right, 1)):
        corners += sign * np.bincount(y * (width_px + 1) + x, minlength=corners.size)
    covered = corners.reshape(height_px + 1, width_px + 1).cumsum(axis=0).cumsum(axis=1)
    return covered[:-1, :-1] / max(1, len(boxes))


def _varied(samples: pa.Table, cutouts: pa.Table) -> dict[str, Histogram]:
    found = {}
    for name in IN_THOUSANDTHS:
        table = cutouts if name in cutouts.column_names else samples
        if name in table.column_names:
            found[name] = Histogram.of(_numbers(table, name))
    return found


def _numbers(table: pa.Table, name: str) -> NDArray[np.float64]:
    """Return a column of numbers, NaN where a cell is empty."""
    return np.asarray(table[name].cast(pa.float64()).to_numpy())


def _counted(column: pa.ChunkedArray) -> dict[str, int]:
    """Return how often each text is in a column, the most frequent first; empty cells are left out."""
    found = {each["values"]: each["counts"] for each in column.drop_null().value_counts().to_pylist()}
    return dict(sorted(found.items(), key=lambda pair: (-pair[1], pair[0])))
