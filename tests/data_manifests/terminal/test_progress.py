"""Progress in a log."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest

from bgfg.data_manifests.terminal import progress


def test_a_log_line_has_done_rate_and_time_left(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter([100.0, 116.0, 116.0, 116.0, 120.0, 120.0, 120.0])
    monkeypatch.setattr("bgfg.data_manifests.terminal.progress.time.monotonic", lambda: next(clock))
    with progress.show_progress("image + mask", 1_000, 200) as advance:
        advance(160)
        advance(640)
    assert capsys.readouterr().err.splitlines() == [
        "image + mask: 360 of 1,000, 10/s, 64 s left",
        "image + mask: 1,000 of 1,000, 40/s, in 20 s",
    ]


def test_whoever_shows_it_is_told_of_each_step(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = iter([100.0, 102.0, 110.0])
    monkeypatch.setattr("bgfg.data_manifests.terminal.progress.time.monotonic", lambda: next(clock))
    told: list[tuple[int, int, float]] = []
    with progress.tell_progress(lambda *step: told.append(step))("frames", 30, 10) as advance:
        advance(4)
        advance(18)  # more than there should be
    assert told == [(14, 30, 8.0), (32, 30, 0.0)]


def test_in_a_notebook_one_line_is_written_over(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    class ZMQInteractiveShell:
        pass

    class ColabShell(ZMQInteractiveShell):
        pass

    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=ColabShell))
    clock = iter([100.0, 100.5, 102.0, 102.0, 102.0, 104.0, 104.0, 104.0])
    monkeypatch.setattr("bgfg.data_manifests.terminal.progress.time.monotonic", lambda: next(clock))
    with progress.show_progress("image", 1_000, 0) as advance:
        advance(10)
        advance(190)
        advance(800)
    _, *lines = capsys.readouterr().err.split("\r")
    assert [line.rstrip(" ") for line in lines] == [
        "image: 200 of 1,000, 100/s, 8 s left",
        lines[-1],
    ]
    assert lines[-1].split("  ")[0] == "image: 1,000 of 1,000, 250/s, in 4 s"
    assert lines[-1].endswith("\n")


@pytest.mark.parametrize("shell", [None, object()])
def test_what_is_no_kernel_is_no_notebook(monkeypatch: pytest.MonkeyPatch, shell: object) -> None:
    monkeypatch.setitem(sys.modules, "IPython", SimpleNamespace(get_ipython=lambda: shell))
    assert not progress.is_notebook()


def test_silence_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with progress.no_progress("x", 10, 0) as advance:
        advance(10)
    assert capsys.readouterr().err == ""
