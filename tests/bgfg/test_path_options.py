"""Every path that can't be read or written to is told in one line, before a network is loaded or anything is made."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="the extra [train] isn't installed")
pytest.importorskip("onnx", reason="the extra [onnx] isn't installed")

from bgfg import cli
from bgfg.depth_teacher.labelling import load_teacher
from bgfg.train.evaluation import by_target as evaluation
from bgfg.train.inference import runtime
from tests.support.paired_folders import make_plain
from tests.support.refused_opens import refused_opens
from tests.support.saved_runs import save_run

# Calls by their words: HERE stands for what is tried, and the other names in capitals for sound paths.
_READ = (
    *(
        f"{command} HERE"
        for command in ("show", "status", "card", "compose", "label", "verify", "bench-stream", "check-data")
    ),
    *("report HERE PAGE", "report RUN HERE PAGE"),
    *("preview HERE SHEET", "preview CORPUS SHEET --beside HERE", "export HERE NEW --as folder", "depth-eval HERE"),
    *("depth HERE NEW", "depth BG NEW --weights HERE", "depth BG NEW --teacher densedepth --weights HERE"),
    *("depth BG NEW --teacher onnx --weights HERE", "label CORPUS --teacher compact --weights HERE"),
    *(f"plan NEW --bg BG --fg FG {option} HERE" for option in ("--bg", "--fg", "--bg-depth")),
    "dataset NEW --bg BG --fg FG --teacher compact --weights HERE",
    *("convert HERE WEIGHTS", "halve HERE WEIGHTS", "onnx HERE MODEL", "evaluate HERE CORPUS", "evaluate RUN HERE"),
    *(f"{command} HERE PICTURE --background EMPTY --out NEW --color #fff" for command in ("replace", "recolour")),
    *("predict RUN HERE --background EMPTY --out NEW", "predict RUN PICTURE --background HERE --out NEW"),
    *(
        "replace RUN PICTURE --background EMPTY --out NEW --image HERE",
        "recolour RUN PICTURE --background HERE --color #fff",
    ),
    *("cutout HERE NEW --model RUN --background EMPTY", "cutout PICTURE NEW --model HERE --background EMPTY"),
    "cutout PICTURE NEW --model RUN --background HERE",
    *("train HERE NEW", "train CORPUS NEW --start HERE", "teach HERE NEW", "teach CORPUS NEW --also HERE=2"),
)
_WRITTEN = (
    "report CORPUS HERE.html",
    *("preview CORPUS HERE.png", "export CORPUS HERE --as folder", "depth BG HERE", "depth-eval BG --sheet HERE.png"),
    *("plan HERE --bg BG --fg FG", "kit HERE", "dataset HERE --bg BG --fg FG", "audit BG --fix-names HERE"),
    *("convert WEIGHTS HERE.safetensors", "halve RUN HERE.safetensors", "onnx RUN HERE.onnx"),
    *("evaluate RUN CORPUS --out HERE", "train CORPUS HERE", "teach CORPUS HERE", "teach CORPUS NEW --out HERE"),
    *("train PAIRS HERE", "check-data PAIRS --keep HERE", "bench-stream CORPUS --json HERE"),
    "predict RUN PICTURE --background EMPTY --out HERE",
    "cutout PICTURE HERE --model RUN --background EMPTY",
    *(f"{c} RUN PICTURE --background EMPTY --color #fff --out HERE" for c in ("replace", "recolour")),
    "recolour RUN PICTURE --background EMPTY --color #fff --out HERE.png",
)


@pytest.fixture
def places(tmp_path: Path, sources: Path, labelled: Path, run: Path, pairs: Path) -> dict[str, Path]:
    (tmp_path / "empty file").touch()
    (tmp_path / "text").write_text("no picture, and no weights")
    (tmp_path / "may not be read").write_text("no picture, and no weights")
    return {
        "BG": sources / "bg",
        "FG": sources / "fg",
        "PICTURE": sources / "bg/room1.png",
        "EMPTY": sources / "bg/room2.png",
        "CORPUS": labelled,
        "RUN": run,
        "PAIRS": pairs,
        "NEW": tmp_path / "new",
        "SHEET": tmp_path / "new.png",
        "PAGE": tmp_path / "new.html",
        "WEIGHTS": tmp_path / "new.safetensors",
        "MODEL": tmp_path / "new.onnx",
    }


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save_run(tmp_path_factory.mktemp("run") / "run", input_px=16)


@pytest.fixture(scope="module")
def pairs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_plain(tmp_path_factory.mktemp("pairs"))


def _refuse(*_: object) -> None:
    raise AssertionError("work is begun")  # which the command line calls an unexpected error


def _said(
    line: str, places: dict[str, Path], here: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> str:
    """Call a line with `here` in the place of HERE; return what it printed, which has to be one line of an error."""
    words = [str(places.get(word, word.replace("HERE", here))) for word in line.split()]
    monkeypatch.setattr(sys, "argv", ["bgfg", *words])
    with pytest.raises(SystemExit) as caught:
        cli.main()
    said = capsys.readouterr()
    assert (caught.value.code in (1, 2), said.out, said.err.count("\n")) == (True, "", 1), (caught.value, said)
    assert said.err.startswith("Error: ")
    assert "unexpected" not in said.err
    made = [name for name in ("NEW", "SHEET", "PAGE", "WEIGHTS", "MODEL") if places[name].exists()]
    assert made == []
    return said.err


@pytest.mark.parametrize("wrong", ["gone", "empty file", "text", "may not be read", "below/the text", "\x1b[31m"])
@pytest.mark.parametrize("line", _READ)
def test_what_cannot_be_read_is_told_first(
    tmp_path: Path,
    places: dict[str, Path],
    line: str,
    wrong: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    here = tmp_path / wrong.replace("below/the text", "text/below")
    if line.split()[1] != "HERE":  # where the network itself is what is tried
        monkeypatch.setattr(runtime, "load_model", _refuse)
    with refused_opens(tmp_path / "may not be read"):
        said = _said(line, places, str(here), monkeypatch, capsys)
    assert "\x1b" not in said
    assert here.name.replace("\x1b", "\\x1b") in said


@pytest.mark.parametrize("wrong", ["below a file", "in a folder that may not be written to"])
@pytest.mark.parametrize("line", _WRITTEN)
def test_what_cannot_be_written_is_told_first(
    tmp_path: Path,
    places: dict[str, Path],
    line: str,
    wrong: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir()
    here = tmp_path / "text/below" if wrong == "below a file" else closed / "new"
    for module, name in ((runtime, "load_model"), (load_teacher, "_load_compact"), (evaluation, "evaluate_run")):
        monkeypatch.setattr(module, name, _refuse)
    real = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: real(path, mode) and not (path == closed and mode == os.W_OK))
    said = _said(line, places, str(here), monkeypatch, capsys)
    assert f"{here}" in said
    assert list(closed.iterdir()) == []
