"""Scores of real pictures of classes, and of people one by one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from bgfg.train.evaluation.bootstrap import PigeonholeBootstrap
from bgfg.train.evaluation.instances import precision_estimates
from bgfg.train.evaluation.real_pictures import RealTruth
from bgfg.train.evaluation.real_scores import Figures, MeanScores, Panels
from bgfg.train.inference.inputs import InputImages
from bgfg.train.inference.predictor import Prediction
from bgfg.train.models.model_card import ModelCard
from bgfg.train.ops.instances import Instance, colour_instances, number_map
from bgfg.train.ops.label_codes import IGNORE_INDEX
from bgfg.train.targets import average_precision as precision
from bgfg.train.targets import confusion
from bgfg.train.viz.sheet import picture_of_classes


class ClassesScorer:
    """Scores of classes; beside the network stands the class that is none of the others, everywhere."""

    kind, ranked_by = "classes", "mean IoU"

    def __init__(self, card: ModelCard, names: tuple[str, ...], background: int) -> None:
        self._card, self._names, self._background = card, names, background
        self._scores = MeanScores()

    def add(self, images: InputImages, found: Prediction, truth: RealTruth) -> None:
        """Score a picture."""
        assert found.classes is not None
        true = truth.codes()
        nothing = np.full_like(found.classes, self._background)
        for method, codes in ((self._card.name, found.classes), (f"all {self._names[self._background]}", nothing)):
            counts = confusion.confusion_matrix(codes, true, len(self._names))
            each = confusion.iou(counts)
            mean = float(np.nanmean(each)) if not np.isnan(each).all() else float("nan")
            of_classes = {f"iou_{name}": float(value) for name, value in zip(self._names, each, strict=True)}
            self._scores.add(method, {"miou": mean, "accuracy": float(confusion.accuracy(counts)), **of_classes})

    def goodness(self) -> NDArray[np.float64]:
        """Return the mean IoU over the classes of each picture."""
        return np.array(self._scores.values[self._card.name]["miou"])

    def figures(self, bootstrap: PigeonholeBootstrap) -> Iterator[tuple[str, Figures]]:
        """Yield the network's figures, then the baseline's."""
        for method in self._scores.values:
            yield method, self._scores.estimates(method, self.kind, bootstrap)

    def panels(self, found: Prediction, truth: RealTruth) -> Panels:
        """Draw the true and the predicted classes."""
        assert found.classes is not None
        return {"true classes": picture_of_classes(truth.codes()), "classes": picture_of_classes(found.classes)}


class InstancesScorer:
    """COCO's average precision of people one by one; beside the network stands the whole picture as one."""

    kind, ranked_by = "instances", "mask AP"

    def __init__(self, card: ModelCard) -> None:
        precision.require_pycocotools()
        self._card = card
        self._rows: dict[str, list[NDArray[np.float32]]] = defaultdict(list)

    def add(self, images: InputImages, found: Prediction, truth: RealTruth) -> None:
        """Match what was found in a picture with its truth."""
        assert found.instances is not None
        numbers = _numbers(truth)
        height_px, width_px = numbers.shape
        whole = Instance((0, 0, width_px, height_px), 1, 1.0, np.ones(numbers.shape, np.bool_))
        for method, instances in ((self._card.name, found.instances), ("the whole picture", [whole])):
            self._rows[method].append(precision.match_detections(instances, numbers))

    def goodness(self) -> NDArray[np.float64]:
        """Return the average precision of each picture's own masks."""
        return np.array([precision.average_precision(row[None])["mask_ap"] for row in self._rows[self._card.name]])

    def figures(self, bootstrap: PigeonholeBootstrap) -> Iterator[tuple[str, Figures]]:
        """Yield the network's figures, then the baseline's; replicates weigh pictures, whose matches stay."""
        for method, rows in self._rows.items():
            estimates = precision_estimates(np.stack(rows), bootstrap)
            yield method, {f"{self.kind}.{name}": estimate for name, estimate in estimates.items()}

    def panels(self, found: Prediction, truth: RealTruth) -> Panels:
        """Draw the true people and those that were surely found, each in a colour of their own."""
        numbers = _numbers(truth)
        sure = [each for each in found.instances or () if each.score >= self._card.threshold]
        drawn = {"true people": numbers, "found people": number_map(sure, numbers.shape)}
        return {title: colour_instances(each) for title, each in drawn.items()}


def _numbers(truth: RealTruth) -> NDArray[np.uint8]:
    codes = truth.codes()
    return np.where(codes == IGNORE_INDEX, np.uint8(0), codes)
