"""`bgfg show`: each way prints what its room gives, as JSON too; wrong calls are one line."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from bgfg.data_manifests.cli.show import show
from bgfg.data_manifests.terminal.errors import Problem
from tests.support.resealed_tables import fill_column
from tests.support.table_rows import table_rows


def run(corpus: Path, *arguments: object) -> Result:
    return CliRunner().invoke(show, [str(corpus), *map(str, arguments)])


def told(corpus: Path, *arguments: object) -> Any:
    """Return what is printed as JSON: nothing but that, on stdout alone."""
    result = run(corpus, *arguments, "--json")
    assert result.exception is None
    assert result.stderr == ""
    return json.loads(result.stdout)


def test_without_more_it_says_what_the_corpus_is(labelled: Path) -> None:
    result = run(labelled)
    assert result.stdout.startswith(f"{labelled}: 3 backgrounds x 2 cut-outs x 2 (flips) x 4 placements = 48 samples")
    assert told(labelled)["manifest"]["N"] == 48


@pytest.mark.parametrize("what", ["17", "bg002_fg001_002", "bg2_fg1_2_mask.PNG", "bg_002_fg_001_002_depth_map_002"])
def test_a_sample_is_shown_by_number_and_name(planned: Path, what: str) -> None:
    row = table_rows(planned, "samples")[17]
    printed = run(planned, what).stdout
    assert all(str(value) in printed for value in (row["image_name"], row["split"], row["x_px"]))
    assert told(planned, what)["sample"] == row


def test_a_picture_is_shown_by_name(planned: Path) -> None:
    row = next(row for row in table_rows(planned, "assets") if row["name"] == "fg002_01.png")
    assert row["sha256"] in run(planned, "fg002_01").stdout
    assert told(planned, "fg002_01")["cutout"] == row


@pytest.mark.parametrize("table", ["assets", "samples"])
def test_a_table_is_listed_whole_as_json_and_shortened_for_people(planned: Path, table: str) -> None:
    rows = table_rows(planned, table)
    assert told(planned, "--table", table) == rows
    assert told(planned, "--table", table, "--limit", 2) == rows[:2]
    result = run(planned, "--table", table, "--limit", 5)
    assert len(result.stdout.splitlines()) == 6
    assert result.stderr == f"rows: 5 of {len(rows)}; --limit N shows more\n"
    assert run(planned, "--table", table).stderr == f"rows: {len(rows)} of {len(rows)}\n"


def test_people_see_fifty_rows_of_many(planned: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bgfg.data_manifests.cli.show._DEFAULT_ROWS", 30)
    assert run(planned, "--table", "samples").stderr == "rows: 30 of 48; --limit N shows more\n"


def test_filters_splits_and_columns_hold_together(planned: Path) -> None:
    given = ("--table", "samples", "--where", "placement!=0", "--where", "cutout=1,2", "--split", "mixed")
    expected = [
        {"split": row["split"], "sample": row["sample"]}
        for row in table_rows(planned, "samples")
        if row["placement"] and row["cutout"] in (1, 2) and row["split"] == "mixed"
    ]
    assert expected
    assert told(planned, *given, "--columns", "split,sample") == expected
    assert told(planned, "--table", "samples", "--where", "background=9") == []


def test_file_names_stay_whole_and_on_one_line(planned: Path, copy_of: Callable[[Path], Path]) -> None:
    corpus, name = copy_of(planned), "a very long name\n" * 20 + ".png"
    fill_column(corpus, "assets.parquet", "file", name)
    result = run(corpus, "--table", "assets")
    assert len(result.stdout.splitlines()) == 8
    assert result.stdout.count("a very long name\\n" * 20 + ".png") == 7
    assert told(corpus, "--table", "assets")[0]["file"] == name


@pytest.mark.parametrize(
    ("arguments", "line", "exit_code"),
    [
        (["48"], "48: {} has the samples 0 to 47", 2),
        (["bg004"], "bg004: not in {}", 2),
        (["3", "--table", "assets"], "a sample or name and --table: give one of them", 2),
        (["--table", "assets", "--sql", "SELECT 1"], "--table and --sql: give one of them", 2),
        (["--where", "id=3"], "--where: goes with a table: add --table assets or --table samples", 2),
        (["--split", "val", "--sql", "SELECT 1"], "--split: goes with a table", 2),
        (["3", "--columns", "id"], "--columns: goes with a table", 2),
        (["--limit", "3"], "--limit 3: goes with --table or --sql", 2),
        (["--table", "samples", "--columns", "colour"], "--columns colour: no column 'colour' in samples", 2),
        (["--table", "assets", "--where", "visible_px=1"], "--where visible_px=1: no column 'visible_px'", 2),
    ],
)
def test_a_wrong_call_is_one_line(planned: Path, arguments: list[str], line: str, exit_code: int) -> None:
    result = run(planned, *arguments)
    assert isinstance(result.exception, Problem)
    assert str(result.exception).startswith(line.format(planned))
    assert (len(result.exception.lines), result.exception.exit_code, result.stdout) == (1, exit_code, "")


@pytest.mark.parametrize("arguments", [[], ["3"], ["--table", "assets"], ["--table", "samples", "--json"]])
def test_a_damaged_corpus_prints_nothing_but_its_line(
    planned: Path, copy_of: Callable[[Path], Path], arguments: list[str]
) -> None:
    corpus = copy_of(planned)
    (corpus / "manifest/samples.parquet").unlink()
    for path, line, code in (
        (corpus, "samples.parquet: missing", 1),
        (corpus / "manifest", "not a planned corpus", 2),
    ):
        result = run(path, *arguments)
        assert isinstance(result.exception, Problem)
        assert line in str(result.exception)
        assert (result.exception.exit_code, result.stdout) == (code, "")


def test_without_duckdb_the_extra_is_named(planned: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)
    result = run(planned, "--sql", "SELECT 1")
    assert str(result.exception) == "--sql needs DuckDB: pip install 'bgfg[sql]'"


def test_sql_is_printed_like_a_table(planned: Path) -> None:
    pytest.importorskip("duckdb", reason="the extra [sql] isn't installed")
    query = ("--sql", "SELECT background, count(*) AS n FROM samples GROUP BY background ORDER BY background")
    assert run(planned, *query).stdout.splitlines() == [
        "background   n", "         0  16", "         1  16", "         2  16",
    ]  # fmt: skip
    assert run(planned, *query, "--limit", 2).stderr == "rows: 2; --limit N shows more\n"
    assert told(planned, *query, "--limit", 1) == [{"background": 0, "n": 16}]
    assert told(planned, "--sql", "SELECT 'NaN'::DOUBLE AS a, 0.5 AS b, now()::DATE - 1 < now()::DATE AS c") == [
        {"a": None, "b": 0.5, "c": True}
    ]
