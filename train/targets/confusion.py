"""Confusion matrices of classes, and Dice, IoU and accuracy from them, for one picture or many."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from bgfg.train.ops.label_codes import IGNORE_INDEX

ConfusionMatrix = NDArray[np.int64]


def confusion_matrix(predicted: NDArray[np.uint8], true: NDArray[np.uint8], classes: int) -> ConfusionMatrix:
    """Return how many pixels of each true class (rows) were predicted as each class (columns), (classes, classes).

    Args:
        predicted: Predicted codes, (h, w).
        true: True codes, (h, w); where they are IGNORE_INDEX nothing counts.
        classes: Number of classes.
    """
    known = true != IGNORE_INDEX
    pairs = true[known].astype(np.int64) * classes + predicted[known]
    return np.bincount(pairs, minlength=classes**2).reshape(classes, classes)


def iou(counts: NDArray) -> NDArray[np.float64]:
    """Return the intersection over union of each class, (..., classes); NaN for one neither true nor predicted."""
    met, either = _met(counts), _sizes(counts) - _met(counts)
    return _ratio(met, either)


def dice(counts: NDArray) -> NDArray[np.float64]:
    """Return twice the intersection over the sizes of both, (..., classes); NaN for one neither true nor predicted."""
    return _ratio(2 * _met(counts), _sizes(counts))


def accuracy(counts: NDArray) -> NDArray[np.float64]:
    """Return the share of pixels whose class is right, (...); NaN without any."""
    return _ratio(_met(counts).sum(-1), counts.sum((-1, -2)))


def class_metrics(images: Sequence[ConfusionMatrix], names: Sequence[str]) -> dict[str, dict[str, float]]:
    """Return the metrics of many pictures by class name, and "mean" over the classes last.

    Args:
        images: Confusion matrix of each picture.
        names: Names of the classes.

    Returns:
        iou and dice, per image (the mean over the pictures that have the class, or in which it was predicted) and
        pooled (of the matrices of all pictures added up). accuracy: in the row "mean" alone; per image and pooled.
    """
    each = np.stack(images)
    pooled = each.sum(axis=0)
    columns = {
        "iou_image": _mean(iou(each)), "iou_pooled": iou(pooled),
        "dice_image": _mean(dice(each)), "dice_pooled": dice(pooled),
    }  # fmt: skip
    rows = {name: {c: float(values[i]) for c, values in columns.items()} for i, name in enumerate(names)}
    overall = {c: float(_mean(values[:, None])[0]) for c, values in columns.items()}
    rows["mean"] = overall | {
        "accuracy_image": float(_mean(accuracy(each)[:, None])[0]),
        "accuracy_pooled": float(accuracy(pooled)),
    }
    return rows


def _mean(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the means over the first axis of what isn't NaN; NaN where all is."""
    known = ~np.isnan(values)
    return _ratio(np.where(known, values, 0.0).sum(0), known.sum(0))


def _met(counts: NDArray) -> NDArray:
    return np.diagonal(counts, axis1=-2, axis2=-1)


def _sizes(counts: NDArray) -> NDArray:
    sizes: NDArray = counts.sum(-1) + counts.sum(-2)
    return sizes


def _ratio(part: NDArray, whole: NDArray) -> NDArray[np.float64]:
    part, whole = np.asarray(part, np.float64), np.asarray(whole, np.float64)
    return np.where(whole > 0, part / np.where(whole > 0, whole, 1), np.nan)
