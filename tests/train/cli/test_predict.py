"""The commands that use a model, as a new user would try them."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.cli.onnx import onnx
from bgfg.train.cli.predict import predict
from bgfg.train.cli.replace import replace
from tests.support.command_calls import run_command
from tests.support.composites import write_composites
from tests.support.project import ROOT
from tests.support.stub_models import DifferenceModel

COMMANDS = {"predict": predict, "replace": replace, "onnx": onnx}


def test_predict_writes_a_folder_and_goes_on(tmp_path: Path, model: DifferenceModel) -> None:
    pictures, empty = write_composites(tmp_path, 2)
    given = ("m", pictures, "--background", empty, "--out", tmp_path / "out")
    done = run_command(predict, *given)
    assert done.exit_code == 0, done.output
    assert done.output.endswith("out: results of 2 pictures\n")
    assert run_command(predict, *given).output.endswith("2 pictures, 2 of them there already\n")
    assert len(list((tmp_path / "out").rglob("p*.png"))) == 6


def test_pictures_without_a_background_are_named_once_the_others_are_done(
    tmp_path: Path, model: DifferenceModel
) -> None:
    pictures, empty = write_composites(tmp_path, 4)
    (pictures / "p3.png").write_bytes(b"no picture")
    (empty / "p1.png").rename(tmp_path / "p1.png")
    given = ("m", pictures, "--background", empty, "--out", tmp_path / "out")
    lonely = f"{pictures}/p1.png: no background p1.* in {empty}: put it there"
    for _ in range(2):
        problem = run_command(predict, *given).exception
        assert isinstance(problem, Problem)
        assert problem.exit_code == 1
        assert problem.lines[0] == lonely
        assert [Path(line.partition(":")[0]).name for line in problem.lines] == ["p1.png", "p3.png"]
        assert {path.name for path in (tmp_path / "out" / "mask").iterdir()} == {"p0.png", "p2.png"}
    (tmp_path / "p1.png").rename(empty / "p1.png")
    (pictures / "p3.png").unlink()
    assert run_command(predict, *given).output.endswith("3 pictures, 2 of them there already\n")


def test_predict_takes_a_video(tmp_path: Path, model: DifferenceModel) -> None:
    pictures, empty = write_composites(tmp_path, 1, 60, 84)
    writer = cv2.VideoWriter(str(tmp_path / "v.mkv"), cv2.CAP_FFMPEG, cv2.VideoWriter.fourcc(*"FFV1"), 9.0, (84, 60))
    frame = cv2.imread(str(pictures / "p0.png"))
    assert frame is not None
    writer.write(frame)
    writer.release()
    done = run_command(predict, "m", tmp_path / "v.mkv", "--background", empty / "p0.png", "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    made = ("mask/v.mkv", "side_by_side/v.mp4", "cutout/v", "depth/v")
    assert done.output.endswith("".join(f"{tmp_path}/out/{path}\n" for path in made))
    words = ("--background", empty / "p0.png", "--color", "#fff", "--out", tmp_path / "new.mp4")
    assert run_command(replace, "m", tmp_path / "v.mkv", *words).output.endswith("new.mp4\n")


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
    pictures, _ = write_composites(tmp_path, 1)
    known = {path.name: path for path in tmp_path.iterdir()} | {"PICTURE": pictures / "p0.png"}
    done = run_command(COMMANDS[command], *(known.get(word, word) for word in words))
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
def test_pictures_that_do_not_fit_are_one_line(
    tmp_path: Path, model: DifferenceModel, words: list[str], line: str
) -> None:
    pictures, empty = write_composites(tmp_path, 1)
    (tmp_path / "TEXT").write_text("no picture")
    cv2.imwrite(str(tmp_path / "SMALL.png"), np.zeros((9, 20, 3), np.uint8))
    (tmp_path / "SMALL.png").rename(tmp_path / "SMALL")
    known = {"PICTURES": pictures, "EMPTY": empty, "TEXT": tmp_path / "TEXT", "SMALL": tmp_path / "SMALL"}
    done = run_command(predict, *(known.get(word, word) for word in words), "--out", tmp_path / "out")
    assert isinstance(done.exception, Problem), done.output
    assert len(done.exception.lines) == 1
    assert line in str(done.exception)


@pytest.mark.parametrize("words", [["predict", "RUN", "PICTURE"], ["onnx", "RUN", "m.onnx"], ["models"]])
def test_without_pytorch_the_extra_is_named(tmp_path: Path, words: list[str]) -> None:
    code = "import sys; sys.modules['torch'] = None; from bgfg.cli import main; main()"
    known = {"RUN": str(tmp_path), "PICTURE": str(write_composites(tmp_path / "w", 1)[0] / "p0.png")}
    (tmp_path / "checkpoints").mkdir()
    (tmp_path / "checkpoints/best.safetensors").touch()
    given = [known.get(word, word) for word in words]
    done = subprocess.run([sys.executable, "-c", code, *given], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1
    assert done.stderr.startswith("Error: this needs torch, which isn't installed: pip install 'bgfg[train]'")
    assert done.stderr.count("\n") == 1
