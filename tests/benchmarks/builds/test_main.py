"""Turns are kept, and what is missing of them is measured."""

from __future__ import annotations

from pathlib import Path

import cv2
import pytest
from click.testing import CliRunner

from benchmarks.builds.__main__ import builds, chosen_jobs, measure
from benchmarks.builds.jobs import Job
from benchmarks.builds.process_cost import ProcessCost
from benchmarks.builds.turns import Turns
from benchmarks.timing import ROOT
from bgfg.data_manifests.terminal.errors import Problem
from tests.support import references

_COST = ProcessCost(wall_s=2, processor_s=3, memory_mb=100, said="")


def test_a_run_that_was_stopped_goes_on_with_the_next_turn(tmp_path: Path) -> None:
    path = tmp_path / "turns.json"
    asked: list[str] = []

    def contestant(name: str, limit: int) -> tuple[ProcessCost, float]:
        if len(asked) == limit:
            raise KeyboardInterrupt
        asked.append(name)
        return _COST, 7

    for limit in (3, 100):
        people = {name: lambda name=name, limit=limit: contestant(name, limit) for name in ("now", "before")}
        try:
            measure("plan", people, Turns(path, {"scale": "quick"}), 2, "job 1 of 1")
        except KeyboardInterrupt:
            assert asked == ["now", "before", "now"]
    assert asked == ["now", "before", "now", "before"]
    kept = Turns(path, {"scale": "quick"}).of("plan", "before")
    assert [(turn.processor_s, turn.wall_s, turn.memory_mb, turn.rate) for turn in kept] == [(3, 2, 100, 7)] * 2


def test_turns_of_something_else_are_not_gone_on_with(tmp_path: Path) -> None:
    measure("plan", {"now": lambda: (_COST, 7)}, Turns(tmp_path / "turns.json", {"now": "a1"}), 1, "job 1 of 1")
    with pytest.raises(Problem, match="turns are of now a1, not b2"):
        Turns(tmp_path / "turns.json", {"now": "b2"})


def test_who_cannot_do_a_job_is_asked_once_a_run(tmp_path: Path) -> None:
    asked = []

    def refuse() -> tuple[ProcessCost, float]:
        asked.append(1)
        raise Problem("no such option: --scale")

    turns = Turns(tmp_path / "turns.json", {})
    measure("plan", {"before": refuse}, turns, 3, "job 1 of 1")
    assert (asked, turns.of("plan", "before")[0].cannot) == ([1], "no such option: --scale")
    measure("plan", {"before": refuse}, Turns(tmp_path / "turns.json", {}), 3, "job 1 of 1")
    assert asked == [1, 1]


def test_jobs_are_chosen_by_how_they_begin() -> None:
    jobs = {name: Job(name, lambda _: (), "samples", lambda *_: 1.0) for name in ("large-plan", "large-show", "kit")}
    assert list(chosen_jobs(jobs, ("large", "kit"))) == list(jobs)
    assert list(chosen_jobs(jobs, ("large-s",))) == ["large-show"]
    with pytest.raises(Problem, match="--only lodge: give some of large-plan, large-show, kit"):
        chosen_jobs(jobs, ("lodge",))


@pytest.mark.slow
def test_two_builds_make_a_table(tmp_path: Path) -> None:
    for folder, picture in (("bg", references.picture(41, 37, 1)), ("fg", references.cutout(23, 11, 1))):
        (tmp_path / folder).mkdir()
        for number in range(2):
            bgr = cv2.cvtColor(picture, cv2.COLOR_RGBA2BGRA) if folder == "fg" else picture + number
            cv2.imwrite(str(tmp_path / f"{folder}/{number}.png"), bgr)
    folders = ["--bg", tmp_path / "bg", "--fg", tmp_path / "fg", "--before", ROOT, "--work", tmp_path / "work"]
    words = [str(word) for word in (*folders, "--scale", "quick", "--repeats", 1, "--only", "large-plan")]
    done = CliRunner().invoke(builds, words, catch_exceptions=False)
    assert "job 1 of 1, large-plan, turn 1 of 1, before: " in done.stderr
    again = CliRunner().invoke(builds, words, catch_exceptions=False)
    assert again.stderr == ""  # both turns are there
    rows = [line for line in again.stdout.splitlines() if line.startswith("| plan") or "| before |" in line]
    assert rows == [line for line in done.stdout.splitlines() if line in rows]
    assert rows[0].startswith("| plan: 160 samples | now |")
