"""Scores of single real pictures: what a network found in each, and a baseline beside it, against the truth."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from bgfg.train.evaluation.bootstrap import Estimate, PigeonholeBootstrap
from bgfg.train.evaluation.real_pictures import RealTruth
from bgfg.train.inference.inputs import InputImages
from bgfg.train.inference.predictor import Prediction
from bgfg.train.models.model_card import ModelCard
from bgfg.train.targets.depth import DepthTarget
from bgfg.train.targets.mask import THRESHOLDS, MaskTarget, best_threshold
from bgfg.train.targets.matting_scores import matting_scores
from bgfg.train.targets.regions import regions
from bgfg.train.viz.sheet import picture_of_depth, picture_of_mask

Panels = dict[str, NDArray[np.uint8]]
Figures = Mapping[str, Estimate]


class RealScorer(Protocol):
    """Scores of one output of a network, collected picture by picture.

    Attributes:
        kind: What is scored, which begins the names of figures: "mask", "depth", "classes" or "instances".
        ranked_by: What pictures are ranked by, in words.
    """

    kind: str
    ranked_by: str

    def add(self, images: InputImages, found: Prediction, truth: RealTruth) -> None:
        """Score a picture; its scores are NaN where nothing is known of it."""

    def goodness(self) -> NDArray[np.float64]:
        """Return how good each picture is, (n,), the more the better."""

    def figures(self, bootstrap: PigeonholeBootstrap) -> Iterator[tuple[str, Figures]]:
        """Yield the methods, the network first, with their figures by name."""

    def panels(self, found: Prediction, truth: RealTruth) -> Panels:
        """Draw the truth of a picture and what was found, by title."""


class MeanScores:
    """Figures that are means of those of single pictures, by method and name."""

    def __init__(self) -> None:
        self.values: dict[str, dict[str, list[float]]] = defaultdict(lambda: defaultdict(list))

    def add(self, method: str, scores: Mapping[str, float]) -> None:
        """Add the scores of a picture."""
        for name, value in scores.items():
            self.values[method][name].append(value)

    def estimates(self, method: str, kind: str, bootstrap: PigeonholeBootstrap) -> Figures:
        """Return the means of a method's scores with their intervals."""
        return {f"{kind}.{name}": bootstrap.estimate(np.array(each)) for name, each in self.values[method].items()}


