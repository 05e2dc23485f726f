"""A network that comes with bgfg and looks at one photograph: each command that uses it, by its name alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="the extra [train] isn't installed")
pytest.importorskip("onnx", reason="the extra [onnx] isn't installed")

from bgfg.data_manifests.images.image_reading import read_rgb, read_rgba
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.cli.predict import predict
from bgfg.train.cli.recolour import recolour
from bgfg.train.cli.replace import replace
from bgfg.train.export.half_precision import halve_checkpoint
from bgfg.train.export.onnx import export_onnx
from bgfg.train.models import shipped
from tests.support.command_calls import run_command
from tests.support.composites import write_composites
from tests.support.saved_runs import save_run
from tests.support.videos import times_s, walk, write_video

SMALL: dict[str, Any] = {"encoder": "test_efficientnet", "width": 4, "input_px": 64}


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A network with fresh weights, in half precision, both of its files."""
    weights, run = (tmp_path_factory.mktemp(name) / name for name in ("weights", "run"))
    halve_checkpoint(save_run(run, "person", ("mask",), **SMALL), weights / "person.safetensors")
    export_onnx(weights / "person.safetensors", weights / "person.onnx")
    return weights


@pytest.fixture(autouse=True)
def _person_comes_with_bgfg(weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ship this network as `person`."""
    monkeypatch.setattr(shipped, "WEIGHTS_DIR", weights)
    monkeypatch.setattr(shipped, "SHIPPED_MODELS", ("person",))
    monkeypatch.chdir(tmp_path)


def test_predict_takes_a_photograph_alone(tmp_path: Path) -> None:
    pictures, _ = write_composites(tmp_path, 1)
    done = run_command(predict, "person", pictures / "p0.png", "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    picture = read_rgb(pictures / "p0.png")
    assert read_rgba(tmp_path / "out/cutout/p0.png").shape[:2] == picture.shape[:2]
    assert (tmp_path / "out/mask/p0.png").is_file()
    assert (tmp_path / "out/side_by_side/p0.jpg").is_file()


def test_predict_takes_a_folder_and_a_video(tmp_path: Path) -> None:
    pictures, _ = write_composites(tmp_path, 2)
    assert "results of 2 pictures" in run_command(predict, "person", pictures, "--out", tmp_path / "out").output
    video = write_video(tmp_path / "walk.mp4", walk(3))
    done = run_command(predict, "person", video, "--out", tmp_path / "out")
    assert done.exit_code == 0, done.output
    assert len(times_s(tmp_path / "out/mask/walk.mkv")) == 3
    assert len(list((tmp_path / "out/cutout/walk").iterdir())) == 3


@pytest.mark.parametrize("command", [replace, recolour], ids=["replace", "recolour"])
def test_backgrounds_are_edited_without_a_shot_of_them(tmp_path: Path, command: Any) -> None:
    pictures, _ = write_composites(tmp_path, 1)
    done = run_command(command, "person", pictures / "p0.png", "--color", "#0a4678", "--out", tmp_path / "new.png")
    assert done.exit_code == 0, done.output
    picture, edited = read_rgb(pictures / "p0.png"), read_rgb(tmp_path / "new.png")
    assert edited.shape == picture.shape
    assert not np.array_equal(edited, picture)
    video = write_video(tmp_path / "walk.mp4", walk(3))
    done = run_command(command, "person", video, "--color", "#0a4678", "--out", tmp_path / "new.mp4")
    assert done.exit_code == 0, done.output
    assert len(times_s(tmp_path / "new.mp4")) == 3


def test_a_shot_of_the_empty_scene_is_refused(tmp_path: Path) -> None:
    pictures, empty = write_composites(tmp_path, 1)
    done = run_command(predict, "person", pictures / "p0.png", "--background", empty / "p0.png")
    assert isinstance(done.exception, Problem)
    assert "person looks at the picture alone: leave the option out" in str(done.exception)
