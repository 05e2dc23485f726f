"""Validation: scores of a network on the same samples of the split val each time, as they are and under stress."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from bgfg.train.engine.batch import Batch
from bgfg.train.engine.loader import Batches
from bgfg.train.targets.objective import Objective
from bgfg.train.viz.sheet import Row, picture_of_input


@dataclass(frozen=True)
class ValidationResult:
    """The scores of a network.

    Attributes:
        metrics: Losses and scores by name, as metrics.csv has them.
        threshold: The threshold with the best mean IoU of the mask on the samples as they are; None where no mask is
            learnt.
        score: 0..1, the more the better: the mean of the metrics by which its targets rank networks (IoU, delta1).
        rows: Some samples for a sheet.
    """

    metrics: Mapping[str, float]
    threshold: float | None
    score: float
    rows: tuple[Row, ...]


class Validator:
    """Validates networks on the samples of the split val, under each condition."""

    def __init__(
        self,
        batches: Mapping[str, Batches],
        objective: Objective,
        fabric: Fabric,
        sheet_rows: int,
        objectives: Mapping[str, Objective] | None = None,
    ) -> None:
        """Validate on batches.

        Args:
            batches: Batches by the name of their condition, the first with the pictures as they are; whole epochs of
                them are taken.
            objective: The targets.
            fabric: Precision and ranks; scores are those of the samples of all ranks.
            sheet_rows: How many samples are shown.
            objectives: The targets of those conditions whose samples don't have all of them.
        """
        self._batches, self._fabric, self._sheet_rows = batches, fabric, sheet_rows
        self._objectives = dict.fromkeys(batches, objective) | dict(objectives or {})

    @property
    def metric_names(self) -> list[str]:
        """Names of the metrics."""
        names = []
        for condition, objective in self._objectives.items():
            scores = (name for target in objective.targets.values() for name in target.metric_names)
            names += [f"{condition}_{score}" for score in ("loss", *scores)]
        return names

    @torch.no_grad()
    def validate(self, net: nn.Module) -> ValidationResult:
        """Score a network, which is in evaluation mode."""
        metrics: dict[str, float] = {}
        rows: list[Row] = []
        good: list[float] = []
        threshold = None
        for condition, batches in self._batches.items():
            objective = self._objectives[condition]
            scored, seen = _ScoredSamples(objective), 0
            batches.stream.set_epoch(0)
            for batch in batches:
                with self._fabric.autocast():
                    outputs = {name: output.float() for name, output in net(*batch.inputs).items()}
                scored.add(outputs, batch)
                if not metrics:  # sheets show the first condition alone
                    chosen = [i - seen for i in self._shown(batches) if 0 <= i - seen < len(batch.samples)]
                    rows += sheet_rows(objective, batch, outputs, chosen)
                    seen += len(batch.samples)
            scores, goodness, threshold = scored.scores(self._fabric, threshold)
            metrics |= {f"{condition}_{name}": value for name, value in scores.items()}
            good += goodness
        return ValidationResult(metrics, threshold, sum(good) / len(good), tuple(rows))

    def _shown(self, batches: Batches) -> list[int]:
        """Return the positions of the samples that a sheet shows, evenly spread."""
        count = len(batches.stream.samples)
        return sorted({i * count // self._sheet_rows for i in range(self._sheet_rows)})


class _ScoredSamples:
    """Scores of the samples of one condition, collected batch by batch."""

    def __init__(self, objective: Objective) -> None:
        self._objective = objective
        self._losses: list[Tensor] = []
        self._measured: dict[str, list[Tensor]] = {name: [] for name in objective.targets}

    def add(self, outputs: Mapping[str, Tensor], batch: Batch) -> None:
        """Score the outputs of a network for a batch."""
        self._losses.append(self._objective.losses(outputs, batch.truths)[:1])
        for name, target in self._objective.targets.items():
            self._measured[name].append(target.measure(outputs[name], batch.truths[name]))

    def scores(self, fabric: Fabric, threshold: float | None) -> tuple[dict[str, float], list[float], float | None]:
        """Return the scores over the samples of all ranks, those that rank networks, and the mask's threshold.

        Args:
            fabric: The ranks.
            threshold: The threshold to score the mask at, None for the best one.
        """
        loss: Any = fabric.all_reduce(torch.cat(self._losses).mean(), reduce_op="mean")
        scores = {"loss": float(loss)}
        good: list[float] = []
        for name, target in self._objective.targets.items():
            # scores of single samples are gathered, not means, since the best threshold is that of all of them
            everyone = cast(Tensor, fabric.all_gather(torch.cat(self._measured[name]).to(fabric.device)))
            summary = target.summary(everyone.cpu().flatten(0, -2), threshold)
            scores |= summary.metrics
            good += summary.ranking_scores
            threshold = threshold if summary.threshold is None else summary.threshold
        return scores, good, threshold


def sheet_rows(objective: Objective, batch: Batch, outputs: Mapping[str, Tensor], chosen: Sequence[int]) -> list[Row]:
    """Return the `chosen` samples of a batch as rows of a sheet: pictures, and truth and prediction of each target."""
    titles = ("background", "composite") if len(batch.shots) > 1 else ("picture",)
    rows = []
    for i in chosen:
        shots = {t: picture_of_input(s[i].float().cpu().numpy()) for t, s in zip(titles, batch.shots, strict=True)}
        for name, target in objective.targets.items():
            shots |= target.panels(outputs[name], batch.truths[name], i)
        rows.append(Row(shots, f"sample {int(batch.samples[i])}"))
    return rows