class MaskScorer:
    """Scores of masks, and of mattes as such too.

    Beside a network of two shots stands the difference of the shots, at the threshold that is best for these very
    pictures; beside one of a single picture, all of it as the mask.
    """

    kind, ranked_by = "mask", "IoU"

    def __init__(self, card: ModelCard) -> None:
        self._card, self._target, self._scores = card, MaskTarget(), MeanScores()
        # Of the difference: pixels in both masks and in either, at each threshold; and all pixels.
        self._counts: list[tuple[torch.Tensor, torch.Tensor, int]] = []

    def add(self, images: InputImages, found: Prediction, truth: RealTruth) -> None:
        """Score a picture."""
        assert found.person is not None
        alpha, known = truth.alpha()
        person = found.person.alpha * known
        scores = self._scored(person, alpha, self._card.threshold)
        if "matte" in self._card.outputs:
            scores |= {f"matte_{name}": value for name, value in matting_scores(person, alpha).items()}
        self._scores.add(self._card.name, scores)
        if images.background is None:
            self._scores.add("all foreground", self._scored(known.astype(np.float32), alpha, 0.5))
            return
        difference = np.abs(images.picture.astype(np.int16) - images.background).max(axis=2) / np.float32(255)
        met, either = self._target.threshold_counts(_maps(np.sqrt(difference) * known), _maps(alpha))
        self._counts.append((met, either, alpha.size))

    def goodness(self) -> NDArray[np.float64]:
        """Return the IoU of each picture."""
        return np.array(self._scores.values[self._card.name]["iou"])

    def figures(self, bootstrap: PigeonholeBootstrap) -> Iterator[tuple[str, Figures]]:
        """Yield the network's figures, then the baseline's."""
        if self._counts:
            self._score_difference()
        for method in list(self._scores.values):
            yield method, self._scores.estimates(method, self.kind, bootstrap)

    def panels(self, found: Prediction, truth: RealTruth) -> Panels:
        """Draw the true and the predicted mask."""
        assert found.person is not None
        return {"true mask": picture_of_mask(truth.alpha()[0]), "predicted mask": picture_of_mask(found.person.alpha)}

    def _scored(self, alpha: NDArray[np.float32], true: NDArray[np.float32], threshold: float) -> dict[str, float]:
        scores = self._target.scores(_maps(alpha), _maps(true), threshold)
        return {name: float(values[0]) for name, values in scores.items()}

    def _score_difference(self) -> None:
        """Score the difference of the shots by what was counted at each threshold."""
        met, either = (torch.cat(parts) for parts in list(zip(*self._counts, strict=True))[:2])
        chosen = best_threshold(met, either)
        at = int(np.searchsorted(THRESHOLDS, chosen))
        for met_px, either_px, (_, _, all_px) in zip(met[:, at], either[:, at], self._counts, strict=True):
            both, any_of = int(met_px), int(either_px)
            name = f"difference, threshold {chosen**2 * 255:.0f} levels"
            self._scores.add(
                name,
                {
                    "iou": both / any_of if any_of else 1.0,
                    "dice": 2 * both / (any_of + both) if any_of else 1.0,
                    "accuracy": 1 - (any_of - both) / all_px,
                },
            )


class DepthScorer:
    """Scores of depth in metres; beside the network stands one depth for all of a picture, the median of its truth."""

    kind, ranked_by = "depth", "-RMSE in metres"

    def __init__(self, card: ModelCard) -> None:
        assert card.near_m is not None
        assert card.far_m is not None
        self._card, self._target = card, DepthTarget(np.zeros(1), card.near_m, card.far_m)
        self._scores = MeanScores()

    def add(self, images: InputImages, found: Prediction, truth: RealTruth) -> None:
        """Score a picture."""
        assert found.depth_m is not None
        true_m = truth.depth_m()
        true_m = np.zeros_like(found.depth_m) if true_m is None else true_m
        known = true_m > 0
        middle_m = np.median(true_m[known]) if known.any() else 1.0
        parts = regions(_maps(truth.alpha()[0]))
        for method, metres in ((self._card.name, found.depth_m), ("its median", np.full_like(true_m, middle_m))):
            scores = self._target.scores(_maps(metres), _maps(np.where(known, true_m, 1.0)), _maps(known), parts)
            self._scores.add(method, {name: float(values[0]) for name, values in scores.items()})

    def goodness(self) -> NDArray[np.float64]:
        """Return the RMSE of each picture, negative."""
        return -np.array(self._scores.values[self._card.name]["rmse_m"])

    def figures(self, bootstrap: PigeonholeBootstrap) -> Iterator[tuple[str, Figures]]:
        """Yield the network's figures, then the baseline's."""
        for method in self._scores.values:
            yield method, self._scores.estimates(method, self.kind, bootstrap)

    def panels(self, found: Prediction, truth: RealTruth) -> Panels:
        """Draw the true and the predicted depth, on one scale."""
        assert found.depth_m is not None
        true_m = truth.depth_m()
        maps = {"true depth": np.zeros_like(found.depth_m) if true_m is None else true_m, "depth": found.depth_m}
        ends = self._target.near_m, self._target.far_m
        return {title: picture_of_depth(metres, *ends) for title, metres in maps.items()}


def _maps(pixels: NDArray) -> torch.Tensor:
    """Return (H, W) as a batch of one map, (1, 1, H, W)."""
    return torch.from_numpy(np.ascontiguousarray(pixels))[None, None]
