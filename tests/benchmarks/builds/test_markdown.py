"""The table of two builds says who takes how many times less."""

from __future__ import annotations

from benchmarks.builds.markdown import job_rows
from benchmarks.builds.turns import Turn


def _turns(processor_s: list[float]) -> list[Turn]:
    return [Turn(seconds, 2 * seconds, 120, 10) for seconds in processor_s]


def test_a_ratio_is_that_of_the_same_turn() -> None:
    rows = job_rows("plan", "samples", {"now": _turns([1, 2, 1]), "before": _turns([2, 3, 4])}).splitlines()
    assert rows[0] == "| plan | now | 1.00 |  | 2.00 |  | 10.0 samples | 120 |"
    assert "| before | 3.00 | 2.00 × (1.50–4.00) |" in rows[1]


def test_a_row_that_one_build_cannot_run_says_so() -> None:
    turns = {"now": _turns([1]), "before": [Turn(0, 0, 0, 0, cannot="bgfg: no such command | option")]}
    assert "| before | can't: bgfg: no such command / option |" in job_rows("plan", "samples", turns)


def test_a_build_has_no_ratio_to_one_that_cannot() -> None:
    turns = {"now": [Turn(0, 0, 0, 0, cannot="no")], "before": _turns([1])}
    assert (
        job_rows("plan", "samples", turns).splitlines()[1] == "|  | before | 1.00 |  | 2.00 |  | 10.0 samples | 120 |"
    )
