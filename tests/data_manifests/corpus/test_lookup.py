"""A sample or picture is found by its number and by every spelling of its names; whatever isn't there is one line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from bgfg.data_manifests.corpus.lookup import look_up
from bgfg.data_manifests.corpus.records import CorpusRecords
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.plan.options import PlanOptions
from bgfg.synth.plan.plan import plan_corpus
from tests.support.resealed_tables import fill_column
from tests.support.table_rows import table_rows

LAST = "bg003_fg002_01_004.jpeg"


def test_every_sample_is_found_by_its_number_and_by_each_of_its_names(planned: Path) -> None:
    records, assets = CorpusRecords.open(planned), table_rows(planned, "assets")
    for row in table_rows(planned, "samples"):
        made_of = assets[row["background"]], assets[3 + row["cutout"]]
        by_number = look_up(records, str(row["sample"]))
        assert (by_number.sample, by_number.background, by_number.cutout) == (row, *made_of)
        for name in (row["image_name"], row["mask_name"], row["depth_name"]):
            stem = name.partition(".")[0]
            for text in (name, stem, f"a.folder/{stem}"):
                entry = look_up(records, text)
                assert (entry.name, entry.sample, entry.deviations) == (name, row, ())
                assert (entry.background, entry.cutout) == made_of


def test_every_picture_is_found_by_its_name(planned: Path) -> None:
    records = CorpusRecords.open(planned)
    for row in table_rows(planned, "assets"):
        for text in (row["name"], row["name"].partition(".")[0], row["name"].replace("fg", "frg")):
            entry = look_up(records, text)
            assert entry.sample is None
            assert (entry.background, entry.cutout) == ((row, None) if row["kind"] == "background" else (None, row))


@pytest.mark.parametrize(
    ("text", "name", "deviations"),
    [
        ("BG2_fg1_01_3", "bg002_fg001_01_003.jpeg", ("missing zeros",)),
        ("bg002 fg001 01 003.JPG", "bg002_fg001_01_003.jpeg", ("spaces in the name", "suffix .JPG, not .jpeg")),
        ("bg_002_fg_001_01_003_depth_map_003.png", "bg_002_fg_001_01_003_depth_map_003.jpeg", ()),
        ("frg1", "fg001.png", ("missing zeros",)),
        ("img002", "bg002.jpeg", ("the form img001",)),
        ("img002.png", "fg002.png", ("the form img001",)),
        ("bg002.png", "bg002.jpeg", ("suffix .png, not .jpeg",)),
        ("0007", "bg001_fg001_01_004.jpeg", ()),
    ],
)
def test_other_spellings_are_read_and_said(planned: Path, text: str, name: str, deviations: tuple[str, ...]) -> None:
    entry = look_up(CorpusRecords.open(planned), text)
    assert (entry.name, entry.deviations) == (name, deviations)
    assert ("read as" in entry.to_text()) == bool(deviations)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("48", "48: {} has the samples 0 to 47"),
        ("9" * 6_000, "9" * 255 + ": {} has the samples 0 to 47"),
        ("bg004", f"bg004: not in {{}}, whose last sample is {LAST}"),
        ("fg003_01.png", f"fg003_01.png: not in {{}}, whose last sample is {LAST}"),
        ("bg001_fg001_005.jpeg", f"bg001_fg001_005.jpeg: not in {{}}, whose last sample is {LAST}"),
        ("bg001_fg003_001_mask", f"bg001_fg003_001_mask: not in {{}}, whose last sample is {LAST}"),
        ("bg000", "bg000: neither a number nor a name: give a sample, such as 0 or"),
        ("cat.png", "cat.png: neither a number nor a name"),
        ("", ": neither a number nor a name"),
        ("-1", "-1: neither a number nor a name"),
        ("٣", "٣: neither a number nor a name"),
        ("bg" + "9" * 6_000, "bg" + "9" * 253 + ": neither a number nor a name"),
        ("a\nb", r"a\nb: neither a number nor a name"),
    ],
)
def test_what_is_not_there_is_one_line(planned: Path, text: str, line: str) -> None:
    with pytest.raises(Problem) as caught:
        look_up(CorpusRecords.open(planned), text)
    assert str(caught.value).startswith(line.format(planned))
    assert (len(caught.value.lines), caught.value.exit_code) == (1, 2)


def test_one_sample_reads_one_row_group(planned: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    records, groups = CorpusRecords.open(planned), []
    read = pq.ParquetFile.read_row_group

    def counted(file: pq.ParquetFile, number: int, **options: Any) -> Any:
        groups.append(number)
        return read(file, number, **options)

    monkeypatch.setattr(pq.ParquetFile, "read_row_group", counted)
    assert look_up(records, "20").sample is not None
    assert groups == [1]


def test_a_picture_names_its_near_duplicates(sources: Path, options: PlanOptions, tmp_path: Path) -> None:
    for name in ("bg", "fg"):
        (tmp_path / name).mkdir()
    for copy in ("a", "b"):
        (tmp_path / f"bg/{copy}.png").write_bytes((sources / "bg/room1.png").read_bytes())
        (tmp_path / f"fg/{copy}.png").write_bytes((sources / "fg/person1.png").read_bytes())
    plan = PlanOptions(tmp_path / "bg", tmp_path / "fg", height_px=13, width_px=17, cutout_height_px=7, placements=1)
    plan_corpus(tmp_path / "corpus", plan, replace=False, workers=1)
    records = CorpusRecords.open(tmp_path / "corpus")
    assert look_up(records, "bg001").near_duplicates == ("bg002.jpeg",)
    assert look_up(records, "fg002").near_duplicates == ("fg001.png",)
    assert look_up(records, "fg002_01").near_duplicates == ("fg001.png",)
    assert "near-duplicates  fg001.png" in look_up(records, "fg002").to_text()


def test_the_words_about_a_sample_say_what_it_is_made_of(planned: Path) -> None:
    lines = look_up(CorpusRecords.open(planned), "17").to_text().splitlines()
    assert lines[0].split() == ["sample", "17"]
    assert any(line.startswith("background") and "bg002.jpeg" in line and "room2.png" in line for line in lines)
    assert any(line.startswith("cutout") and "fg001.png" in line and "person1.png" in line for line in lines)


def test_hostile_names_of_a_resealed_table_break_no_line(planned: Path, copy_of: Callable[[Path], Path]) -> None:
    corpus = copy_of(planned)
    fill_column(corpus, "assets.parquet", "file", "a\n\x1b[2Jb\u202e")
    plain = look_up(CorpusRecords.open(planned), "3").to_text().splitlines()
    harmed = look_up(CorpusRecords.open(corpus), "3").to_text().splitlines()
    assert len(harmed) == len(plain)
    assert r"from a\n\x1b[2Jb\u202e)" in "".join(harmed)
