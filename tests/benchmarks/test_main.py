"""The benchmarks run through; no speed is held to anything here."""

from __future__ import annotations

import json
import multiprocessing
from pathlib import Path

import cv2
import pytest
from click.testing import CliRunner

from benchmarks.__main__ import benchmarks
from benchmarks.compose_peers import WRITERS
from benchmarks.read import READERS
from tests.support import references


@pytest.mark.slow  # the contestants are held to one another in tests of their own
def test_quick_measures_every_job_and_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Contestants are processes of their own; as forks they needn't import everything again.
    forking = multiprocessing.get_context("fork")
    monkeypatch.setattr(multiprocessing, "get_context", lambda _method: forking)
    for folder in ("bg", "fg", "work"):
        (tmp_path / folder).mkdir()
    for number in range(2):
        cv2.imwrite(str(tmp_path / f"bg/{number}.png"), references.picture(41, 37, number))
        cutout = cv2.cvtColor(references.cutout(23, 11, number), cv2.COLOR_RGBA2BGRA)
        cv2.imwrite(str(tmp_path / f"fg/{number}.png"), cutout)
    options = ["--bg", tmp_path / "bg", "--fg", tmp_path / "fg", "--work", tmp_path / "work"]
    limits = ["--quick", "--repeats", 1, "--workers", 1, "--only", "compose,read,commands"]
    words = [str(word) for word in (*options, *limits, "--json", tmp_path / "results.json")]
    done = CliRunner().invoke(benchmarks, words, catch_exceptions=False)
    assert done.exit_code == 0, done.stderr
    assert list((tmp_path / "work").iterdir()) == []
    rows = json.loads((tmp_path / "results.json").read_text())["rows"]
    expected = {"bgfg compose", "bgfg label", *WRITERS, *READERS, "bgfg --help", "import bgfg", "bgfg plan"}
    assert expected < {row["contestant"] for row in rows}
    for row in rows:
        assert min(row["values"]) > 0
        assert f"| {row['job']} | {row['contestant']} |" in done.stdout
        assert row["bytes_per_sample"] is None or row["bytes_per_sample"] > 0
        assert all(against["ratio"]["least"] > 0 for against in row["against"].values())


def test_what_cannot_be_measured_is_refused_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "bg").mkdir()
    for options, said in ((["--bg", str(tmp_path / "bg")], "go together"), (["--only", "dreams"], "'dreams'")):
        done = CliRunner().invoke(benchmarks, ["--quick", *options])
        assert done.exit_code == 2
        assert said in done.stderr
