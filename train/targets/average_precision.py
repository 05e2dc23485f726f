"""COCO's average precision of boxes and masks, by pycocotools: picture by picture, and summed up over many.

Matching is COCOeval's for each picture, summing up is COCOeval's for all; between the two a picture is a row of
numbers, which can be gathered across processes. Matching is done for each picture on its own, so that a picture
resampled for a confidence interval brings its row again.
"""

from __future__ import annotations

import importlib
import io
from collections.abc import Sequence
from contextlib import redirect_stdout
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.ops.instances import Instance

# Detections of a picture that count at most: COCO's limit.
MAX_DETECTIONS = 100

# Number of IoU thresholds, 0.50, 0.55 ... 0.95, and the recalls at which COCO takes the precision.
_THRESHOLDS = 10
_RECALLS = np.linspace(0, 1, 101)
_KINDS = {"mask": "segm", "box": "bbox"}
_CATEGORY = 1
_ANY_AREA = [0, 1e10]

METRICS = tuple(f"{kind}_{metric}" for kind in _KINDS for metric in ("ap", "ap50", "ap75"))

# What a picture has of each class: the number of people, and for masks and boxes the scores (-1: no detection) and, at
# each threshold, which detections are matched.
ROW_WIDTH = 1 + len(_KINDS) * MAX_DETECTIONS * (1 + _THRESHOLDS)


def require_pycocotools() -> None:
    """Raise Problem where pycocotools isn't installed."""
    try:
        importlib.import_module("pycocotools")
    except ImportError as error:
        line = "pycocotools isn't installed, by which instances are scored: pip install 'bgfg[train]'"
        raise Problem(line) from error


def match_detections(
    detections: Sequence[Instance], true: NDArray[np.uint8], labels: NDArray[np.uint8] | None = None, classes: int = 1
) -> NDArray[np.float32]:
    """Match the detections of a picture to its people; return what `average_precision` needs of it.

    Args:
        detections: Detections, the likeliest first; of each class 100 count.
        true: (H, W), 0 where nobody is, and a number of their own for each person.
        labels: (H, W), the class of whoever is at each pixel, from 1 on; None where all are of class 1.
        classes: How many classes there are.

    Returns:
        (classes * ROW_WIDTH,).
    """
    rows = []
    for label in range(1, classes + 1):
        of_class = true if labels is None else np.where(labels == label, true, np.uint8(0))
        rows.append(_match([instance for instance in detections if instance.label == label], of_class))
    return np.concatenate(rows)


def people_of(rows: NDArray[np.floating]) -> NDArray[np.int64]:
    """Return how many people each of N pictures shows, (N,), from rows of `match_detections`."""
    people: NDArray[np.int64] = rows.reshape(len(rows), -1, ROW_WIDTH)[:, :, 0].sum(axis=1).astype(np.int64)
    return people


