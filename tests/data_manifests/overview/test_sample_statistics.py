"""Statistics of samples are those of slow counting."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bgfg.data_manifests.corpus.records import CorpusRecords
from bgfg.data_manifests.overview.sample_columns import SampleColumns
from bgfg.data_manifests.overview.sample_statistics import SampleStatistics, placement_coverage
from tests.support.tiny_corpus import H, W

BOX = st.tuples(st.integers(-9, 12), st.integers(-9, 12), st.integers(1, 14), st.integers(1, 14))


@given(st.lists(BOX, max_size=9))
def test_coverage_counts_the_boxes_over_each_pixel(boxes: list[tuple[int, int, int, int]]) -> None:
    counted = np.zeros((7, 11))
    for y, x in np.ndindex(7, 11):
        counted[y, x] = sum(bx <= x < bx + w and by <= y < by + h for bx, by, w, h in boxes)
    found = placement_coverage(np.array(boxes, np.int64).reshape(-1, 4), (7, 11))
    assert np.allclose(found * max(1, len(boxes)), counted)


def test_samples_of_one_cutout_are_counted_by_split_class_and_size(extended: Path) -> None:
    records = CorpusRecords.open(extended)
    columns = SampleColumns.load(records.samples_path, records.manifest.geometry, records.assets)
    rows = columns.table.to_pylist()
    found = SampleStatistics.of(columns, (H, W))
    assert found.samples == len(rows) == found.foreground_percent.total == found.height_px.total
    assert found.splits == dict(Counter(row["split"] for row in rows))
    assert list(found.splits.values()) == sorted(found.splits.values(), reverse=True)
    assert found.classes == {"foreground": len(rows)}
    assert found.per_sample == {1: len(rows)}
    mean = np.mean([100 * row["visible_px"] / (H * W) for row in rows])
    assert found.foreground_percent.mean == pytest.approx(mean)


def test_of_crowds_all_cutouts_count_and_their_sizes_are_summed_up_sample_by_sample() -> None:
    numbers = ["sample", "x_px", "y_px", "width_px", "height_px", "visible_px"]
    pastes = [(0, 0, 0, 2, 3, 6), (0, 1, 1, 2, 4, 4), (2, 0, 0, 1, 1, 1)]
    table = pa.table(dict(zip(numbers, zip(*pastes, strict=True), strict=True)) | {"label": ["cat", "dog", "dog"]})
    samples = pa.table({"sample": [0, 1, 2], "split": ["val", "train", "val"]})
    found = SampleStatistics.of(SampleColumns(samples, pa.table({})), (5, 4), [table])
    assert found.per_sample == {0: 1, 1: 1, 2: 1}
    assert found.classes == {"dog": 2, "cat": 1}
    assert found.height_px.total == 3
    assert found.foreground_percent.mean == pytest.approx((50 + 0 + 5) / 3)


def test_what_varies_is_counted_where_it_was_drawn() -> None:
    boxes = {name: [0, 0] for name in ("x_px", "y_px", "width_px", "height_px", "visible_px")}
    plain = {"sample": [0, 1], "split": ["val", "val"], "label": ["cat", "cat"], **boxes, "scale": [9.0, 9.0]}
    samples = pa.table({**plain, "blur_px": [0.5, 1.5], "blend": ["alpha", "poisson"]})
    pastes = pa.table({**plain, "scale": [0.5, 0.7]})
    found = SampleStatistics.of(SampleColumns(samples, pa.table({})), (8, 8), [pastes])
    assert {name: histogram.mean for name, histogram in found.varied.items()} == pytest.approx(
        {"scale": 0.6, "blur_px": 1.0}
    )
    assert found.blends == {"alpha": 1, "poisson": 1}


def test_what_nobody_says_of_imported_samples_is_left_out() -> None:
    empty = pa.array([None, 3], pa.int32())
    boxes = dict.fromkeys(("x_px", "y_px", "width_px", "height_px", "visible_px"), empty)
    table = pa.table({"sample": [0, 1], "split": ["val", "val"], "label": pa.array([None, None], pa.string()), **boxes})
    found = SampleStatistics.of(SampleColumns(table, pa.table({})), (8, 8))
    assert found.classes == {}
    assert (found.height_px.total, found.foreground_percent.total) == (1, 1)
    assert found.coverage.sum() == 9
