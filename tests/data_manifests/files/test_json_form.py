"""JSON of others is held to its form, and what doesn't fit is named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bgfg.data_manifests.files import json_form
from bgfg.data_manifests.files.json_form import is_count, is_distance_m, is_share, misfit, parse_json, read_json

FORM = {
    "name": str,
    "size_px?": int,
    "depth?": (None, {"near_m": is_distance_m}),
    "parts?": [float],
    "free?": {str: int},
}


@pytest.mark.parametrize(
    "value",
    [
        {"name": "a"},
        {"name": "a", "size_px": 3, "depth": None, "parts": [1, 2.5], "free": {"b": 1}, "of a later version": []},
        {"name": "a", "depth": {"near_m": 0.1}},
    ],
)
def test_what_fits_is_let_through(value: Any) -> None:
    assert misfit(value, FORM) == ""


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ([], "it is []"),
        ({}, "it.name is missing"),
        ({"name": 3}, "it.name is 3"),
        ({"name": "a", "size_px": True}, "it.size_px is True"),
        ({"name": "a", "size_px": 2.5}, "it.size_px is 2.5"),
        ({"name": "a", "depth": {"near_m": float("nan")}}, "it.depth.near_m is nan"),
        ({"name": "a", "depth": {}}, "it.depth.near_m is missing"),
        ({"name": "a", "parts": [1, "x"]}, "it.parts[1] is 'x'"),
        ({"name": "a", "parts": 1}, "it.parts is 1"),
        ({"name": "a", "free": {"b": None}}, "it.free.b is None"),
        ({"name": "a" * 100, "free": "b" * 100}, "it.free is '" + "b" * 56 + "..."),
    ],
)
def test_what_does_not_fit_is_named(value: Any, said: str) -> None:
    assert misfit(value, FORM) == said


def test_numbers_have_their_bounds() -> None:
    assert [is_count(value) for value in (0, 2**53, -1, 2**60, 1.0, True, "1")] == [True, True] + [False] * 5
    assert [is_share(value) for value in (0, 0.5, 1, -0.1, float("nan"), None)] == [True] * 3 + [False] * 3
    assert [is_distance_m(value) for value in (1e-6, 3, 0, float("inf"), "1")] == [True, True, False, False, False]


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, b"\xff"])
def test_what_is_no_json_or_too_deep_is_one_kind_of_error(text: str | bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        parse_json(text)


def test_what_is_deep_is_refused_before_others_meet_it() -> None:
    assert parse_json("[" * 50 + "]" * 50)
    with pytest.raises(ValueError, match="nested too deeply"):
        parse_json("[" * 100 + "]" * 100)


def test_a_file_is_read_or_refused_by_one_kind_of_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.json"
    path.write_text('{"ü": 1}', encoding="utf-8")
    assert read_json(path) == {"ü": 1}
    path.write_bytes(b'{"\xff": 1}')
    with pytest.raises(ValueError, match="utf-8"):
        read_json(path)
    monkeypatch.setattr(json_form, "_MOST_BYTES", 3)
    with pytest.raises(ValueError, match="more than 3 bytes"):
        read_json(path)
