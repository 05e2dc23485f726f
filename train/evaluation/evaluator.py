"""The evaluator: scores of methods on each sample of a cell, and the thresholds chosen on val."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from bgfg.data_manifests.terminal.progress import Advance, Progress
from bgfg.synth.store.corpus import Corpus
from bgfg.train.augment.stress import DISTURBANCES, stress
from bgfg.train.evaluation.methods import AT_CORPUS, AT_OUTPUT, EvalBatch, Method
from bgfg.train.evaluation.running import Found, Spread, find
from bgfg.train.stream.evaluation_cells import CellSamples, EvaluationCell
from bgfg.train.stream.stream import Stream
from bgfg.train.targets.depth import DepthTarget
from bgfg.train.targets.mask import MaskTarget, best_threshold
from bgfg.train.targets.matting_scores import ERROR_TITLES, matting_scores
from bgfg.train.targets.regions import regions

CLEAN = "clean"
CONDITIONS = (CLEAN, *DISTURBANCES)

# The cell whose samples are evaluated under stress too, and its letter then.
STRESSED_CELL = "D"
STRESS_LETTER = "E"

# What an evaluator may be asked for.
_COUNTS, _SCORES = "counts", "scores"

# (condition, name of the method) -> name of the score -> (n,), one a sample.
MethodScores = dict[tuple[str, str], dict[str, NDArray[np.float64]]]


@dataclass(frozen=True)
class GroundTruth:
    """The truth of n samples.

    Attributes:
        masks: (n, 1, h, w) in 0..1 by the size at which masks are scored.
        depth: Depth in metres, and bool where it is known, at the size of the network's output; None where depth isn't
            scored.
        regions: Regions of the mask by name, bool at the same size; empty where depth isn't scored.
    """

    masks: Mapping[str, Tensor]
    depth: tuple[Tensor, Tensor] | None
    regions: Mapping[str, Tensor]


def cell_letter(cell: EvaluationCell, condition: str) -> str:
    """Return the letter of a cell under a condition."""
    return cell.letter if condition == CLEAN else STRESS_LETTER


@dataclass(frozen=True)
class Asked:
    """What is asked for of samples.

    Attributes:
        what: The counts by which thresholds are chosen, or the scores.
        conditions: Under which the samples are seen.
        thresholds: Those that are chosen already.
    """

    what: str
    conditions: tuple[str, ...]
    thresholds: Mapping[tuple[str, str, str], float]


class Evaluator:
    """Scores methods on the samples of a corpus.

    Attributes:
        corpus: The corpus.
        methods: The methods, the network first.
        depth: The target of the corpus's own depth, None where depth isn't scored.
        conditions: Under which samples can be scored, the clean one first.
        thresholds: Threshold of a mask by name of the method, condition and size; empty until they are chosen.
    """

    def __init__(
        self,
        corpus: Corpus,
        methods: Sequence[Method],
        output_px: tuple[int, int],
        depth: DepthTarget | None,
        device: torch.device,
        batch: int,
        progress: Progress,
        mattes: bool = False,
        bare: bool = False,
        spread: Spread | None = None,
    ) -> None:
        """Prepare to score.

        Args:
            corpus: The corpus.
            methods: The methods, the network first.
            output_px: Height and width of the network's output.
            depth: The target of the corpus's own depth, None to leave depth out.
            device: Where scores are computed.
            batch: Samples at a time, which changes no score.
            progress: Shows progress.
            mattes: Whether masks at the size of the corpus are scored as mattes too, which takes long.
            bare: Whether methods do without backgrounds, which nobody knows of all samples: then nothing is disturbed,
                for disturbances are mostly of the second shot.
            spread: What has the samples scored by a cluster, if there is one.
        """
        self.corpus, self.methods, self.depth = corpus, methods, depth
        self._output_px, self._device, self._batch, self._progress = output_px, device, batch, progress
        self._spread = spread
        self._mask, self._mattes = MaskTarget(), mattes
        self.conditions: tuple[str, ...] = (CLEAN,) if bare else CONDITIONS
        self.thresholds: dict[tuple[str, str, str], float] = {}

    def choose_thresholds(self, val: CellSamples) -> None:
        """Choose the threshold of each method's mask that has the best mean IoU on val.

        An alpha has one threshold, that of clean pictures; a score has one for each condition.
        """
        counts = self._find(_COUNTS, val.samples, self.conditions, "thresholds on val")
        self.thresholds = {
            (method, condition, size): best_threshold(
                *(torch.from_numpy(counts[condition, method, (size, number)]) for number in (0, 1))
            )
            for condition, method, (size, number) in counts
            if number == 0
        }

    def threshold(self, method: Method, condition: str, size: str) -> float | None:
        """Return the threshold of a method's mask under a condition at a size; None where it has none."""
        chosen_under = CLEAN if method.has_alpha else condition
        return self.thresholds.get((method.name, chosen_under, size), method.fallback_threshold)

    def score(self, choice: CellSamples, conditions: Sequence[str]) -> MethodScores:
        """Score every method on the samples of a cell.

        Returns:
            The scores of each sample by condition and method, in the order of `choice`: those of the mask are named
            like "output.iou" and "corpus.iou", those of a matte like "corpus.grad", those of the depth like
            "depth.rmse_band".
        """
        title = " and ".join(dict.fromkeys(cell_letter(choice.cell, condition) for condition in conditions))
        scores: MethodScores = defaultdict(dict)
        for (condition, method, name), values in self._find(_SCORES, choice.samples, conditions, title).items():
            scores[condition, method][name] = values
        return dict(scores)

    def _find(self, what: str, samples: NDArray[np.int64], conditions: Sequence[str], title: str) -> Found:
        asked = Asked(what, tuple(conditions), dict(self.thresholds))
        return find(self, asked, samples, title, self._progress, self._spread, passes=len(conditions))

    @torch.no_grad()
    def found(self, request: Asked, samples: NDArray[np.int64], advance: Advance) -> Found:
        """Return the counts or scores of some samples by condition, name of the method, and name."""
        self.thresholds = dict(request.thresholds)
        take = self._counts_of_batch if request.what == _COUNTS else self._score_batch
        parts: dict[Any, list[NDArray[Any]]] = defaultdict(list)
        for condition, batch, truth in self._batches(samples, request.conditions, advance):
            for method in self._methods_under(condition):
                for name, values in take(method, condition, batch, truth).items():
                    parts[condition, method.name, name].append(values.cpu().numpy())
        return {name: np.concatenate(arrays) for name, arrays in parts.items()}

    @torch.no_grad()
    def single_sample(self, sample: NDArray[np.int64], condition: str) -> tuple[EvalBatch, GroundTruth]:
        """Return one sample, given as (1,), as methods see it under a condition, and its truth."""
        stream = self._stream(sample)
        raw = next(iter(stream))
        return self._eval_batch(condition, raw, stream), self._truth(raw)

    def _batches(
        self, samples: NDArray[np.int64], conditions: Sequence[str], advance: Advance
    ) -> Iterator[tuple[str, EvalBatch, GroundTruth]]:
        stream = self._stream(samples)
        for raw in stream:
            truth = self._truth(raw)
            for condition in conditions:
                yield condition, self._eval_batch(condition, raw, stream), truth
                advance(len(raw["sample"]))

    def _stream(self, samples: NDArray[np.int64]) -> Stream:
        arrays = ("image", "mask") if self.depth is None else ("image", "mask", "depth")
        return Stream(
            self.corpus, batch=self._batch, arrays=arrays, samples=samples, shuffle=False, device=self._device
        )

    def _eval_batch(self, condition: str, raw: Mapping[str, Tensor], stream: Stream) -> EvalBatch:
        own, image, mask = raw["background"], raw["image"], raw["mask"]
        if len(self.conditions) == 1:
            return EvalBatch(own, None, image, mask)
        bg = stream.backgrounds[own]
        if condition != CLEAN:
            bg, image = stress(condition, bg, image, mask, raw["sample"], stream.backgrounds, own)
        return EvalBatch(own, bg, image, mask)

    def _methods_under(self, condition: str) -> list[Method]:
        """Return the methods whose output can differ under a condition from that of clean pictures."""
        return [each for each in self.methods if each.uses_images or condition == CLEAN]

    def _truth(self, raw: Mapping[str, Tensor]) -> GroundTruth:
        masks = {AT_OUTPUT: self._mask.encode(raw["mask"], self._output_px), AT_CORPUS: raw["mask"].float() / 255}
        if self.depth is None:
            return GroundTruth(masks, None, {})
        inverse, known = self.depth.encode(raw["depth"], self._output_px)
        return GroundTruth(masks, (self.depth.decode(inverse), known), regions(masks[AT_OUTPUT]))

    def _counts_of_batch(
        self, method: Method, condition: str, batch: EvalBatch, truth: GroundTruth
    ) -> dict[Any, Tensor]:
        if condition != CLEAN and method.has_alpha:  # keeps the threshold of clean pictures
            return {}
        counts = {
            size: self._mask.threshold_counts(mask, truth.masks[size])
            for size, mask in method.predict(batch).masks.items()
        }
        return {(size, number): counts[size][number] for size in counts for number in (0, 1)}

    def _score_batch(self, method: Method, condition: str, batch: EvalBatch, truth: GroundTruth) -> dict[Any, Tensor]:
        found, scores = method.predict(batch), dict[Any, Tensor]()
        for size, mask in found.masks.items():
            threshold = self.threshold(method, condition, size)
            if threshold is None:  # nothing to choose one on
                continue
            alpha = mask if method.has_alpha else (mask >= threshold).float()
            of_mask = self._mask.scores(alpha, truth.masks[size], threshold if method.has_alpha else 0.5)
            if self._mattes and size == AT_CORPUS:
                of_mask |= _matting_scores(alpha, truth.masks[size])
            scores |= {f"{size}.{name}": values for name, values in of_mask.items()}
        if found.depth_m is not None and truth.depth is not None and self.depth is not None:
            of_depth = self.depth.scores(found.depth_m, *truth.depth, truth.regions)
            scores |= {f"depth.{name}": values for name, values in of_depth.items()}
        return scores


def _matting_scores(alpha: Tensor, truth: Tensor) -> dict[str, Tensor]:
    """Return the errors of matting benchmarks of each sample, (n,) float64, on the CPU; both (n, 1, h, w) in 0..1."""
    pairs = zip(alpha[:, 0].float().cpu().numpy(), truth[:, 0].float().cpu().numpy(), strict=True)
    each = [matting_scores(found, true) for found, true in pairs]
    return {name: torch.tensor([scores[name] for scores in each], dtype=torch.float64) for name in ERROR_TITLES}
