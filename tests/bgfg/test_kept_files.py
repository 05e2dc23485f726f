"""No command writes over what bgfg didn't make, or puts anything into what is something else."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from click.testing import CliRunner

from bgfg.cli import command_group
from bgfg.data_manifests.terminal.errors import Problem
from tests.synth.store.test_outputs import made

CLOSED = "OUT C/sub: lies in C, which is a corpus: give another OUT"


def call(folder: Path, line: str, composed: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Call a command in a folder, with C for a composed corpus; return the lines of its Problem."""
    monkeypatch.chdir(folder)
    if not (folder / "C").exists():
        (folder / "C").symlink_to(composed)
    done = CliRunner().invoke(command_group, line.split())
    assert isinstance(done.exception, Problem), (done.output, done.exception)
    return [text.replace(str(composed), "C").replace(f"{folder}/", "") for text in done.exception.lines]


def contents(folder: Path) -> Mapping[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.fixture
def ground(tmp_path: Path) -> Path:
    """Photographs, somebody's files of many names, and a run, a kit and an export that are told by their notes."""
    for name in (
        *(
            "photos/1.jpg",
            "photos/2.png",
            "any.png",
            "any.html",
            "any.json",
            "any.onnx",
            "any.safetensors",
            "weights.h5",
        ),
        *("w/compact.safetensors", "v/compact.onnx", "t/renames.csv", "e/report.md", "tree/bg/bg1.jpeg"),
        *("run/checkpoints/last.safetensors", "kit/bg/bg001.jpeg", "kit/fg/fg001.png"),
    ):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"precious")
    for folder, kind in (("run", "a run"), ("kit", "a kit"), ("export", "an export")):
        made(tmp_path / folder, kind)
    return tmp_path


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("preview C any.png", "any.png: would be written over, and wasn't made by bgfg: give another SHEET"),
        ("preview C kit/bg/new.png", "SHEET kit/bg/new.png: lies in kit, which is a kit: give another SHEET"),
        ("preview C C/new.png", "SHEET C/new.png: lies in C, which is a corpus: give another SHEET"),
        ("report C any.html", "any.html: would be written over, and wasn't made by bgfg: give another OUT"),
        ("report C C/new.html", "OUT C/new.html: lies in C, which is a corpus: give another OUT"),
        ("report C any.png", "any.png: a report is a page: give OUT a name that ends in .html"),
        ("depth-eval photos --sheet any.png", "any.png: would be written over, and wasn't made by bgfg: give another"),
        ("bench-stream C --json any.json", "any.json: would be written over, and wasn't made by bgfg: give another"),
        ("audit tree --fix-names t", "t/renames.csv: would be written over, and isn't a table of renames"),
        ("audit tree --fix-names tree/new", "--fix-names tree/new: lies within tree: give a folder elsewhere"),
        ("audit tree --fix-names kit/new", "--fix-names kit/new: lies in kit, which is a kit: give another"),
        ("kit photos", "photos: holds other things (1.jpg, 2.png) and isn't a kit: give an empty or"),
        ("kit C/sub", CLOSED),
        ("kit run", "OUT run: is a run: give another OUT"),
        ("export C C --as folder", "OUT C: is a corpus: give another OUT"),
        ("export C C/sub --as folder", CLOSED),
        ("export C kit/new --as folder", "OUT kit/new: lies in kit, which is a kit: give another OUT"),
        ("plan kit/bg/new --bg kit/bg --fg kit/fg", "CORPUS kit/bg/new: lies within --bg kit/bg: files there would be"),
        ("plan photos/new --bg kit/bg --fg photos", "CORPUS photos/new: lies within --fg photos: files there would be"),
        ("plan export/new --bg kit/bg --fg kit/fg", "CORPUS export/new: lies in export, which is an export: give"),
        ("dataset kit/new --bg photos --fg kit/fg", "CORPUS kit/new: lies in kit, which is a kit: give another CORPUS"),
        ("depth photos photos", "OUT photos: is FOLDER photos: files there would be"),
        ("depth photos kit/new", "OUT kit/new: lies in kit, which is a kit: give another OUT"),
    ],
)  # fmt: skip
def test_what_is_there_is_kept(
    ground: Path, composed: Path, monkeypatch: pytest.MonkeyPatch, line: str, said: str
) -> None:
    before, corpus = contents(ground), contents(composed)
    lines = call(ground, line, composed, monkeypatch)
    assert len(lines) == 1
    assert lines[0].startswith(said)
    assert (contents(ground), contents(composed)) == (before, corpus)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("halve run run/checkpoints/last.safetensors", "OUT run/checkpoints/last.safetensors: lies among the check"),
        ("halve run run/checkpoints/new.safetensors", "OUT run/checkpoints/new.safetensors: lies among the check"),
        ("halve any.safetensors any.safetensors", "OUT any.safetensors: is what is read, and would be"),
        ("halve run any.safetensors", "any.safetensors: would be written over, and wasn't made by bgfg: give another"),
        ("onnx run any.onnx", "any.onnx: would be written over, and wasn't made by bgfg: give another"),
        ("convert weights.h5 any.safetensors", "any.safetensors: would be written over, and wasn't made by bgfg: give"),
        ("train C C", "RUN C: is a corpus: give another RUN"),
        ("train C C/sub", "RUN C/sub: lies in C, which is a corpus: give another RUN"),
        ("train C kit", "RUN kit: is a kit: give another RUN"),
        ("train C photos", "photos: holds other things (1.jpg, 2.png) and isn't a run: give an empty or"),
        ("train photos photos/run", "RUN photos/run: lies within CORPUS photos: files there would be"),
        ("teach C run --out w", "w/compact.safetensors: would be written over, and wasn't made by bgfg: give another"),
        ("teach C run --out v", "v/compact.onnx: would be written over, and wasn't made by bgfg: give another"),
        ("evaluate run C --out photos", "photos: holds other things (1.jpg, 2.png) and isn't a folder of an"),
        ("evaluate run C --out e", "e: holds other things (report.md) and isn't a folder of an evaluation"),
        ("evaluate run C --out C/e", "--out C/e: lies in C, which is a corpus: give another --out"),
    ],
)  # fmt: skip
def test_what_is_there_is_kept_in_training(
    ground: Path, composed: Path, monkeypatch: pytest.MonkeyPatch, line: str, said: str
) -> None:
    pytest.importorskip("torch", reason="the extra [train] isn't installed")
    pytest.importorskip("onnx", reason="the extra [onnx] isn't installed")
    test_what_is_there_is_kept(ground, composed, monkeypatch, line, said)


def test_a_sheet_is_drawn_again(tmp_path: Path, composed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "sheet.png").touch()
    for samples in (1, 2):
        done = CliRunner().invoke(command_group, ["preview", str(composed), "sheet.png", "--samples", str(samples)])
        assert done.exit_code == 0, done.output
