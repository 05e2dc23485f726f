"""The commands that use a model, as a new user would try them."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.cli import predict
from bgfg.train.inference import runtime
from click.testing import CliRunner, Result

from tests.support.project import ROOT
from tests.support.using import Differs, write


def run(command: Any, *words: object) -> Result:
    return CliRunner().invoke(command, [str(word) for word in words])


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Differs:
    """Whatever file is named, it is the model without a network."""
    made = Differs(tmp_path / "weights")
    monkeypatch.setattr(runtime, "open_model", lambda *_: made)
    return made


def test_predict_writes_a_folder_and_goes_on(tmp_path: Path, model: Differs) -> None:
    pictures, empty = write(tmp_path, 2)
    given = ("m", pictures, "--background", empty, "--out", tmp_path / "out")
    done = run(predict.predict, *given)
    assert done.exit_code == 0, done.output
    assert done.output.endswith("out: results of 2 pictures\n")
    assert run(predict.predict, *given).output.endswith("2 pictures, 2 of them there already\n")
    assert len(list((tmp_path / "out").rglob("p*.png"))) == 6


def test_predict_takes_a_video(tmp_path: Path, model: Differs) -> None:
    pictures, empty = write(tmp_path, 1, 60, 84)
    writer = cv2.VideoWriter(str(tmp_path / "v.mkv"), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"FFV1"), 9.0, (84, 60))
    frame = cv2.imread(str(pictures / "p0.png"))
    assert frame is not None
    writer.write(frame)
    writer.release()
    done = run(predict.predict, "m", tmp_path / "v.mkv", "--background", empty / "p0.png", "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    made = ("mask/v.mkv", "side_by_side/v.mp4", "cutout/v", "depth/v")
    assert done.output.endswith("".join(f"{tmp_path}/out/{path}\n" for path in made))
    words = ("--background", empty / "p0.png", "--color", "#fff", "--out", tmp_path / "new.mp4")
    assert run(predict.replace, "m", tmp_path / "v.mkv", *words).output.endswith("new.mp4\n")


@pytest.mark.parametrize(
    "edit",
    [["--color", "#0a4678"], ["--color", "fff", "--strength", "0.3"], ["--blur", "5"], ["--depth-of-field"],
     ["--depth-of-field", "--blur", "3"], ["--image", "NEW"]],
)  # fmt: skip
def test_replace_makes_a_picture_of_the_same_size(tmp_path: Path, model: Differs, edit: list[str]) -> None:
    pictures, empty = write(tmp_path, 1)
    words = [str(empty / "p0.png") if word == "NEW" else word for word in edit]
    out = tmp_path / "new.png"
    done = run(predict.replace, "m", pictures / "p0.png", "--background", empty, *words, "--out", out)
    assert done.exit_code == 0, done.output
    assert done.output.endswith("new.png\n")
    found, before = cv2.imread(str(out)), cv2.imread(str(pictures / "p0.png"))
    assert found is not None
    assert before is not None
    assert found.shape == before.shape
    assert (found != before).any()


def test_recolour_tints_a_folder(tmp_path: Path, model: Differs) -> None:
    pictures, empty = write(tmp_path, 2)
    given = ("m", pictures, "--background", empty, "--color", "#0a4678", "--out", tmp_path / "out")
    done = run(predict.recolour, *given)
    assert done.exit_code == 0, done.output
    assert done.output.endswith("out: 2 pictures\n")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["made.json", "p0.png", "p1.png"]


@pytest.mark.parametrize(
    ("command", "words", "line"),
    [
        ("predict", ["gone", "PICTURE"], "gone: no such model: give the folder of a run"),
        ("predict", ["EMPTY_RUN", "PICTURE"], "best.safetensors: no such checkpoint: run `bgfg train CORPUS RUN`"),
        ("predict", ["BROKEN.safetensors", "PICTURE"], "BROKEN.safetensors: can't be read"),
        ("predict", ["PICTURE", "PICTURE"], "p0.png: is no checkpoint: give the folder of a run, or"),
        ("onnx", ["BROKEN.onnx", "m.onnx"], "BROKEN.onnx: is an ONNX file already: use it in"),
        ("predict", ["BROKEN.onnx", "PICTURE"], "BROKEN.onnx: can't be read as ONNX"),
        ("replace", ["BROKEN.onnx", "PICTURE", "--color", "#fff"], "BROKEN.onnx: can't be read as ONNX"),
        ("replace", ["m", "PICTURE"], "--color, --image, --blur, --depth-of-field: give one of them"),
        ("replace", ["m", "PICTURE", "--blur", "3", "--color", "#fff"], "--depth-of-field: give one of them"),
        ("replace", ["m", "PICTURE", "--blur", "3", "--strength", "0.3"], "--strength: is the share of a colour"),
        ("replace", ["m", "PICTURE", "--image", "gone.jpg"], "gone.jpg: can't be read"),
        ("onnx", ["gone", "m.onnx"], "gone: can't be read|gone: no such"),
        ("onnx", ["EMPTY_RUN", "m.txt"], "m.txt: an ONNX file's name ends in .onnx"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_one_line(tmp_path: Path, command: str, words: list[str], line: str) -> None:
    pytest.importorskip("torch", reason="the extra [train] isn't installed")
    (tmp_path / "EMPTY_RUN").mkdir()
    for name in ("BROKEN.safetensors", "BROKEN.onnx"):
        (tmp_path / name).write_bytes(b"12345678 nothing")
    pictures, _ = write(tmp_path, 1)
    known = {path.name: path for path in tmp_path.iterdir()} | {"PICTURE": pictures / "p0.png"}
    done = run(getattr(predict, command), *(known.get(word, word) for word in words))
    assert isinstance(done.exception, Problem), done.output
    assert len(done.exception.lines) == 1
    assert any(part in str(done.exception) for part in line.split("|"))
    assert re.search(r": (give|run|restore|export|use|is the share|can't be read)", str(done.exception))


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["m", "PICTURES"], "differs compares two shots: give the one of the empty scene too"),
        (["m", "gone", "--background", "EMPTY"], "IMAGE gone: no such file or folder: check the path"),
        (["m", "PICTURES", "--background", "gone"], "--background gone: no such file or folder: check the path"),
        (["m", "PICTURES", "--background", "SMALL"], "SMALL 20×9 and "),
        (["m", "PICTURES", "--background", "SMALL", "--align"], "SMALL: can't be laid over "),
        (["m", "TEXT", "--background", "EMPTY"], "TEXT: not a picture in a format that is read here"),
    ],
)
def test_pictures_that_do_not_fit_are_one_line(tmp_path: Path, model: Differs, words: list[str], line: str) -> None:
    pictures, empty = write(tmp_path, 1)
    (tmp_path / "TEXT").write_text("no picture")
    cv2.imwrite(str(tmp_path / "SMALL.png"), np.zeros((9, 20, 3), np.uint8))
    (tmp_path / "SMALL.png").rename(tmp_path / "SMALL")
    known = {"PICTURES": pictures, "EMPTY": empty, "TEXT": tmp_path / "TEXT", "SMALL": tmp_path / "SMALL"}
    done = run(predict.predict, *(known.get(word, word) for word in words), "--out", tmp_path / "out")
    assert isinstance(done.exception, Problem), done.output
    assert len(done.exception.lines) == 1
    assert line in str(done.exception)


@pytest.mark.parametrize("words", [["predict", "RUN", "p.png"], ["onnx", "RUN", "m.onnx"], ["models"]])
def test_without_pytorch_the_extra_is_named(tmp_path: Path, words: list[str]) -> None:
    code = "import sys; sys.modules['torch'] = None; import bgfg; bgfg.main()"
    given = [str(tmp_path) if word == "RUN" else word for word in words]
    done = subprocess.run([sys.executable, "-c", code, *given], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert done.stderr.startswith("Error: this needs torch, which isn't installed: pip install 'bgfg[train]'")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("colour", ["red", "#12345", "#0a46zz", ""])
def test_a_colour_that_is_none_is_a_wrong_call(colour: str) -> None:
    done = run(predict.recolour, "m", "p.png", "--color", colour)
    assert done.exit_code == 2
    assert "give red, green and blue in hexadecimal, such as '#0a4678'" in done.output


def test_models_are_listed_for_people_and_for_programs() -> None:
    pytest.importorskip("torch", reason="the extra [train] isn't installed")
    table = run(predict.models)
    assert table.exit_code == 0, table.output
    assert table.output.splitlines()[0].split()[:3] == ["model", "parameters", "inputs"]
    listed = {row["model"]: row for row in json.loads(run(predict.models, "--json").output)}
    assert listed["two_branch_net"]["parameters"] == 386_816
