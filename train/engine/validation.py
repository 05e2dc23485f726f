"""Scores of a network on the same samples of the split val each time: as they are, and under stress."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import torch
from bgfg.train.engine.loader import Batch, Supply
from bgfg.train.targets.objective import Objective
from bgfg.train.viz.sheet import Row, picture_of_input
from lightning_fabric import Fabric
from torch import Tensor, nn


@dataclass(frozen=True)
class Verdict:
    """What a validation found. figures: by name, as metrics.csv has them. threshold: of the mask with the best mean
    IoU on the samples as they are, None where no mask is learnt. score: 0..1, the more the better: the mean of the
    figures by which its targets rank networks (IoU, delta1). rows: some samples for a sheet.
    """

    figures: Mapping[str, float]
    threshold: float | None
    score: float
    rows: tuple[Row, ...]


class Validation:
    """Validates networks on whole epochs of supplies: of each condition by name, the first as the pictures are."""

    def __init__(self, supplies: Mapping[str, Supply], objective: Objective, fabric: Fabric, sheet_rows: int) -> None:
        self._supplies, self._objective, self._fabric, self._sheet_rows = supplies, objective, fabric, sheet_rows

    @property
    def names(self) -> list[str]:
        """The names of the figures."""
        scores = ["loss", *(name for target in self._objective.targets.values() for name in target.validated)]
        return [f"{condition}_{score}" for condition in self._supplies for score in scores]

    @torch.no_grad()
    def judge(self, net: nn.Module) -> Verdict:
        """Score a network that is set to evaluate."""
        figures: dict[str, float] = {}
        rows: list[Row] = []
        good: list[float] = []
        threshold = None
        for condition, supply in self._supplies.items():
            tally, seen = _Tally(self._objective), 0
            supply.stream.set_epoch(0)
            for batch in supply:
                with self._fabric.autocast():
                    outputs = {name: output.float() for name, output in net(*batch.inputs).items()}
                tally.add(outputs, batch)
                if not figures:
                    chosen = [i - seen for i in self._shown(supply) if 0 <= i - seen < len(batch.samples)]
                    rows += sheet_rows(self._objective, batch, outputs, chosen)
                    seen += len(batch.samples)
            scores, goodness, threshold = tally.scores(self._fabric, threshold)
            figures |= {f"{condition}_{name}": value for name, value in scores.items()}
            good += goodness
        return Verdict(figures, threshold, sum(good) / len(good), tuple(rows))

    def _shown(self, supply: Supply) -> list[int]:
        """Return which samples a sheet shows, counted in their order: a spread of all."""
        count = len(supply.stream.samples)
        return sorted({i * count // self._sheet_rows for i in range(self._sheet_rows)})


class _Tally:
    """The scores of the samples of one condition, gathered batch by batch."""

    def __init__(self, objective: Objective) -> None:
        self._objective = objective
        self._losses: list[Tensor] = []
        self._measured: dict[str, list[Tensor]] = {name: [] for name in objective.targets}

    def add(self, outputs: Mapping[str, Tensor], batch: Batch) -> None:
        """Score the outputs for a batch."""
        self._losses.append(self._objective.losses(outputs, batch.truths)[:1])
        for name, target in self._objective.targets.items():
            self._measured[name].append(target.measure(outputs[name], batch.truths[name]))

    def scores(self, fabric: Fabric, threshold: float | None) -> tuple[dict[str, float], list[float], float | None]:
        """Return the scores over the samples of all ranks, those that rank networks, and the mask's threshold.

        threshold: to score the mask at, None for the best one.
        """
        loss: Any = fabric.all_reduce(torch.cat(self._losses).mean(), reduce_op="mean")
        scores = {"loss": float(loss)}
        good: list[float] = []
        for name, target in self._objective.targets.items():
            everyone = cast(Tensor, fabric.all_gather(torch.cat(self._measured[name]).to(fabric.device)))
            summary = target.summary(everyone.cpu().flatten(0, -2), threshold)
            scores |= summary.figures
            good += summary.goodness
            threshold = threshold if summary.threshold is None else summary.threshold
        return scores, good, threshold


def sheet_rows(objective: Objective, batch: Batch, outputs: Mapping[str, Tensor], chosen: Sequence[int]) -> list[Row]:
    """Return some samples of a batch for a sheet: the shots, and truth and prediction of each target."""
    titles = ("background", "composite") if len(batch.shots) > 1 else ("picture",)
    rows = []
    for i in chosen:
        shots = {t: picture_of_input(s[i].float().cpu().numpy()) for t, s in zip(titles, batch.shots, strict=True)}
        for name, target in objective.targets.items():
            shots |= target.panels(outputs[name], batch.truths[name], i)
        rows.append(Row(shots, f"sample {int(batch.samples[i])}"))
    return rows
