"""Progress in a log."""

from __future__ import annotations

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


def test_silence_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with progress.no_progress("x", 10, 0) as advance:
        advance(10)
    assert capsys.readouterr().err == ""
