"""An .onnx file through the commands, a folder at a time, also where PyTorch can't be imported."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from bgfg import cli
from bgfg.data_manifests.images.image_reading import read_rgb
from tests.support.composites import composite, far_from_edges, write_composites
from tests.support.difference_onnx import write_difference_onnx
from tests.support.project import ROOT
from tests.support.stub_models import stub_card

H, W = 183, 249


def bgfg(*words: object) -> subprocess.CompletedProcess[str]:
    """Run a command without PyTorch."""
    code = "import sys; sys.modules['torch'] = None; from bgfg.cli import main; main()"
    given = [sys.executable, "-c", code, *map(str, words)]
    return subprocess.run(given, cwd=ROOT, capture_output=True, text=True, timeout=120)


@pytest.fixture
def model(tmp_path: Path) -> Path:
    return write_difference_onnx(tmp_path / "m.onnx", stub_card(outputs=("mask",), input_px=108))


def test_cut_outs_of_a_folder_give_their_pictures_back(tmp_path: Path, model: Path) -> None:
    pictures, empty = write_composites(tmp_path, 2, H, W)
    done = bgfg("predict", model, pictures, "--background", empty, "--out", tmp_path / "out")
    assert done.returncode == 0, done.stderr
    for i in range(2):
        bgra = cv2.imread(str(tmp_path / f"out/cutout/p{i}.png"), cv2.IMREAD_UNCHANGED)
        assert bgra is not None
        alpha = bgra[..., 3:] / 255
        over = bgra[..., 2::-1] * alpha + read_rgb(empty / f"p{i}.png") * (1 - alpha)
        _, _, mask = composite(H, W, i)
        assert np.abs(over - read_rgb(pictures / f"p{i}.png"))[far_from_edges(mask, 5)].max() <= 2
        assert 0.1 < (bgra[..., 3] > 127).mean() < 0.5


@pytest.mark.parametrize(
    "command",
    [["predict"], ["replace", "--color", "#0a4678"], ["replace", "--blur", "3"], ["recolour", "--color", "#0a4678"]],
)
def test_a_background_of_another_size_or_shape_is_refused_and_never_stretched(
    tmp_path: Path,
    model: Path,
    command: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    pictures, empty = write_composites(tmp_path, 2, 61, 83)
    background = read_rgb(empty / "p1.png")
    for name, shape in (("p0", (166, 122)), ("p1", (61, 83))):
        cv2.imwrite(str(empty / f"{name}.png"), cv2.resize(background, shape)[..., ::-1])
    words = ("bgfg", *command, model, pictures, "--background", empty, "--out", tmp_path / "out")
    monkeypatch.setattr(sys, "argv", [str(word) for word in words])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 1
    lines = [line for line in capsys.readouterr().err.splitlines() if line.startswith("Error: ")]
    assert [line.split(": ", 2)[2].split(": ")[0] for line in lines] == ["a background is never stretched"] * 2
    assert "p0.png 166×122 and " in lines[0]
    assert "p1.png 61×83 and " in lines[1]
    assert not [path for path in (tmp_path / "out").rglob("*") if path.is_file() and path.name != "made.json"]
