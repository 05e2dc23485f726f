"""The rows of a listing are those that a slow filter over all rows finds; damaged records are one line."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bgfg.data_manifests.corpus.records import CorpusRecords, TableQuery
from bgfg.data_manifests.terminal.errors import Problem
from tests.support.resealed_tables import drop_column, fill_column
from tests.support.table_rows import table_rows

Row = dict[str, Any]


@pytest.mark.parametrize(
    ("table", "where", "split", "columns", "meets"),
    [
        ("samples", (), (), None, lambda _: True),
        ("samples", ("visible_px>=20",), ("val", "mixed"), "split,sample",
         lambda row: row["visible_px"] >= 20 and row["split"] in ("val", "mixed")),
        ("samples", ("background=2", "placement!=1"), (), "sample , depth_name",
         lambda row: row["background"] == 2 and row["placement"] != 1),
        ("samples", ("background=77",), (), None, lambda _: False),
        ("assets", (), (), None, lambda _: True),
        ("assets", ("kind=cutout", "id<2"), (), "name", lambda row: row["kind"] == "cutout" and row["id"] < 2),
        ("assets", (), ("train",), "split,name", lambda row: row["split"] == "train"),
        ("assets", (), ("seen",), None, lambda _: False),
    ],
)  # fmt: skip
def test_a_listing_has_the_rows_and_columns_that_are_asked_for(
    planned: Path, table: str, where: tuple[str, ...], split: tuple[str, ...], columns: str | None, meets: Callable
) -> None:
    records, listing = CorpusRecords.open(planned), TableQuery.parse(table, where, split, columns, every_column=True)
    every = table_rows(planned, table)
    names = list(every[0]) if columns is None else [name.strip() for name in columns.split(",")]
    expected = [tuple(row[name] for name in names) for row in every if meets(row)]
    assert list(listing.columns) == names
    assert list(listing.rows(records)) == expected
    assert listing.count(records) == len(expected)


def test_people_are_spared_hashes_and_names_of_the_same_thing() -> None:
    listing = TableQuery.parse("assets", (), (), None, every_column=False)
    assert listing.columns == (
        "kind", "id", "name", "file", "flip_of", "width_px", "height_px", "depth_file", "group", "split", "label",
        "focal_px", "focal_from",
    )  # fmt: skip
    assert TableQuery.parse("samples", (), (), None, every_column=False).columns[-2:] == ("label", "image_name")
    assert TableQuery.parse("assets", (), (), "sha256,sha256", every_column=False).columns == ("sha256",)


@pytest.mark.parametrize(
    ("table", "columns", "line"),
    [
        ("samples", "sample,colour", "--columns sample,colour: no column 'colour' in samples; there are sample, back"),
        ("assets", "visible_px", "--columns visible_px: no column 'visible_px' in assets; there are kind, id"),
        ("assets", "", "--columns : no column '' in assets"),
    ],
)
def test_a_column_that_is_not_there_is_one_line(table: str, columns: str, line: str) -> None:
    with pytest.raises(Problem) as caught:
        TableQuery.parse(table, (), (), columns, every_column=False)
    assert str(caught.value).startswith(line)
    assert caught.value.exit_code == 2


def overwrite(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


DAMAGES: dict[str, tuple[Callable[[Path], Any], str]] = {
    "no corpus": (shutil.rmtree, "not a planned corpus, no manifest/corpus.json in it"),
    "samples missing": (lambda c: (c / "manifest/samples.parquet").unlink(), "samples.parquet: missing: restore it"),
    "assets missing": (lambda c: (c / "manifest/assets.parquet").unlink(), "assets.parquet: missing: restore it"),
    "a flipped bit": (lambda c: overwrite(c / "manifest/assets.parquet"), "assets.parquet: changed since it was"),
    "cut short": (lambda c: (c / "manifest/assets.parquet").write_bytes(b"PAR1"), "assets.parquet: changed since"),
    "a manifest cut short": (lambda c: (c / "manifest/corpus.json").write_text('{"'), "not readable as JSON"),
    "another column": (lambda c: drop_column(c, "assets.parquet", "id"), "its columns or rows aren't those"),
    "other rows": (lambda c: fill_column(c, "assets.parquet", "id", 7), "its columns or rows aren't those"),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_corpus_without_sound_records_is_one_line(
    planned: Path, copy_of: Callable[[Path], Path], damage: str
) -> None:
    corpus = copy_of(planned)
    harm, line = DAMAGES[damage]
    harm(corpus)
    with pytest.raises(Problem) as caught:
        CorpusRecords.open(corpus)
    assert line in str(caught.value)
    assert (len(caught.value.lines), caught.value.exit_code) == (1, 2 if damage == "no corpus" else 1)


@pytest.mark.parametrize(("file", "line"), [("run.json", "a run, not a corpus"), ("kit.json", "a kit, from which")])
def test_what_else_bgfg_made_is_called_what_it_is(tmp_path: Path, file: str, line: str) -> None:
    (tmp_path / file).write_text("{}")
    with pytest.raises(Problem, match=rf"^{tmp_path}: {line}"):
        CorpusRecords.open(tmp_path)


def test_a_flipped_bit_in_the_samples_is_one_line_when_they_are_read(
    planned: Path, copy_of: Callable[[Path], Path]
) -> None:
    corpus = copy_of(planned)
    overwrite(corpus / "manifest/samples.parquet")
    records = CorpusRecords.open(corpus)
    for read in (lambda: records.sample(0), lambda: list(records.iter_strips(("split",)))):
        with pytest.raises(Problem, match=r"samples.parquet: changed since it was planned: restore it, or run"):
            read()


def test_samples_of_another_shape_are_one_line_when_they_are_read(
    planned: Path, copy_of: Callable[[Path], Path]
) -> None:
    corpus = copy_of(planned)
    drop_column(corpus, "samples.parquet", "visible_px")
    records = CorpusRecords.open(corpus)
    for read in (lambda: records.sample(3), lambda: list(records.iter_strips(("split",)))):
        with pytest.raises(Problem, match=r"samples.parquet: its columns or rows aren't those of this corpus"):
            read()


def test_assets_are_found_by_kind_and_number(planned: Path) -> None:
    records = CorpusRecords.open(planned)
    for row in table_rows(planned, "assets"):
        assert records.asset(row["kind"], row["id"]) == row
