"""Where figures go: a table that can be cut back, TensorBoard, Weights & Biases."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.engine.loggers import CsvLogger, Loggers, TensorBoardLogger, WandbLogger, read_metrics
from tests.support.doors import refusal
from tests.support.evaluation_corpus import make_evaluation_corpus


def test_every_number_reads_back_as_it_was(tmp_path: Path) -> None:
    path = tmp_path / "run" / "metrics.csv"
    rows = [{"loss": 0.1 + 0.2, "lr": 1e-300}, {"loss": -0.0, "lr": 3.0}, {"lr": 2.0**60}, {"loss": 1 / 3}]
    metrics = CsvLogger(path, ["loss", "lr"])
    for step, row in enumerate(rows, start=1):
        metrics.write(step, row)
    metrics.close()
    assert read_metrics(path) == [{"step": step, **row} for step, row in enumerate(rows, start=1)]


def test_no_number_is_kept_as_such(tmp_path: Path) -> None:
    metrics = CsvLogger(tmp_path / "metrics.csv", ["loss"])
    metrics.write(1, {"loss": float("nan")})
    metrics.close()
    assert str(read_metrics(tmp_path / "metrics.csv")[0]["loss"]) == "nan"


def test_a_run_that_goes_on_cuts_back_what_it_will_write_again(tmp_path: Path) -> None:
    path = tmp_path / "metrics.csv"
    metrics = CsvLogger(path, ["loss"])
    for step in range(1, 8):
        metrics.write(step, {"loss": 1 / step})
    metrics.close()
    before = path.read_text(encoding="utf-8")
    path.write_text(before + "8,0.12", encoding="utf-8")  # killed within a row
    again = CsvLogger(path, ["loss"], step=4)
    assert [row["step"] for row in read_metrics(path)] == [1, 2, 3, 4]
    for step in range(5, 8):
        again.write(step, {"loss": 1 / step})
    again.close()
    assert path.read_text(encoding="utf-8") == before


@pytest.mark.parametrize("rubbish", ["x,y", "4", "4,0.1,0.2", "\\0\\0\\0", "4,nothing"])
def test_rubbish_before_the_step_is_named_and_after_it_is_dropped(tmp_path: Path, rubbish: str) -> None:
    path = tmp_path / "metrics.csv"
    path.write_text(f"step,loss\n1,0.5\n2,0.5\n{rubbish}\n", encoding="utf-8")
    with pytest.raises(Problem, match=r"metrics\.csv: line 4 is no row of figures: restore the file, or move it away"):
        read_metrics(path)
    CsvLogger(path, ["loss"], step=2).close()
    assert read_metrics(path) == [{"step": 1, "loss": 0.5}, {"step": 2, "loss": 0.5}]


def test_a_table_of_other_figures_is_named(tmp_path: Path) -> None:
    path = tmp_path / "metrics.csv"
    path.write_text("step,colour\n1,0.5\n", encoding="utf-8")
    with pytest.raises(Problem, match=r"metrics\.csv: has a column 'colour', which isn't of this run"):
        CsvLogger(path, ["loss"], step=2)


@pytest.mark.parametrize("content", [b"", b"\xff\n1\n", b"\n\n", b"step\n1e999\n", b"a\n1\n"])
def test_any_table_is_read_or_one_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "metrics.csv").write_bytes(content)
    line = refusal(lambda: read_metrics(tmp_path / "metrics.csv"))
    assert line == "" or "is no row of figures" in line


def test_a_new_run_begins_with_an_empty_table(tmp_path: Path) -> None:
    for _ in range(2):
        metrics = CsvLogger(tmp_path / "metrics.csv", ["loss"])
        metrics.write(1, {"loss": 1.0})
        metrics.close()
    assert len(read_metrics(tmp_path / "metrics.csv")) == 1


def test_a_figure_without_a_column_is_a_defect(tmp_path: Path) -> None:
    with (
        Loggers([CsvLogger(tmp_path / "metrics.csv", ["loss"])]) as logs,
        pytest.raises(ValueError, match="'other'"),
    ):
        logs.write(1, {"other": 1.0})


def test_tensorboard_gets_scalars(tmp_path: Path) -> None:
    pytest.importorskip("torch", reason="the extra [train] isn't installed")
    pytest.importorskip("tensorboard", reason="the extra [log] isn't installed")
    events: Any = importlib.import_module("tensorboard.backend.event_processing.event_accumulator")

    for start in (0, 3):  # killed after step 4, and gone on from step 3
        board = TensorBoardLogger(tmp_path, start)
        for step in range(start + 1, 5):
            board.write(step, {"loss": 1 / step})
        board.close()
    found = events.EventAccumulator(str(tmp_path / "tensorboard"))
    found.Reload()
    scalars = {event.step: event.value for event in found.Scalars("loss")}
    assert scalars == pytest.approx({step: 1 / step for step in range(1, 5)})


class Wandb(ModuleType):
    """What is asked of Weights & Biases, remembered."""

    def __init__(self) -> None:
        super().__init__("wandb")
        self.calls: list[Any] = []

    def init(self, **given: Any) -> Wandb:
        self.calls.append(given)
        return self

    def log(self, values: dict[str, float], step: int) -> None:
        self.calls.append((step, values))

    def finish(self) -> None:
        self.calls.append("finish")


def test_weights_and_biases_goes_on_under_the_same_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake = Wandb()
    monkeypatch.setitem(sys.modules, "wandb", fake)
    with Loggers([WandbLogger(tmp_path, "abc", {"lr": 1.0})]) as logs:
        logs.write(3, {"loss": 0.5})
    start, *rest = fake.calls
    assert (start["id"], start["resume"], start["config"]) == ("abc", "allow", {"lr": 1.0})
    assert rest == [(3, {"loss": 0.5}), "finish"]


@pytest.mark.parametrize(("module", "name"), [("wandb", "wandb"), ("torch.utils.tensorboard", "tensorboard")])
def test_what_is_not_installed_is_one_line_before_anything_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: str, name: str
) -> None:
    pytest.importorskip("lightning_fabric", reason="the extra [train] isn't installed")
    from tests.support.tiny_runs import train_tiny

    corpus = make_evaluation_corpus(tmp_path / "corpora")
    monkeypatch.setitem(sys.modules, module, None)
    line = f"--log {name}: {name} isn't installed: pip install 'bgfg\\[log\\]', or leave the option out"
    with pytest.raises(Problem, match=line) as caught:
        train_tiny(corpus, tmp_path / "run", log=("csv", name))
    assert caught.value.exit_code == 2
    assert not (tmp_path / "run").exists()
