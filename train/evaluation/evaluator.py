"""Contestants on the samples of a cell: the scores of each sample, and the thresholds chosen on val."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from bgfg.data_manifests.terminal.progress import Progress
from bgfg.synth.store.store import Corpus
from bgfg.train.augment.pipeline import DISTURBANCES, stress
from bgfg.train.evaluation.methods import CORPUS, OUTPUT, Contestant, Found, Scene
from bgfg.train.stream.identity_cells import Cell, Choice
from bgfg.train.stream.stream import Stream
from bgfg.train.targets.depth import DepthTarget
from bgfg.train.targets.mask import MaskTarget, best_threshold
from bgfg.train.targets.matting_scores import TITLES, matting_scores
from bgfg.train.targets.regions import regions
from numpy.typing import NDArray
from torch import Tensor

CLEAN = "clean"
TOGETHER = "all"
CONDITIONS = (CLEAN, *DISTURBANCES)

# The cell whose samples are put under stress, and the letter that it has then.
STRESSED, STRESS = "D", "E"

# (condition, contestant) -> score -> one a sample.
Scores = dict[tuple[str, str], dict[str, NDArray[np.float64]]]


@dataclass(frozen=True)
class Truth:
    """What is true of n samples: masks (n, 1, h, w) in 0..1 at both sizes; at the size of the network's output the
    depth in metres, what is known of it, bool, and the regions of the mask, bool; None where depth isn't scored.
    """

    mask: Mapping[str, Tensor]
    depth: tuple[Tensor, Tensor] | None
    regions: Mapping[str, Tensor]


def letter(cell: Cell, condition: str) -> str:
    """Return the letter of a cell under a condition."""
    return cell.letter if condition == CLEAN else STRESS


class Trial:
    """Puts contestants to the samples of a corpus.

    output_px: height and width of the network's output. depth: the target of the corpus's own depth, None where depth
    isn't scored. batch: how many samples at a time, which changes no score. mattes: whether masks at the size of the
    corpus are scored as mattes too, which takes its time.
    """

    def __init__(
        self,
        corpus: Corpus,
        contestants: Sequence[Contestant],
        output_px: tuple[int, int],
        depth: DepthTarget | None,
        device: torch.device,
        batch: int,
        progress: Progress,
        mattes: bool = False,
    ) -> None:
        self.corpus, self.contestants, self.depth = corpus, contestants, depth
        self._output_px, self._device, self._batch, self._progress = output_px, device, batch, progress
        self._mask, self._mattes = MaskTarget(), mattes
        # (contestant, condition, size) -> threshold
        self.thresholds: dict[tuple[str, str, str], float] = {}

    @torch.no_grad()
    def choose_thresholds(self, val: Choice) -> None:
        """Choose each mask's threshold, the one with the best mean IoU on val; clean, or for each condition anew."""
        counts: dict[tuple[str, str, str], list[tuple[Tensor, Tensor]]] = defaultdict(list)
        for condition, scene, truth in self._scenes(val.samples, CONDITIONS, "thresholds on val"):
            for contestant in self._taking_part(condition):
                if condition != CLEAN and contestant.soft:
                    continue
                for size, mask in contestant.find(scene).mask.items():
                    found = self._mask.threshold_counts(mask, truth.mask[size])
                    counts[contestant.name, condition, size].append((found[0].cpu(), found[1].cpu()))
        self.thresholds = {
            key: best_threshold(*(torch.cat(parts) for parts in zip(*found, strict=True)))
            for key, found in counts.items()
        }

    def threshold(self, contestant: Contestant, condition: str, size: str) -> float | None:
        """Return the threshold of a contestant's mask; None where it has none."""
        chosen_under = CLEAN if contestant.soft else condition
        return self.thresholds.get((contestant.name, chosen_under, size), contestant.fallback)

    @torch.no_grad()
    def score(self, choice: Choice, conditions: Sequence[str]) -> Scores:
        """Score every contestant on the samples of a cell.

        Returns by (condition, contestant) the scores of each sample, in the order of `choice`: those of the mask as
        in "output.iou" and "corpus.iou", those of a matte as in "corpus.grad", those of the depth as in
        "depth.rmse_band".
        """
        found: dict[tuple[str, str], list[dict[str, Tensor]]] = defaultdict(list)
        title = " and ".join(dict.fromkeys(letter(choice.cell, condition) for condition in conditions))
        for condition, scene, truth in self._scenes(choice.samples, conditions, title):
            for contestant in self._taking_part(condition):
                scores = self._scored(contestant, condition, contestant.find(scene), truth)
                if scores:
                    found[condition, contestant.name].append(scores)
        return {
            key: {name: torch.cat([part[name] for part in parts]).numpy() for name in parts[0]}
            for key, parts in found.items()
        }

    @torch.no_grad()
    def scene(self, sample: NDArray[np.int64], condition: str) -> tuple[Scene, Truth]:
        """Return one sample, (1,), as contestants see it under a condition, and what is true of it."""
        stream = self._stream(sample)
        raw = next(iter(stream))
        return _scene(condition, raw, stream.backgrounds), self._truth(raw)

    def _scenes(
        self, samples: NDArray[np.int64], conditions: Sequence[str], title: str
    ) -> Iterator[tuple[str, Scene, Truth]]:
        stream = self._stream(samples)
        with self._progress(title, len(samples) * len(conditions), 0) as advance:
            for raw in stream:
                truth = self._truth(raw)
                for condition in conditions:
                    yield condition, _scene(condition, raw, stream.backgrounds), truth
                    advance(len(raw["sample"]))

    def _stream(self, samples: NDArray[np.int64]) -> Stream:
        arrays = ("image", "mask") if self.depth is None else ("image", "mask", "depth")
        return Stream(
            self.corpus, batch=self._batch, arrays=arrays, samples=samples, shuffle=False, device=self._device
        )

    def _taking_part(self, condition: str) -> list[Contestant]:
        return [each for each in self.contestants if each.sees or condition == CLEAN]

    def _truth(self, raw: Mapping[str, Tensor]) -> Truth:
        masks = {OUTPUT: self._mask.encode(raw["mask"], self._output_px), CORPUS: raw["mask"].float() / 255}
        if self.depth is None:
            return Truth(masks, None, {})
        inverse, known = self.depth.encode(raw["depth"], self._output_px)
        return Truth(masks, (self.depth.decode(inverse), known), regions(masks[OUTPUT]))

    def _scored(self, contestant: Contestant, condition: str, found: Found, truth: Truth) -> dict[str, Tensor]:
        scores: dict[str, Tensor] = {}
        for size, mask in found.mask.items():
            threshold = self.threshold(contestant, condition, size)
            if threshold is None:
                continue
            alpha = mask if contestant.soft else (mask >= threshold).float()
            of_mask = self._mask.scores(alpha, truth.mask[size], threshold if contestant.soft else 0.5)
            if self._mattes and size == CORPUS:
                of_mask |= _matting_scores(alpha, truth.mask[size])
            scores |= {f"{size}.{name}": values for name, values in of_mask.items()}
        if found.depth_m is not None and truth.depth is not None and self.depth is not None:
            of_depth = self.depth.scores(found.depth_m, *truth.depth, truth.regions)
            scores |= {f"depth.{name}": values for name, values in of_depth.items()}
        return scores


def _scene(condition: str, raw: Mapping[str, Tensor], backgrounds: Tensor) -> Scene:
    own, image, mask = raw["background"], raw["image"], raw["mask"]
    bg = backgrounds[own]
    if condition != CLEAN:
        bg, image = stress(condition, bg, image, mask, raw["sample"], backgrounds, own)
    return Scene(own, bg, image, mask)


def _matting_scores(alpha: Tensor, truth: Tensor) -> dict[str, Tensor]:
    """Return the errors of matting benchmarks of each sample, (n,) float64, on the CPU; both (n, 1, h, w) in 0..1."""
    pairs = zip(alpha[:, 0].float().cpu().numpy(), truth[:, 0].float().cpu().numpy(), strict=True)
    each = [matting_scores(found, true) for found, true in pairs]
    return {name: torch.tensor([scores[name] for scores in each], dtype=torch.float64) for name in TITLES}