def _match(detections: Sequence[Instance], true: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Match the detections of one class in a picture, (ROW_WIDTH,)."""
    people = detections[:MAX_DETECTIONS]
    masks = [true == number for number in np.unique(true[true > 0])]
    truth = _coco([{"bbox": _box(mask)} for mask in masks], masks, true.shape)
    sides = [instance.box_px for instance in people]
    boxes = [{"bbox": [left, top, right - left, bottom - top]} for left, top, right, bottom in sides]
    scored = [box | {"score": instance.score} for box, instance in zip(boxes, people, strict=True)]
    detected = _coco(scored, [instance.mask for instance in people], true.shape)
    row = [np.array([len(masks)], np.float32)]
    for kind in _KINDS.values():
        scores, matches = np.full(MAX_DETECTIONS, -1, np.float32), np.zeros((_THRESHOLDS, MAX_DETECTIONS), np.float32)
        evaluation = _evaluation(kind, truth, detected)
        evaluation.params.imgIds, evaluation.params.catIds = [1], [_CATEGORY]
        with redirect_stdout(io.StringIO()):
            evaluation.evaluate()
        for picture in filter(None, evaluation.evalImgs):
            scores[: len(people)] = picture["dtScores"]
            matches[:, : len(people)] = picture["dtMatches"] > 0
        row += [scores, matches.ravel()]
    return np.concatenate(row)


def average_precision(rows: NDArray[np.floating]) -> dict[str, float]:
    """Return COCO's metrics of N pictures: mask_ap, mask_ap50, mask_ap75, and the same for boxes.

    ap is the mean over the IoU thresholds 0.50, 0.55 ... 0.95. NaN where there is nobody to be found.

    Where there are several classes, metrics are means over those that are shown.

    Args:
        rows: (N, classes * ROW_WIDTH), of `match_detections`.
    """
    each = [_of_class(rows[:, i : i + ROW_WIDTH]) for i in range(0, rows.shape[1], ROW_WIDTH)]
    return {name: float(_mean_of_shown(np.array([metrics[name] for metrics in each]))) for name in METRICS}


def _mean_of_shown(values: NDArray[np.float64]) -> Any:
    """Return the mean over the first axis of what is no NaN; NaN where all is."""
    shown = ~np.isnan(values)
    with np.errstate(invalid="ignore"):
        return np.where(shown, values, 0).sum(axis=0) / shown.sum(axis=0)


def _of_class(rows: NDArray[np.floating]) -> dict[str, float]:
    """Return the metrics of one class. rows: (N, ROW_WIDTH)."""
    metrics: dict[str, float] = {}
    for at, (name, kind) in enumerate(_KINDS.items()):
        part = rows[:, 1:].reshape(len(rows), len(_KINDS), 1 + _THRESHOLDS, MAX_DETECTIONS)[:, at]
        evaluation = _evaluation(kind)
        evaluation.params.imgIds, evaluation.params.catIds = list(range(len(rows))), [_CATEGORY]
        evaluation.evalImgs = [_of_picture(int(count), each) for count, each in zip(rows[:, 0], part, strict=True)]
        # COCOeval sums up what `evaluate` would have left: the matches of the rows are put in its place.
        evaluation._paramsEval = evaluation.params
        with redirect_stdout(io.StringIO()):
            evaluation.accumulate()
        precision = evaluation.eval["precision"].reshape(_THRESHOLDS, -1)  # (thresholds, recalls), -1 without truth
        means = np.where(precision < 0, np.nan, precision).mean(axis=1)
        metrics |= {f"{name}_ap": float(means.mean()), f"{name}_ap50": float(means[0]), f"{name}_ap75": float(means[5])}
    return metrics


class ResampledPrecision:
    """The same metrics under many weightings of the pictures, as a bootstrap needs them.

    Precision is highest, and recall rises, where somebody is rightly found; so AP is a sum over those alone: at each of
    them the highest precision from there on, times how many of COCO's 101 recalls lie between it and the one before.

    Args:
        rows: (N, classes * ROW_WIDTH), of `match_detections`.
    """

    def __init__(self, rows: NDArray[np.floating]) -> None:
        parts = (rows[:, i : i + ROW_WIDTH] for i in range(0, rows.shape[1], ROW_WIDTH))
        self._classes = [_ResampledClass(part) for part in parts]

    def metrics(self, weights: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
        """Return each metric for each row of weights (r, N), (r,); NaN where there is nobody to be found."""
        each = [of_class.metrics(weights) for of_class in self._classes]
        return {name: _mean_of_shown(np.stack([metrics[name] for metrics in each])) for name in METRICS}


class _ResampledClass:
    """The metrics of one class under many weightings of the pictures."""

    def __init__(self, rows: NDArray[np.floating]) -> None:
        self._counts = rows[:, 0].astype(np.float64)
        parts = rows[:, 1:].reshape(len(rows), len(_KINDS), 1 + _THRESHOLDS, MAX_DETECTIONS)
        self._found = {name: _by_score(parts[:, at]) for at, name in enumerate(_KINDS)}

    def metrics(self, weights: NDArray[np.float64]) -> dict[str, NDArray[np.float64]]:
        """Return each metric for each row of weights (r, N), (r,); NaN where nobody of the class is to be found."""
        metrics: dict[str, NDArray[np.float64]] = {}
        people = weights @ self._counts
        for name, (picture, matches) in self._found.items():
            detections_so_far = weights[:, picture].cumsum(axis=1)
            each = np.stack([_area(weights, picture, right, detections_so_far, people) for right in matches])
            metrics |= {f"{name}_ap": each.mean(axis=0), f"{name}_ap50": each[0], f"{name}_ap75": each[5]}
        return metrics


def _by_score(part: NDArray[np.floating]) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
    """Return the picture of each of D detections, the likeliest first, and whether it is matched, (thresholds, D)."""
    there = part[:, 0] >= 0
    order = np.argsort(-part[:, 0][there], kind="stable")
    matches = part[:, 1:].transpose(1, 0, 2)[:, there] > 0
    return np.nonzero(there)[0][order], matches[:, order]


def _area(
    weights: NDArray[np.float64], picture: NDArray[np.intp], right: NDArray[np.bool_],
    detections_so_far: NDArray[np.float64], people: NDArray[np.float64],
) -> NDArray[np.float64]:  # fmt: skip
    """Return AP at one threshold for each row of weights, (r,).

    detections_so_far: (r, D), the weight of the detections up to each one.
    """
    true = weights[:, picture[right]].cumsum(axis=1)
    with np.errstate(invalid="ignore"):  # 0 / 0: a precision of 0; and a recall without people, which becomes NaN below
        precision = np.nan_to_num(true / detections_so_far[:, right])
        recall = true / people[:, None]
    highest = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
    reached = np.searchsorted(_RECALLS, recall, side="right")
    area = (highest * np.diff(reached, axis=1, prepend=0)).sum(axis=1) / len(_RECALLS)
    return np.where(people > 0, area, np.nan)


def _of_picture(count: int, row: NDArray[np.floating]) -> dict[str, Any]:
    """Return a picture's part of a row, (1 + thresholds, MAX_DETECTIONS), as COCOeval has it."""
    there = row[0] >= 0
    matches = row[1:, there]
    return {
        "dtScores": row[0, there].tolist(),
        "dtMatches": matches,
        "dtIgnore": np.zeros(matches.shape, bool),
        "gtIgnore": np.zeros(count, bool),
    }


def _evaluation(kind: str, *both: Any) -> Any:
    """Return COCOeval for masks or boxes of any size."""
    evaluation = importlib.import_module("pycocotools.cocoeval").COCOeval(*both or (None, None), kind)
    evaluation.params.areaRng, evaluation.params.areaRngLbl = [_ANY_AREA], ["all"]
    evaluation.params.maxDets = [MAX_DETECTIONS]
    return evaluation


def _coco(annotations: Sequence[dict[str, Any]], masks: Sequence[NDArray[np.bool_]], shape: tuple[int, ...]) -> Any:
    """Return the annotations of one picture, each with its mask, as pycocotools has them; ids count from 1."""
    coco = importlib.import_module("pycocotools.coco").COCO()
    encode = importlib.import_module("pycocotools.mask").encode
    coco.dataset = {
        "images": [{"id": 1, "height": shape[0], "width": shape[1]}],
        "categories": [{"id": _CATEGORY}],
        "annotations": [
            annotation | {"id": i, "image_id": 1, "category_id": _CATEGORY, "iscrowd": 0, "area": int(mask.sum()),
                          "segmentation": encode(np.asfortranarray(mask, np.uint8))}
            for i, (annotation, mask) in enumerate(zip(annotations, masks, strict=True), start=1)
        ],
    }  # fmt: skip
    with redirect_stdout(io.StringIO()):
        coco.createIndex()
    return coco


def _box(mask: NDArray[np.bool_]) -> list[float]:
    """Return left, top, width and height of the box around a mask."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return [float(columns[0]), float(rows[0]), float(np.ptp(columns) + 1), float(np.ptp(rows) + 1)]
