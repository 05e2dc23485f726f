"""Dice, IoU and accuracy from counts of classes, per image and pooled."""

from __future__ import annotations

import math

import numpy as np
import pytest

pytest.importorskip("torch", reason="the extra [train] isn't installed")

from bgfg.train.targets.confusion import accuracy, class_metrics, confusion_matrix, dice, iou

IGNORED = 255


def slow_iou(found: np.ndarray, true: np.ndarray, code: int) -> float:
    known = true != IGNORED
    either = known & ((found == code) | (true == code))
    return float((either & (found == true)).sum() / either.sum()) if either.any() else math.nan


def example(seed: int, classes: int = 3) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    true = draw.integers(0, classes, (13, 17)).astype(np.uint8)
    found = np.where(draw.random((13, 17)) < 0.7, true, draw.integers(0, classes, (13, 17))).astype(np.uint8)
    true[draw.random((13, 17)) < 0.1] = IGNORED
    return found, true


@pytest.mark.parametrize("seed", range(3))
def test_figures_are_those_of_their_definitions(seed: int) -> None:
    found, true = example(seed)
    counts = confusion_matrix(found, true, 3)
    known = true != IGNORED
    assert counts.sum() == known.sum()
    assert float(accuracy(counts)) == pytest.approx(float((found == true)[known].mean()))
    for code in range(3):
        assert iou(counts)[code] == pytest.approx(slow_iou(found, true, code))
        assert dice(counts)[code] == pytest.approx(2 * iou(counts)[code] / (1 + iou(counts)[code]))


def test_pooled_and_per_image_differ_where_pictures_do() -> None:
    counts = [confusion_matrix(*example(seed), 3) for seed in (0, 1)]
    small = confusion_matrix(np.zeros((2, 2), np.uint8), np.ones((2, 2), np.uint8), 3)
    rows = class_metrics([*counts, small], ["a", "b", "c"])
    assert list(rows) == ["a", "b", "c", "mean"]
    each = [iou(one) for one in (*counts, small)]
    assert rows["a"]["iou_image"] == pytest.approx(np.mean([values[0] for values in each]))
    assert rows["c"]["iou_image"] == pytest.approx(np.mean([each[0][2], each[1][2]]))  # the third has none of it
    assert rows["b"]["iou_pooled"] == pytest.approx(float(iou(counts[0] + counts[1] + small)[1]))
    assert rows["mean"]["dice_pooled"] == pytest.approx(np.mean([rows[name]["dice_pooled"] for name in "abc"]))
    assert rows["mean"]["accuracy_image"] == pytest.approx(np.mean([float(accuracy(c)) for c in (*counts, small)]))
    assert rows["mean"]["accuracy_pooled"] == pytest.approx(float(accuracy(counts[0] + counts[1] + small)))


def test_a_class_that_nobody_has_is_no_number_and_in_no_mean() -> None:
    truth = np.array([[0, 1]], np.uint8)
    rows = class_metrics([confusion_matrix(truth, truth, 3)], ["a", "b", "c"])
    assert math.isnan(rows["c"]["iou_image"])
    assert math.isnan(rows["c"]["dice_pooled"])
    assert rows["mean"]["iou_pooled"] == 1.0
