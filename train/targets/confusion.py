"""Which classes are taken for which: from the counts of it, Dice, IoU and accuracy, of a picture and of many."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from bgfg.train.targets.classes import IGNORED
from numpy.typing import NDArray

Counts = NDArray[np.int64]


def confusion(found: NDArray[np.uint8], true: NDArray[np.uint8], classes: int) -> Counts:
    """Return how many pixels of each true class (rows) were found to be of each (columns), (classes, classes).

    found, true: (h, w) codes; where `true` is IGNORED nothing counts.
    """
    known = true != IGNORED
    pairs = true[known].astype(np.int64) * classes + found[known]
    return np.bincount(pairs, minlength=classes**2).reshape(classes, classes)


def iou(counts: Counts) -> NDArray[np.float64]:
    """Return the intersection over union of each class, (..., classes); NaN for one that is neither true nor found."""
    met, either = _met(counts), _sizes(counts) - _met(counts)
    return _ratio(met, either)


def dice(counts: Counts) -> NDArray[np.float64]:
    """Return twice the intersection over the sizes of both, (..., classes); NaN for one neither true nor found."""
    return _ratio(2 * _met(counts), _sizes(counts))


def accuracy(counts: Counts) -> NDArray[np.float64]:
    """Return the share of pixels whose class is right, (...); NaN without any."""
    return _ratio(_met(counts).sum(-1), counts.sum((-1, -2)))


def figures(images: Sequence[Counts], names: Sequence[str]) -> dict[str, dict[str, float]]:
    """Return the figures of many pictures, by class name, "mean" over the classes last.

    iou, dice: per image (the mean over those pictures that have the class, or in which it was found) and pooled (of the
    counts of all pictures together). accuracy: of the row "mean" alone; per image and pooled.
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


def _met(counts: Counts) -> Counts:
    return np.diagonal(counts, axis1=-2, axis2=-1)


def _sizes(counts: Counts) -> Counts:
    sizes: Counts = counts.sum(-1) + counts.sum(-2)
    return sizes


def _ratio(part: NDArray, whole: NDArray) -> NDArray[np.float64]:
    part, whole = np.asarray(part, np.float64), np.asarray(whole, np.float64)
    return np.where(whole > 0, part / np.where(whole > 0, whole, 1), np.nan)
