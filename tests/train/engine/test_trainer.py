"""The loop: killed and gone on it gives what it would have given; what goes wrong is said in a line."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path
from typing import Any

import cv2
import pytest

pytest.importorskip("torch", reason="the extra [train] isn't installed")

import torch

from bgfg.synth.store.corpus import Corpus
from bgfg.train.engine.loggers import read_metrics
from bgfg.train.models.checkpoint import Checkpoint, load_network
from bgfg.train.stream import corpus_stream
from tests.support.stream_corpus import make_stream_corpus
from tests.support.tiny_runs import losses, start_tiny_training, stopped_after, train_tiny


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return make_stream_corpus(tmp_path_factory.mktemp("trained"))


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory, corpus: Corpus) -> Path:
    """A run of 30 steps, 6 an epoch, of 16 samples; validated every 5."""
    run = tmp_path_factory.mktemp("undisturbed") / "run"
    train_tiny(corpus, run, steps=30, validate_every=5)
    return run


def weights(run: Path, name: str = "last") -> dict[str, torch.Tensor]:
    parts = Checkpoint.load(run / "checkpoints" / f"{name}.safetensors").parts
    return {f"{part}/{key}": value for part, named in parts.items() for key, value in named.items()}


def assert_same_run(run: Path, other: Path) -> None:
    assert losses(read_metrics(run / "metrics.csv")) == losses(read_metrics(other / "metrics.csv"))
    for name in ("last", "best"):
        mine, theirs = weights(run, name), weights(other, name)
        assert mine.keys() == theirs.keys()
        assert [key for key in mine if not torch.equal(mine[key], theirs[key])] == []


def test_a_run_leaves_figures_sheets_curves_and_checkpoints(undisturbed: Path, corpus: Corpus) -> None:
    rows = read_metrics(undisturbed / "metrics.csv")
    assert [row["step"] for row in rows] == list(range(1, 31))
    assert rows[-1]["loss"] < rows[0]["loss"]
    assert {"loss_mask", "loss_depth", "lr", "epoch", "samples_per_s", "wait_share"} <= rows[0].keys()
    validated = [row["step"] for row in rows if "val_loss" in row]
    assert validated == [5, 10, 15, 20, 25, 30]
    assert {"val_iou", "stress_iou", "val_rmse", "val_delta1", "stress_loss"} <= rows[-1].keys()
    sheets = sorted(path.name for path in (undisturbed / "sheets").iterdir())
    assert sheets == [f"step_{step:07}.png" for step in range(5, 31, 5)]
    curves = cv2.imread(str(undisturbed / "curves.png"))
    assert curves is not None
    assert curves.shape[1] == 960
    record = json.loads((undisturbed / "run.json").read_text(encoding="utf-8"))
    assert record["digest"] == corpus.manifest.digest
    assert record["steps"] == 30


def test_the_best_is_kept_beside_the_last(undisturbed: Path) -> None:
    rows = [row for row in read_metrics(undisturbed / "metrics.csv") if "val_iou" in row]
    scores = {r["step"]: r["val_iou"] + r["stress_iou"] + r["val_delta1"] + r["stress_delta1"] for r in rows}
    net, description = load_network(undisturbed)
    standing = description["standing"]
    assert standing["step"] == standing["best_step"] == max(scores, key=lambda step: scores[step])
    assert standing["score"] == pytest.approx(max(scores.values()) / 4)
    assert 0 < standing["threshold"] < 1
    bg = torch.rand(2, 3, 16, 16)
    assert net(bg, bg)["depth"].shape == (2, 1, 16, 16)


@pytest.mark.slow  # stopped in this process, the test below says as much of three steps
@pytest.mark.timeout(200)
def test_killed_within_an_epoch_and_gone_on_it_gives_the_same_to_the_last_digit(
    tmp_path: Path, corpus: Corpus, undisturbed: Path
) -> None:
    given: dict[str, Any] = {"steps": 30, "validate_every": 5}
    process = start_tiny_training(corpus, tmp_path / "run", checkpoint_every_s=0.0, **given)
    deadline = time.monotonic() + 150
    while not (tmp_path / "run/metrics.csv").exists() or len(read_metrics(tmp_path / "run/metrics.csv")) < 8:
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < deadline
        time.sleep(0.002)
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    step = Checkpoint.load(tmp_path / "run/checkpoints/last.safetensors").description["standing"]["step"]
    assert 7 <= step < 30
    with (tmp_path / "run/metrics.csv").open("a") as file:
        file.write("29,0.1\n30,")  # what a run that died later would have left
    train_tiny(corpus, tmp_path / "run", **given)
    assert_same_run(tmp_path / "run", undisturbed)


@pytest.mark.parametrize("stop", [6, 7, pytest.param(29, marks=pytest.mark.slow)])
def test_stopped_at_any_step_it_goes_on_the_same(tmp_path: Path, corpus: Corpus, undisturbed: Path, stop: int) -> None:
    with stopped_after(stop):
        train_tiny(corpus, tmp_path, steps=30, validate_every=5, checkpoint_every_s=0.0)
    train_tiny(corpus, tmp_path, steps=30, validate_every=5, log=("csv",))
    assert_same_run(tmp_path, undisturbed)


def test_a_run_that_an_earlier_build_began_goes_on_in_its_window(
    tmp_path: Path, corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as earlier:
        earlier.setattr(corpus_stream, "WINDOW_BLOCKS", 1)
        train_tiny(corpus, tmp_path / "whole", steps=9, validate_every=9)
        with stopped_after(4):
            train_tiny(corpus, tmp_path / "run", steps=9, validate_every=9, checkpoint_every_s=0.0)
    train_tiny(corpus, tmp_path / "run", steps=9, validate_every=9)
    assert_same_run(tmp_path / "run", tmp_path / "whole")
    position = Checkpoint.load(tmp_path / "run/checkpoints/last.safetensors").description["stream"]
    assert (position["window"], position["epoch"]) == (1, 1)


def test_a_finished_run_is_left_as_it_is(undisturbed: Path, corpus: Corpus) -> None:
    before = {path: path.read_bytes() for path in undisturbed.rglob("*") if path.is_file()}
    state = train_tiny(corpus, undisturbed, steps=30, validate_every=5)
    assert state.step == 30
    assert {path: path.read_bytes() for path in before} == before
