"""Samples are selected from columns in memory as they are from the tables on disk, and by names."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bgfg.data_manifests.corpus.records import CorpusRecords
from bgfg.data_manifests.corpus.selection import Filter, Selection, select_samples
from bgfg.data_manifests.overview.sample_columns import SampleColumns


def columns_of(corpus: Path) -> tuple[CorpusRecords, SampleColumns]:
    records = CorpusRecords.open(corpus)
    return records, SampleColumns.load(records.samples_path, records.manifest.geometry, records.assets)


@pytest.mark.parametrize(
    ("splits", "samples", "filters"),
    [
        ((), None, ()),
        (("train", "mixed"), None, ("background=0,2",)),
        ((), (5, 41), ("flipped=true", "placement!=1")),
        ((), None, ("visible_px>=20", "height_px<7")),
        ((), None, ("label=foreground", "cutout<2")),
    ],
)
def test_a_selection_is_that_of_the_tables_on_disk(
    extended: Path, splits: tuple[str, ...], samples: tuple[int, int] | None, filters: tuple[str, ...]
) -> None:
    records, columns = columns_of(extended)
    selection = Selection(splits, samples, tuple(map(Filter.parse, filters)))
    found = columns.select(selection)
    geometry = records.manifest.geometry
    if len(found):
        of_splits = select_samples(extended, records.samples_path, geometry, selection)
        assert found.tolist() == sorted(np.concatenate(list(of_splits.values())).tolist())
    assert len(columns) == len(geometry.index)


def test_names_are_found_in_any_case_by_parts_and_by_the_files_of_pictures(labelled: Path) -> None:
    records, columns = columns_of(labelled)
    index = records.manifest.geometry.index
    assert columns.select(name="BG002_fg001_01").tolist() == [index.sample(1, 1, k) for k in range(4)]
    (row,) = (row for row in records.assets.to_pylist() if row["file"] == "room3.png")
    (strip,) = (strip for strip in index.strips() if strip.background == row["id"])
    assert columns.select(name="Room3").tolist() == list(strip.samples)
    of_person = columns.select(Selection(filters=(Filter.parse("background=1"),)), name="person2")
    assert of_person.tolist() == [index.sample(1, f, k) for f in (2, 3) for k in range(4)]
    assert columns.select(name="nobody").tolist() == []
    assert columns.select(name=".*").tolist() == []  # letters, not a pattern


def test_what_was_measured_is_filtered_like_other_columns(labelled: Path) -> None:
    _, columns = columns_of(labelled)
    measured = np.full(len(columns), np.nan)
    measured[[3, 7, 9]] = (1.5, 2.5, 3.5)
    columns = columns.with_measured({"person_m": measured})
    near = Filter.parse("person_m<=2.5", columns.table.schema)
    assert columns.select(Selection(filters=(near,))).tolist() == [3, 7]
    assert "person_m" in columns.table.schema.names
