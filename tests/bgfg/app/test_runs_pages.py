"""The page of runs: curves in one frame, evaluations side by side, and what can't be read said beside the rest."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest.importorskip("starlette", reason="the extra [app] isn't installed")
from bgfg.app.runs_pages import run_values
from bgfg.data_manifests.images.image_writing import save_png
from tests.support import references
from tests.support.app_server import app_at, fetch


def make_run(path: Path, steps: int, hostile: str = "") -> Path:
    """Write the folder of a run as `train` and `evaluate` leave it."""
    (path / "sheets").mkdir(parents=True)
    record = {
        "format": "bgfg-run",
        "options": {"model": f"two_stream{hostile}", "targets": ["mask"], "size_px": 16, "batch": 4, "lr": 0.01},
        "digest": "0" * 64,
        "steps": steps,
        "device": "cpu",
        "versions": {"bgfg": "0"},
    }
    (path / "run.json").write_text(json.dumps(record))
    rows = [f"{step},{1 / step},{0.5 + step / 100}" for step in range(1, steps + 1)]
    (path / "metrics.csv").write_text("\n".join(["step,loss,val_iou", *rows]) + "\n")
    for step in (steps // 2, steps):
        save_png(references.picture(20, 30, step), path / "sheets" / f"step_{step:07}.png")
    return path


def test_curves_share_a_frame_and_sheets_go_back_together(tmp_path: Path) -> None:
    first, second = make_run(tmp_path / "a/run", 8), make_run(tmp_path / "b/run", 16)
    content = run_values([first, second], {})["content"]
    assert [run.label for run in content.runs] == ["a/run", "b/run"]
    loss = next(chart for chart in content.charts if chart.title == "loss")
    assert [line.name for line in loss.lines] == ["a/run", "b/run"]
    assert [run.sheet_step for run in content.runs] == ["8", "16"]
    earlier = run_values([first, second], {"sheet": "1"})
    assert [run.sheet_step for run in earlier["content"].runs] == ["4", "8"]
    assert (earlier["back"], earlier["sheets"]) == (1, 2)


def test_a_run_that_cant_be_read_is_told_beside_the_others(tmp_path: Path) -> None:
    hostile = "<img src=x onerror=alert(1)>"
    good, bad = make_run(tmp_path / "good", 4, hostile), make_run(tmp_path / hostile, 4)
    (bad / "run.json").write_text("{")
    (good / "sheets/step_0000004.png").unlink()
    with app_at(runs=[good, bad, tmp_path / "gone"]) as address:
        status, text, _ = fetch(f"{address}/runs")
        assert (status, text.count('role="alert"')) == (200, 2)
        assert "<img src=x" not in text
        assert "&lt;img src=x" in text
        assert fetch(f"{address}/runs?sheet=999")[0] == fetch(f"{address}/runs?sheet=x")[0] == 200
