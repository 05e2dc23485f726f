"""`bgfg depth` and `bgfg depth-eval`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result

from bgfg.data_manifests.terminal.cli_types import DepthUnit
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.depth_teacher.cli import depth
from bgfg.depth_teacher.evaluation.metrics import EIGEN_CROP
from tests.support import references
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
    assert DepthUnit().convert(scale, None, None) == pytest.approx(metres)


@pytest.mark.parametrize("scale", ["0", "-1", "mm", "1/0", "nan", "inf", "1e400", "1e-400", "1e9"])
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


def test_broken_pictures_are_named_and_left_out_when_asked(tmp_path: Path, pairs: Path) -> None:
    (pairs / "rgb/1.png").write_bytes(b"no picture")
    done = run(depth.depth_of_folder, pairs / "rgb", tmp_path / "out", "--device", "cpu", "--skip-bad")
    assert done.exit_code == 0, done.output
    assert "2 depth maps" in done.stdout
    assert "rgb/1.png: left out: " in done.stderr


def test_bad_pairs_are_left_out_of_the_score_when_asked(pairs: Path) -> None:
    (pairs / "rgb/1.png").write_bytes(b"no picture")
    given = (pairs, "--depth-scale", "1/5000", "--cap", 25, "--device", "cpu", "--json")
    failed = run(depth.depth_eval, *given)
    assert isinstance(failed.exception, Problem)
    assert str(failed.exception).endswith("or pass --skip-bad")
    scored = run(depth.depth_eval, *given, "--skip-bad")
    assert list(json.loads(scored.stdout)["images"]) == ["0", "2"]
    assert "rgb/1.png: not a picture" in scored.stderr


def test_the_array_of_depth_may_be_named(pairs: Path) -> None:
    for i in range(3):
        metres = (references.picture(13, 17, i)[..., 0] + 1.0) / 10
        np.savez(pairs / f"depth/{i}.npz", first=metres / 2, second=metres)
        (pairs / f"depth/{i}.png").unlink()
    given = (pairs, "--cap", 26, "--device", "cpu", "--json")
    asked = run(depth.depth_eval, *given)
    assert "several arrays may be the depth (first, second): say which: --depth-key" in str(asked.exception)
    medians = [
        json.loads(run(depth.depth_eval, *given, "--depth-key", key).stdout)["scored"]["truth_median_m"]
        for key in ("first", "second")
    ]
    assert medians[1] == pytest.approx(2 * medians[0])


def test_the_name_of_an_array_is_refused_where_none_has_a_name(pairs: Path) -> None:
    failed = run(depth.depth_eval, pairs, "--depth-key", "depth")
    assert str(failed.exception).startswith(f"--depth-key depth: {pairs} has no .npz and no .mat of depth")


def test_what_was_decided_is_told_beside_the_figures(pairs: Path) -> None:
    cv2.imwrite(str(pairs / "depth/1.png"), np.zeros((13, 17), np.uint16))
    scored = run(depth.depth_eval, pairs, "--depth-scale", "1/5000", "--cap", 25, "--device", "cpu", "--json")
    assert json.loads(scored.stdout)["decided"] == ["1 picture of which no depth is measured: 1"]
    assert scored.stderr.splitlines()[-1] == "1 picture of which no depth is measured: 1"
    assert json.loads(scored.stdout)["scored"]["share"] > 0.9


def test_floating_point_depth_obeys_the_scale(pairs: Path) -> None:
    figures = []
    for values_per_m, options in ((1.0, ()), (1000.0, ("--depth-scale", "0.001"))):
        for i in range(3):
            depth_m = (references.picture(13, 17, i)[..., 0].astype(np.float32) + 1) / 10
            np.save(pairs / f"depth/{i}.npy", np.asfortranarray(depth_m * np.float32(values_per_m)))
            (pairs / f"depth/{i}.png").unlink(missing_ok=True)
        scored = run(depth.depth_eval, pairs, *options, "--cap", 25, "--device", "cpu", "--json")
        figures.append(list(json.loads(scored.stdout)["average"].values()))
    assert figures[0] == pytest.approx(figures[1], rel=1e-4)
    wrong = run(depth.depth_eval, pairs, "--cap", 25, "--device", "cpu")
    assert isinstance(wrong.exception, Problem)
    assert "give --depth-scale" in str(wrong.exception)
