"""The scoreboard: intervals over scenes, masks compared, weights found, and a table that says whose figure is whose."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks.accuracy.contestants import contestant_in, shipped_contestant
from benchmarks.accuracy.mask_sets import mask_iou, shots_of
from benchmarks.accuracy.scores import BEGIN, END, Score, ScoredSet, as_json, markdown, over_scenes, page_with
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.data_manifests.terminal.progress import no_progress
from bgfg.train.evaluation.bootstrap import Estimate
from bgfg.train.evaluation.evaluator import CLEAN, Evaluator
from tests.support.evaluation_corpus import make_evaluation_corpus


def test_the_interval_is_over_scenes_and_not_over_their_pictures() -> None:
    values, scenes = [0.2] * 50 + [0.8] * 50, ["hall"] * 50 + ["room"] * 50
    found = over_scenes(values, scenes)
    assert (found.mean, found.low, found.high, found.n) == pytest.approx((0.5, 0.2, 0.8, 100))


def test_the_interval_of_many_scenes_is_that_of_drawing_them_again() -> None:
    rng = np.random.default_rng(0)
    values = rng.random(40)
    scenes = [f"scene{n // 2}" for n in range(40)]
    drawn = []
    for _ in range(4_000):  # the obvious way
        chosen = rng.integers(0, 20, 20)
        drawn.append(np.mean([values[2 * scene + k] for scene in chosen for k in (0, 1)]))
    found = over_scenes(values, scenes)
    assert found.mean == pytest.approx(values.mean())
    assert (found.low, found.high) == pytest.approx(np.quantile(drawn, [0.025, 0.975]), abs=0.01)


def test_one_scene_has_no_interval_and_pictures_without_a_value_dont_count() -> None:
    found = over_scenes([0.5, float("nan"), 0.7], ["room"] * 3)
    assert found.mean == pytest.approx(0.6)
    assert (found.low, found.high, found.n) == (None, None, 2)
    assert over_scenes([float("nan")], ["room"]) == Estimate(None, None, None, 0)


def test_masks_are_compared_by_what_is_set() -> None:
    true = np.zeros((3, 5), np.uint8)
    true[:, :2] = 255
    found = np.zeros((3, 5), np.uint8)
    found[:, 1:3] = 128
    assert mask_iou(found, true) == pytest.approx(3 / 9)
    assert mask_iou(np.zeros_like(true), np.zeros_like(true)) == 1.0


@pytest.mark.parametrize("condition", [CLEAN, "all", "harsh"])
def test_predict_sees_the_shots_that_the_evaluation_sees(tmp_path: Path, condition: str) -> None:
    corpus = make_evaluation_corpus(tmp_path)
    evaluator = Evaluator(corpus, [], (12, 14), None, torch.device("cpu"), 5, no_progress)
    for sample in (0, len(corpus) - 1):
        batch, _ = evaluator.single_sample(np.array([sample]), condition)
        assert batch.bg is not None
        for found, wanted in zip(shots_of(corpus, sample, condition), (batch.bg, batch.bg_fg), strict=True):
            np.testing.assert_array_equal(found, wanted[0].permute(1, 2, 0).numpy())


def test_the_table_names_a_set_once_and_every_contestant() -> None:
    scores = (
        Score("room", "delta1", "shipped", Estimate(0.5, 0.4, 0.6, 7)),
        Score("room", "delta1", "before", Estimate(0.25, None, None, 7)),
    )
    table = markdown([ScoredSet(scores, "room: seven pictures")])
    assert "| room | delta1 | shipped | 0.500 (0.400–0.600) | 7 |\n|  |  | before | 0.250 | 7 |\n" in table
    assert table.endswith("- room: seven pictures\n")
    files = [{"file": "compact.onnx"}]
    assert json.loads(as_json([ScoredSet(scores, "")], files))["scores"][1]["contestant"] == "before"


def test_weights_are_found_wherever_they_lie_in_a_folder(tmp_path: Path) -> None:
    (tmp_path / "train/weights").mkdir(parents=True)
    (tmp_path / "train/weights/two_stream.onnx").write_bytes(b"weights")
    found = contestant_in(f"before={tmp_path}")
    assert found.file("two_stream", ".onnx") == tmp_path / "train/weights/two_stream.onnx"
    assert found.file("compact", ".onnx") is None
    [described] = found.described()
    assert (described["contestant"], described["bytes"]) == ("before", 7)


def test_what_comes_with_bgfg_takes_part() -> None:
    assert {"compact.onnx", "compact.safetensors", "two_stream.onnx", "two_stream.safetensors"} <= set(
        shipped_contestant().files
    )


@pytest.mark.parametrize("given", ["before", "=weights", "before=missing"])
def test_a_wrong_contestant_is_one_line(given: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Problem, match=f"--beside {given}: give NAME=FOLDER"):
        contestant_in(given)


def test_a_folder_without_weights_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="no compact, two_stream or person there"):
        contestant_in(f"before={tmp_path}")


def test_a_page_gets_the_table_between_its_marks_and_keeps_the_rest() -> None:
    page = f"# Results\n\n{BEGIN}old\n{END}\nafter\n"
    assert page_with("| new |\n", page) == f"# Results\n\n{BEGIN}| new |\n{END}\nafter\n"


@pytest.mark.parametrize("page", ["", f"{BEGIN}", f"{END}", f"{END}\n{BEGIN}"])
def test_a_page_without_both_marks_is_refused(page: str) -> None:
    with pytest.raises(Problem, match="--page: no place for the scores"):
        page_with("| new |\n", page)
