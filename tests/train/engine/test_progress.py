"""Progress of training, in a log and on a terminal."""

from __future__ import annotations

import sys

import pytest

from bgfg.data_manifests.terminal.errors import tell_as
from bgfg.train.engine import progress
from bgfg.train.engine.progress import TrainProgress, print_note


def test_a_log_has_a_line_now_and_then_with_loss_speed_waiting_and_time_left(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter([100.0, 110.0, 120.0, 140.0])
    monkeypatch.setattr("bgfg.train.engine.progress.time.monotonic", lambda: next(clock))
    with progress.show_train_progress(1_400, 1_000) as show:
        show(TrainProgress(1_100, 0.9, 1_234.0, 0.25))
        show(TrainProgress(1_200, 0.8, 1_234.0, 0.25))
        show(TrainProgress(1_400, 0.75, 99.6, 0.004))
    assert capsys.readouterr().err.splitlines() == [
        "step 1,200 of 1,400: loss 0.8000, 1,234 samples/s, 25% waiting for data, 20 s left",
        "step 1,400 of 1,400: loss 0.7500, 100 samples/s, 0% waiting for data, in 40 s",
    ]


def test_a_terminal_has_a_bar(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    monkeypatch.setenv("COLUMNS", "160")
    with progress.show_train_progress(20, 5) as show:
        show(TrainProgress(15, 0.5, 10.0, 0.0))
    printed = capsys.readouterr().err
    assert "15/20" in printed
    assert "loss 0.5000, 10 samples/s, 0% waiting for data" in printed


def test_silence_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with progress.no_train_progress(10, 0) as show:
        show(TrainProgress(10, 0.5, 1.0, 0.0))
    assert capsys.readouterr().err == ""


def test_a_note_is_a_line_with_the_url_that_a_folder_stands_for(capsys: pytest.CaptureFixture[str]) -> None:
    with tell_as("/tmp/mirror/folder", "s3://bucket/pictures"):
        print_note("/tmp/mirror/folder: a\nb.png: 3 train")
    assert capsys.readouterr().err == "s3://bucket/pictures: a\\nb.png: 3 train\n"
