"""Problems are printable lines, also after a journey between processes."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bgfg.data_manifests.terminal.errors import Problem, counted, lines_by_reason, printable


@given(st.text(st.characters(codec=None)))
def test_anything_becomes_one_line_of_utf8(text: str) -> None:
    line = printable(text)
    line.encode("utf-8")
    assert line.isprintable()


@pytest.mark.parametrize("name", ["bg 1.png", "ü#'\".png", "日本.jpeg"])
def test_ordinary_names_stay_as_they_are(name: str) -> None:
    assert printable(name) == name


def test_what_is_counted_fits_its_number() -> None:
    assert [counted(number, "cut-out") for number in (0, 1, 1_200)] == ["0 cut-outs", "1 cut-out", "1,200 cut-outs"]


def test_files_with_one_reason_share_a_line() -> None:
    found = [("a.png", "empty"), *((f"{n}.png", "opaque") for n in range(7))]
    assert lines_by_reason(found) == [
        "a.png: empty",
        "7 pictures (0.png, 1.png, 2.png, 3.png, 4.png and 2 more): opaque",
    ]


def test_of_a_line_that_is_far_too_long_the_middle_is_left_out() -> None:
    [line] = Problem(f"corpus.json: {'9' * 5_000}: restore it").lines
    assert len(line) == 2_000
    assert line.startswith("corpus.json: 99")
    assert " ... 9" in line
    assert line.endswith("9: restore it")


def test_a_problem_survives_pickling() -> None:
    again = pickle.loads(pickle.dumps(Problem("one", "two", exit_code=2)))
    assert (again.lines, again.exit_code) == (("one", "two"), 2)
