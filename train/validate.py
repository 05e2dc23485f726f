"""Scores of a network on the same samples of the split val each time: as they are, and under stress."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from lightning_fabric import Fabric
from torch import Tensor, nn

from train.objective import Objective
from train.sheet import Row, picture_of_depth, picture_of_input, picture_of_mask
from train.supply import Batch, Supply
from train.targets.mask import THRESHOLDS, best_threshold

# Of depth's scores, those that are followed while it is learnt.
_DEPTH_SCORES = ("delta1", "rmse")


@dataclass(frozen=True)
class Verdict:
    """What a validation found. figures: by name, as metrics.csv has them. threshold: of the mask with the best mean
    IoU on the samples as they are, None where no mask is learnt. score: 0..1, the more the better: the mean of all IoU
    and delta1. rows: some samples for a sheet.
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
        scores = ["loss"] + ["iou"] * (self._objective.mask is not None)
        scores += list(_DEPTH_SCORES) if self._objective.depth is not None else []
        return [f"{condition}_{score}" for condition in self._supplies for score in scores]

    @torch.no_grad()
    def judge(self, net: nn.Module) -> Verdict:
        """Score a network that is set to evaluate."""
        figures: dict[str, float] = {}
        rows: list[Row] = []
        threshold = None
        for condition, supply in self._supplies.items():
            tally, seen = _Tally(self._objective), 0
            supply.stream.set_epoch(0)
            for batch in supply:
                with self._fabric.autocast():
                    outputs = {name: output.float() for name, output in net(batch.bg, batch.bg_fg).items()}
                tally.add(outputs, batch)
                if not figures:
                    chosen = [i - seen for i in self._shown(supply) if 0 <= i - seen < len(batch.samples)]
                    rows += sheet_rows(self._objective, batch, outputs, chosen)
                    seen += len(batch.samples)
            scores, threshold = tally.scores(self._fabric, threshold)
            figures |= {f"{condition}_{name}": value for name, value in scores.items()}
        good = [value for name, value in figures.items() if name.endswith(("_iou", "_delta1"))]
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
        self._counts: list[Tensor] = []
        self._depth: list[Tensor] = []

    def add(self, outputs: Mapping[str, Tensor], batch: Batch) -> None:
        """Score the outputs for a batch."""
        mask, depth = self._objective.mask, self._objective.depth
        self._losses.append(self._objective.losses(outputs, batch.truths)[:1])
        if mask is not None:
            counts = mask.threshold_counts(mask.decode(outputs["mask"]), batch.truths["mask"])
            self._counts.append(torch.stack(counts))  # (2, n, thresholds)
        if depth is not None:
            truth, known = batch.truths["depth"]
            found = depth.scores(depth.decode(outputs["depth"]), depth.decode(truth), known, {})
            self._depth.append(torch.stack([found[name] for name in _DEPTH_SCORES]))  # (2, n)

    def scores(self, fabric: Fabric, threshold: float | None) -> tuple[dict[str, float], float | None]:
        """Return the mean scores over the samples of all ranks, and the threshold: the one given, or else the best."""
        loss: Any = fabric.all_reduce(torch.cat(self._losses).mean(), reduce_op="mean")
        scores = {"loss": float(loss)}
        if self._counts:
            everyone: Any = fabric.all_gather(torch.cat(self._counts, dim=1))
            met, either = everyone.cpu().view(-1, 2, *everyone.shape[-2:]).transpose(0, 1).flatten(1, 2)
            threshold = best_threshold(met, either) if threshold is None else threshold
            at = THRESHOLDS.index(threshold)
            iou = torch.where(either > 0, met.double() / either.clamp(min=1), 1.0)[:, at]
            scores["iou"] = float(iou.mean())
        if self._depth:
            means = torch.cat(self._depth, dim=1).nanmean(dim=1)
            found: Any = fabric.all_reduce(means.to(fabric.device, torch.float32), reduce_op="mean")
            scores |= dict(zip(_DEPTH_SCORES, found.tolist(), strict=True))
        return scores, threshold


def sheet_rows(objective: Objective, batch: Batch, outputs: Mapping[str, Tensor], chosen: Sequence[int]) -> list[Row]:
    """Return some samples of a batch for a sheet: both shots, and truth and prediction of each target."""
    rows = []
    for i in chosen:
        pictures = {"background": _array(batch.bg, i), "composite": _array(batch.bg_fg, i)}
        pictures = {name: picture_of_input(picture) for name, picture in pictures.items()}
        mask, depth = objective.mask, objective.depth
        if mask is not None:
            pictures["true mask"] = picture_of_mask(_array(batch.truths["mask"], i)[0])
            pictures["predicted mask"] = picture_of_mask(_array(mask.decode(outputs["mask"]), i)[0])
        if depth is not None:
            truth, known = batch.truths["depth"]
            true_m = torch.where(known, depth.decode(truth), 0.0)
            for title, metres in (("true depth", true_m), ("predicted depth", depth.decode(outputs["depth"]))):
                pictures[title] = picture_of_depth(_array(metres, i)[0], depth.near_m, depth.far_m)
        rows.append(Row(pictures, f"sample {int(batch.samples[i])}"))
    return rows


def _array(tensor: Tensor, i: int) -> Any:
    return tensor[i].float().cpu().numpy()
