"""Tables stay whole and aligned, and JSON is JSON, whatever the values."""

from __future__ import annotations

import datetime
import json
from decimal import Decimal
from typing import Any

import pytest

from bgfg.data_manifests.terminal.console import format_cell, format_table, json_rows, json_text


def test_columns_are_aligned_and_numbers_stand_to_the_right() -> None:
    rows = [("bg001.jpeg", 7, 0.5), ("a", 1_234, None)]
    assert format_table(("name", "count", "share"), rows).splitlines() == [
        "name        count  share",
        "bg001.jpeg      7    0.5",
        "a            1234",
    ]


def test_wide_letters_take_two_columns() -> None:
    assert format_table(("file", "n"), [("部屋.png", 1), ("a.png", 2)]).splitlines() == [
        "file      n",
        "部屋.png  1",
        "a.png     2",
    ]


def test_a_long_name_stays_on_its_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "40")
    name = "a very long name " * 30 + ".png"
    assert format_table(("file", "n"), [(name, 1)]).splitlines()[1] == f"{name}  1"


def test_a_table_of_nothing_has_its_header_and_one_without_names_has_none() -> None:
    assert format_table(("a", "b"), []) == "a  b"
    assert format_table(("", ""), [("seed", "0"), ("split", "80/10/10")]).splitlines() == [
        "seed   0",
        "split  80/10/10",
    ]


def test_no_value_and_no_name_of_a_column_breaks_a_line() -> None:
    hostile = "a\nb\x1b[31m\u202e\udcff[red]"
    assert format_cell(hostile) == "a\\nb\\x1b[31m\\u202e\\udcff[red]"
    assert len(format_table((hostile,), [(hostile,)]).splitlines()) == 2


@pytest.mark.parametrize(
    ("value", "text"), [(None, ""), (True, "true"), (1_000_000, "1000000"), (0.123456789, "0.123457"), ("ü", "ü")]
)
def test_cells_tell_values_shortly(value: Any, text: str) -> None:
    assert format_cell(value) == text


@pytest.mark.parametrize("count", [0, 1, 2, 1_000, 1_001, 2_500])
def test_rows_become_one_array_of_objects_a_line_each(count: int) -> None:
    text = "".join(json_rows(("a", "b"), ((i, None) for i in range(count))))
    assert json.loads(text) == [{"a": i, "b": None} for i in range(count)]
    assert text.endswith("]\n")
    assert text.count("\n") == (count + 2 if count else 1)


def refuse(constant: str) -> None:
    raise AssertionError(f"{constant} is no JSON")


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (float("nan"), None),
        (float("-inf"), None),
        ([1, (2.5, float("inf"))], [1, [2.5, None]]),
        ({datetime.date(2020, 1, 2): b"\x00\xff"}, {"2020-01-02": "00ff"}),
        (Decimal("1.5"), 1.5),
        (datetime.timedelta(days=3), "3 days, 0:00:00"),
        (2**70, 2**70),
        ("\x00\udcff\u2028", "\x00\udcff\u2028"),
        (True, True),
    ],
)
def test_whatever_has_no_json_is_told_in_words(value: Any, expected: Any) -> None:
    text = json_text({"value": value})
    assert json.loads(text, parse_constant=refuse) == {"value": expected}
    assert text.isascii()
