"""What a run has come to is read from its folder, and what isn't there is told."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bgfg.data_manifests.images.image_writing import save_png
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.overview.evaluation_report import ReportTable, side_by_side
from bgfg.train.overview.run_overview import RunOverview

REPORT = """# Evaluation

- run: first, after 20 steps
- corpus: c, digest 0b5b

## Summary

| cell | contestant | mask IoU |
| --- | --- | --- |
| A: seen | net | 0.810 |
| D: both new | net | **0.8** <b>x</b> |

## Samples

| cell | samples |
| --- | --- |
| A | 2 of 2 |

## Notes

- A: seen pictures,
  at new places.
- IoU in brackets.
"""


def make_run(path: Path, evaluation: bool = True, **other: Any) -> Path:
    path.mkdir()
    options = {"model": "tiny", "targets": ["mask"], "size_px": 16, "batch": 4, "data": {}, "log": ["csv"], "lr": 0.01}
    record = {"format": "bgfg-run", "version": 1, "options": options, "digest": "ab" * 32, "steps": 20}
    record |= {"device": "cpu", "versions": {"bgfg": "0.1"}, **other}
    (path / "run.json").write_text(json.dumps(record))
    (path / "metrics.csv").write_text("step,loss,val_iou\n10,0.5,\n20,0.25,0.75\n")
    (path / "sheets").mkdir()
    for step in (20, 10):
        save_png(np.full((4, 5, 3), step, np.uint8), path / f"sheets/step_{step:07}.png")
    if evaluation:
        folder = path / "evaluation-0b5b"
        folder.mkdir()
        (folder / "report.json").write_text(json.dumps({"format": "bgfg-evaluation"}))
        (folder / "report.md").write_text(REPORT)
        save_png(np.zeros((4, 5, 3), np.uint8), folder / "cases.png")
    return path


def test_facts_curves_sheets_and_evaluations_are_read(tmp_path: Path) -> None:
    run = RunOverview.load(make_run(tmp_path / "first", classes=["cat", "dog"]))
    facts = dict(run.facts)
    assert (run.name, facts["steps"], facts["classes"]) == ("first", "20 of 20", "cat, dog")
    assert dict(run.options)["lr"] == "0.01"
    assert "data" not in dict(run.options)
    assert run.curves == {"loss": {"loss": [(10, 0.5), (20, 0.25)]}, "mask IoU": {"val_iou": [(20, 0.75)]}}
    assert [sheet.name for sheet in run.sheets] == ["step_0000010.png", "step_0000020.png"]
    (report,) = run.evaluations
    assert report.about == ("run: first, after 20 steps", "corpus: c, digest 0b5b")
    assert report.notes == ("A: seen pictures, at new places.", "IoU in brackets.")
    assert report.tables[1] == ReportTable("Samples", ("cell", "samples"), (("A", "2 of 2"),))
    assert report.tables[0].rows[1] == ("D: both new", "net", "**0.8** <b>x</b>")  # as it is written
    assert [picture.name for picture in report.pictures] == ["cases.png"]
    assert run.notes == ()


def test_summaries_of_several_runs_stand_side_by_side(tmp_path: Path) -> None:
    paths = [make_run(tmp_path / name) for name in ("first", "second")]
    report = paths[1] / "evaluation-0b5b/report.md"
    report.write_text(report.read_text().replace("**0.8**", "**0.7**"))
    runs = [RunOverview.load(path) for path in paths]
    (table,) = side_by_side([(run.name, report) for run in runs for report in run.evaluations])
    assert table.head == ("run", "cell", "contestant", "mask IoU")
    assert [row[:2] for row in table.rows] == [
        ("first, second", "A: seen"), ("first", "D: both new"), ("second", "D: both new")
    ]  # fmt: skip


def test_what_is_not_there_or_damaged_is_a_note(tmp_path: Path) -> None:
    path = make_run(tmp_path / "begun", evaluation=False)
    (path / "metrics.csv").unlink()
    for sheet in (path / "sheets").iterdir():
        sheet.unlink()
    run = RunOverview.load(path)
    assert (run.rows, run.sheets, run.evaluations, run.curves) == ((), (), (), {})
    assert len(run.notes) == 3
    assert any("bgfg evaluate" in note for note in run.notes)
    broken = make_run(tmp_path / "broken")
    (broken / "metrics.csv").write_text("step,loss\n10,what\n")
    (broken / "evaluation-0b5b/report.md").write_bytes(b"\xff")
    notes = RunOverview.load(broken).notes
    assert "line 2 is no row of figures" in notes[0]
    assert "report.md: can't be read" in notes[1]


@pytest.mark.parametrize("step", ["inf", "nan", "-1", "0.5", "1e99"])
def test_steps_that_are_none_are_told(tmp_path: Path, step: str) -> None:
    path = make_run(tmp_path / "run")
    (path / "metrics.csv").write_text(f"step,loss\n1,0.5\n{step},0.25\n")
    run = RunOverview.load(path)
    assert run.rows == ()
    assert "line 3 is no row of figures" in run.notes[0]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "not a run, no run.json in it"),
        ("{", "not readable as JSON"),
        ('{"format": "bgfg-run", "options": {"model": 3}}', "damaged, or of something else"),
    ],
)
def test_what_is_no_run_is_told(tmp_path: Path, content: str | None, said: str) -> None:
    if content is not None:
        (tmp_path / "run.json").write_text(content)
    with pytest.raises(Problem, match=said):
        RunOverview.load(tmp_path)
