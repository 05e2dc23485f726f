"""`bgfg depth` and `bgfg depth-eval`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.depth_teacher.cli import depth
from bgfg.depth_teacher.evaluation.metrics import EIGEN_CROP
from tests.support.brightness_teacher import BrightnessTeacher, save_rgbd_pairs


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    return save_rgbd_pairs(tmp_path / "pairs")


def run(command: Any, *arguments: object) -> Result:
    return CliRunner().invoke(command, [str(argument) for argument in arguments])


def test_the_compact_teacher_writes_and_scores_depth_by_default(tmp_path: Path, pairs: Path) -> None:
    done = run(depth.depth_of_folder, pairs / "rgb", tmp_path / "out", "--device", "cpu")
    assert done.exit_code == 0, done.output
    assert "3 depth maps" in done.output
    scored = run(depth.depth_eval, pairs, "--depth-scale", "1/5000", "--cap", 25, "--device", "cpu", "--json")
    assert json.loads(scored.stdout)["teacher"]["name"] == "compact"


@pytest.mark.parametrize(("scale", "metres"), [("1/5000", 0.0002), ("0.001", 0.001), ("1/256", 0.00390625)])
def test_the_scale_of_depth_maps_may_be_a_fraction(scale: str, metres: float) -> None:
    assert depth.DepthUnit().convert(scale, None, None) == pytest.approx(metres)


@pytest.mark.parametrize("scale", ["0", "-1", "mm", "1/0", "nan"])
def test_a_scale_that_is_none_is_a_wrong_call(pairs: Path, scale: str) -> None:
    done = run(depth.depth_eval, pairs, "--teacher", "densedepth", "--weights", "w.h5", "--depth-scale", scale)
    assert done.exit_code == 2
    assert "give metres such as 0.001, 1/5000 or 1/256" in done.output


def test_the_commands_call_the_teacher_that_was_chosen(
    tmp_path: Path, pairs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chosen = []

    def load(choice: Any, for_corpus: bool, _say: Any) -> BrightnessTeacher:
        chosen.append((choice.name, choice.weights, choice.input_px, for_corpus))
        return BrightnessTeacher()

    monkeypatch.setattr(depth, "load_teacher", load)
    given = ("--teacher", "densedepth", "--weights", "nyu.h5", "--input-size", "640x480")
    done = run(depth.depth_of_folder, pairs / "rgb", tmp_path / "out", *given)
    assert done.exit_code == 0, done.output
    assert "3 depth maps" in done.output
    scored = run(depth.depth_eval, pairs, *given, "--depth-scale", "1/5000", "--cap", 25, "--json")
    assert scored.exit_code == 0, scored.output
    assert json.loads(scored.stdout)["protocol"]["far_m"] == 25.0
    assert chosen == [("densedepth", "nyu.h5", (480, 640), False)] * 2
    cropped = run(depth.depth_eval, pairs, *given, "--crop", "eigen")
    assert isinstance(cropped.exception, Problem)
    assert "a picture of 17x13: the crop is of 640x480" in str(cropped.exception)
    assert EIGEN_CROP == (45, 471, 41, 601)
