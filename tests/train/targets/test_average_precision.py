"""COCO's precision by rows of pictures is that of COCOeval over all of them."""

from __future__ import annotations

import contextlib
import io
import sys

import numpy as np
import pytest

pytest.importorskip("pycocotools", reason="the extra [train] isn't installed")

from numpy.typing import NDArray
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval
from pycocotools.mask import encode

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.ops.instances import Instance
from bgfg.train.targets import average_precision as precision

H, W = 23, 31
Case = tuple[list[Instance], NDArray[np.uint8]]


def case(draw: np.random.Generator) -> Case:
    """Return some boxes as truth, one in front of the other, and what finds them more or less, and others."""
    true = np.zeros((H, W), np.uint8)
    found = []
    for number in range(1, int(draw.integers(1, 5))):
        left, top = draw.integers(0, W - 9), draw.integers(0, H - 9)
        width, height = draw.integers(4, 9, 2)
        true[top : top + height, left : left + width] = number
        for _ in range(2):
            x, y = (max(0, int(side + draw.integers(-2, 3))) for side in (left, top))
            mask = np.zeros((H, W), bool)
            mask[y : y + height, x : x + width] = True
            label = 1 if draw.random() < 0.9 else 2
            found.append(Instance((x, y, x + width, y + height), label, float(np.float32(draw.random())), mask))
    return sorted(found, key=lambda instance: -instance.score), true


def of_coco(cases: list[Case], kind: str) -> tuple[float, float, float]:
    """Return AP, AP50 and AP75 as COCOeval's own summary has them."""
    sides: tuple[list[dict], list[dict]] = ([], [])
    for image, (found, true) in enumerate(cases, start=1):
        for number in np.unique(true[true > 0]):
            ys, xs = np.nonzero(true == number)
            around = [int(xs.min()), int(ys.min()), int(np.ptp(xs)) + 1, int(np.ptp(ys)) + 1]
            sides[0].append({"image_id": image, "bbox": around, "mask": true == number})
        for each in found:
            if each.label == 1:
                left, top, right, bottom = each.box_px
                box = [left, top, right - left, bottom - top]
                sides[1].append({"image_id": image, "bbox": box, "mask": each.mask, "score": each.score})
    cocos = []
    with contextlib.redirect_stdout(io.StringIO()):
        for side in sides:
            coco = COCO()
            coco.dataset = {
                "images": [{"id": i + 1, "height": H, "width": W} for i in range(len(cases))],
                "categories": [{"id": 1}],
                "annotations": [
                    {"id": i, "category_id": 1, "iscrowd": 0, "area": int(each["mask"].sum()),
                     "segmentation": encode(np.asfortranarray(each["mask"], np.uint8)), **each}
                    for i, each in enumerate(side, start=1)
                ],
            }  # fmt: skip
            coco.createIndex()
            cocos.append(coco)
        evaluation = COCOeval(*cocos, kind)
        evaluation.evaluate()
        evaluation.accumulate()
        evaluation.summarize()
    return tuple(evaluation.stats[:3])


def test_figures_are_those_of_cocoeval_over_all_pictures() -> None:
    draw = np.random.default_rng(0)
    cases = [case(draw) for _ in range(12)]
    rows = np.stack([precision.match_detections(*each) for each in cases])
    assert rows.shape == (12, precision.ROW_WIDTH)
    figures = precision.average_precision(rows)
    for name, kind in (("mask", "segm"), ("box", "bbox")):
        ours = [figures[f"{name}_{figure}"] for figure in ("ap", "ap50", "ap75")]
        np.testing.assert_allclose(ours, of_coco(cases, kind), rtol=1e-6)
    assert 0.05 < figures["mask_ap"] < figures["mask_ap50"] < 1


def test_the_truth_itself_is_found_in_full_and_nothing_finds_nothing() -> None:
    _, true = case(np.random.default_rng(3))
    people = []
    for number in np.unique(true[true > 0]):
        ys, xs = np.nonzero(true == number)
        box = (int(xs.min()), int(ys.min()), int(xs.max()) + 1, int(ys.max()) + 1)
        people.append(Instance(box, 1, 0.9, true == number))
    assert set(precision.average_precision(precision.match_detections(people, true)[None]).values()) == {1.0}
    assert set(precision.average_precision(precision.match_detections([], true)[None]).values()) == {0.0}


def test_without_anybody_there_is_no_figure() -> None:
    empty = np.zeros((H, W), np.uint8)
    found, _ = case(np.random.default_rng(3))
    for people in ([], found):
        assert np.isnan(
            list(precision.average_precision(precision.match_detections(people, empty)[None]).values())
        ).all()


def test_pictures_that_count_several_times_are_those_pictures_several_times() -> None:
    draw = np.random.default_rng(5)
    rows = np.stack([precision.match_detections(*case(draw)) for _ in range(9)])
    rows[6] = rows[3]  # each is as likely as another one
    weights = draw.integers(0, 4, (12, 9))
    weights[0] = 1
    found = precision.ResampledPrecision(rows).metrics(weights.astype(float))
    assert tuple(found) == precision.METRICS
    for i, counts in enumerate(weights):
        for name, figure in precision.average_precision(np.repeat(rows, counts, axis=0)).items():
            assert found[name][i] == pytest.approx(figure, abs=1e-12)


def test_drawn_pictures_that_show_nobody_give_no_figure_and_those_without_a_find_give_0() -> None:
    people, true = case(np.random.default_rng(0))
    empty = np.zeros((H, W), np.uint8)
    rows = np.stack([precision.match_detections(*each) for each in ((people, true), (people, empty), ([], true))])
    found = precision.ResampledPrecision(rows).metrics(np.array([[0.0, 2, 0], [0, 0, 1], [0, 0, 0], [1, 1, 1]]))
    for drawn in found.values():
        assert np.isnan(drawn[[0, 2]]).all()
        assert drawn[1] == 0
    assert found["box_ap50"][3] > 0


def test_nothing_is_printed(capsys: pytest.CaptureFixture[str]) -> None:
    precision.average_precision(precision.match_detections(*case(np.random.default_rng(1)))[None])
    assert capsys.readouterr().out == ""


def test_without_pycocotools_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pycocotools", None)
    with pytest.raises(Problem, match=r"pycocotools isn't installed, .*: pip install 'bgfg\[train\]'"):
        precision.require_pycocotools()
