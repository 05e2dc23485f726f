"""`--teacher onnx` of `label`, `depth` and `depth-eval`."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result

pytest.importorskip("onnx", reason="the extra [onnx] isn't installed")

from bgfg.data_manifests.images.image_reading import read_rgb
from bgfg.depth_teacher.cli import depth
from bgfg.depth_teacher.cli.label import label
from bgfg.synth.store.corpus import Corpus
from tests.support.brightness_teacher import save_rgbd_pairs
from tests.support.depth_onnx import save_depth_onnx

METRIC3D = ("normal_confidence", "predicted_depth", "predicted_normal")


def run(command: Any, *arguments: object) -> Result:
    return CliRunner().invoke(command, [str(argument) for argument in arguments])


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return save_depth_onnx(tmp_path / "metric3d.onnx", "pixel_values", METRIC3D)


def test_a_corpus_is_labelled_with_what_the_file_was_taken_for(
    composed: Path, copy_of: Callable[[Path], Path], file: Path
) -> None:
    path = copy_of(composed)
    given = ("--teacher", "onnx", "--weights", file, "--licence", "CC0-1.0", "--workers", 1, "--backend", "threading")
    asked = run(label, path, *given)
    assert isinstance(asked.exception, Exception)
    assert "give --focal" in str(asked.exception)
    done = run(label, path, *given, "--focal", 90)
    assert done.exit_code == 0, done.output
    assert "read as metric3d-v2; licence CC0-1.0" in done.output
    recorded = Corpus(path).manifest.teacher
    assert recorded is not None
    assert recorded["name"] == "onnx:metric3d.onnx"
    assert (recorded["licence"], recorded["focal_px"]) == ("CC0-1.0", 90.0)
    assert recorded["onnx"] == {"model": "metric3d-v2"}
    other = run(label, path, *given, "--focal", 80)
    assert "--focal 90.0" in str(other.exception)


def test_pictures_get_maps_and_measured_depth_scores(tmp_path: Path, file: Path) -> None:
    pairs = save_rgbd_pairs(tmp_path / "pairs")
    given = ("--teacher", "onnx", "--weights", file, "--focal", 5)
    done = run(depth.depth_of_folder, pairs / "rgb", tmp_path / "out", *given)
    assert done.exit_code == 0, done.output
    assert "3 depth maps" in done.output
    first = sorted((pairs / "rgb").iterdir())[0]
    rgb = read_rgb(first)
    height_px, width_px = rgb.shape[:2]
    found = cv2.imread(str(tmp_path / "out" / f"{first.stem}.png"), cv2.IMREAD_UNCHANGED)
    assert found is not None
    assert found.shape == (height_px, width_px)
    # Its metres are the mean of the channels, for the focal length at the size of its input.
    scale = min(616 / height_px, 1064 / width_px)
    assert np.median(found / 1000) == pytest.approx(np.median(rgb.mean(axis=2)) * 5 * scale / 1000, rel=0.05)
    scored = run(depth.depth_eval, pairs, *given, "--depth-scale", "1/5000", "--cap", 25, "--json")
    assert scored.exit_code == 0, scored.output
    assert json.loads(scored.stdout)["teacher"]["onnx"] == {"model": "metric3d-v2"}
