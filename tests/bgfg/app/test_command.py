"""`bgfg app`: what it opens, and what it says of what it can't."""

from __future__ import annotations

import socket
import sys
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("starlette", reason="the extra [app] isn't installed")
from bgfg import cli
from bgfg.app import command, server
from tests.bgfg.app.test_runs_pages import make_run


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> list[tuple[Any, ...]]:
    """What would have been served, instead of serving it."""
    calls: list[tuple[Any, ...]] = []
    monkeypatch.setattr(server, "serve", lambda *given: calls.append(given))
    return calls


def call(monkeypatch: pytest.MonkeyPatch, *words: object) -> None:
    monkeypatch.setattr(sys, "argv", ["bgfg", "app", *map(str, words)])
    cli.main()


def test_it_is_open_to_this_machine_alone_unless_told_otherwise(
    labelled: Path,
    served: list[tuple[Any, ...]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    call(monkeypatch, labelled, "--port", 0)
    told = capsys.readouterr()
    assert (served[-1][2].startswith("http://127.0.0.1:"), told.err) == (True, "")
    assert told.out == f"{served[-1][2]} (Ctrl-C ends it)\n"
    call(monkeypatch, "--port", 0, "--host", "0.0.0.0")
    assert "anybody who reaches this machine can use it" in capsys.readouterr().err


def test_a_corpus_and_runs_are_told_apart(labelled: Path, tmp_path: Path) -> None:
    run, onnx = make_run(tmp_path / "run", 4), tmp_path / "net.onnx"
    onnx.write_bytes(b"")
    assert command._sorted_out((str(run), str(labelled), str(onnx))) == (str(labelled), [run, onnx])
    assert command._sorted_out(("s3://bucket/corpus",)) == ("s3://bucket/corpus", [])


def test_what_cant_be_opened_is_named_in_a_line(
    labelled: Path,
    served: list[tuple[Any, ...]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        calls = {
            f"--port {port}: can't be served": ("--port", port),
            "gone: no such": (tmp_path / "gone",),
            "a second corpus": (labelled, labelled / "."),
            "--host no.such.name": ("--host", "no.such.name.invalid"),
        }
        for told, words in calls.items():
            with pytest.raises(SystemExit) as caught:
                call(monkeypatch, *words)
            error = capsys.readouterr().err
            assert (caught.value.code, error.count("\n"), told in error) == (2, 1, True), error
        monkeypatch.setattr(command, "_EXTRA", ("starlette", "no_such_library"))
        with pytest.raises(SystemExit):
            call(monkeypatch, labelled)
    assert "pip install 'bgfg[app]'" in capsys.readouterr().err
    assert served == []
