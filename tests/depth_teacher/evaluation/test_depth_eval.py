"""A teacher scored on pictures with measured depth."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.data_manifests.terminal.progress import no_progress
from bgfg.depth_teacher.evaluation.depth_eval import evaluate_depth
from bgfg.depth_teacher.evaluation.metrics import METRICS, EvalProtocol, depth_metrics, mean_metrics
from bgfg.depth_teacher.evaluation.rgbd import open_rgbd
from bgfg.depth_teacher.teachers.baselines import baseline_teachers
from bgfg.depth_teacher.teachers.compact_weights import open_weights_pair
from tests.support.brightness_teacher import BrightnessTeacher, H, UnitlessTeacher, W, save_rgbd_pairs


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    return save_rgbd_pairs(tmp_path / "pairs")


def test_an_evaluation_is_the_scores_of_each_image_and_their_mean(tmp_path: Path, pairs: Path) -> None:
    teacher, protocol = BrightnessTeacher(), EvalProtocol(far_m=25.0)
    done = evaluate_depth(teacher, open_rgbd(pairs, 1 / 5000), protocol, no_progress, tmp_path / "sheet.png")
    wanted = {}
    for pair in open_rgbd(pairs, 1 / 5000).read():
        estimate = cv2.resize(
            next(teacher.predict_batches([pair.rgb[None]]))[0], (W, H), interpolation=cv2.INTER_LINEAR
        )
        wanted[pair.name] = depth_metrics(np.clip(estimate, 1e-3, 25), pair.depth_m, protocol.valid_mask(pair.depth_m))
    assert done.images.keys() == wanted.keys()
    for name, image in wanted.items():
        assert done.images[name] == pytest.approx(image)
    assert done.average() == pytest.approx(mean_metrics(wanted.values()))
    content = json.loads(done.as_json())
    assert content["average"] == pytest.approx(done.average())
    assert content["protocol"] == {"near_m": 1e-3, "far_m": 25.0, "crop": None, "align": False}
    assert content["teacher"]["name"] == "brightness"
    lines = done.markdown().splitlines()
    assert lines[0] == f"| image | {' | '.join(METRICS)} |"
    assert [line.split(" | ")[0] for line in lines[2:]] == ["| 0", "| 1", "| 2", "| **average**"]
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.height == 3 * 164


def test_depth_without_a_unit_must_be_aligned(pairs: Path) -> None:
    found = open_rgbd(pairs, 1 / 5000)
    with pytest.raises(Problem, match="--align: this teacher's depth has no unit"):
        evaluate_depth(UnitlessTeacher(), found, EvalProtocol(), no_progress)
    done = evaluate_depth(UnitlessTeacher(), found, EvalProtocol(align=True), no_progress)
    assert 0 <= done.average()["delta1"] <= 1


def test_those_beside_are_scored_on_the_same_images(pairs: Path) -> None:
    found, protocol = open_rgbd(pairs, 1 / 5000), EvalProtocol(far_m=25.0)
    done = evaluate_depth(
        BrightnessTeacher(), found, protocol, no_progress, baselines=baseline_teachers(open_weights_pair().metadata)
    )
    alone = {teacher.describe()["name"]: teacher for teacher in baseline_teachers(open_weights_pair().metadata)}
    assert list(done.baselines) == list(alone) == ["mean depth", "linear in height"]
    for name, teacher in alone.items():
        assert done.baselines[name] == pytest.approx(evaluate_depth(teacher, found, protocol, no_progress).average())
    assert [line.split(" | ")[0] for line in done.markdown().splitlines()[-2:]] == [
        "| mean depth",
        "| linear in height",
    ]
    assert json.loads(done.as_json())["beside"].keys() == alone.keys()


def test_an_image_without_measured_depth_has_no_figures(pairs: Path) -> None:
    cv2.imwrite(str(pairs / "depth/1.png"), np.zeros((H, W), np.uint16))
    done = evaluate_depth(BrightnessTeacher(), open_rgbd(pairs, 1 / 5000), EvalProtocol(far_m=25.0), no_progress)
    assert json.loads(done.as_json())["images"]["1"]["delta1"] is None
    assert "| 1 |  |" in done.markdown()
