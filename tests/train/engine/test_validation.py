"""Validation: the mean scores over samples, the threshold of the pictures as they are, rows for a sheet."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

pytest.importorskip("torch", reason="the extra [train] isn't installed")

import torch
from lightning_fabric import Fabric

from bgfg.synth.store.depth_code import LogDepth
from bgfg.train.engine.batch import Batch
from bgfg.train.engine.loader import Batches
from bgfg.train.engine.validation import ValidationResult, Validator
from bgfg.train.targets.depth import DepthTarget
from bgfg.train.targets.mask import MaskTarget
from bgfg.train.targets.objective import Objective

H, W = 13, 17


class FixedBatches:
    """Batches given by hand, from the start again each time."""

    def __init__(self, batches: list[Batch]) -> None:
        self._batches = batches
        samples = [i for batch in batches for i in batch.samples.tolist()]
        self.stream = SimpleNamespace(set_epoch=lambda epoch: None, samples=samples)

    def __iter__(self) -> Iterator[Batch]:
        return iter(self._batches)


class Oracle(torch.nn.Module):
    """Says what was hidden in the first shot: the logits, and in its second channel the raw depth."""

    def forward(self, bg: torch.Tensor, bg_fg: torch.Tensor) -> dict[str, torch.Tensor]:
        return {"mask": bg[:, :1], "depth": bg[:, 1:2]}


def batch(objective: Objective, sizes: int, seed: int, noise: float) -> Batch:
    draw = np.random.default_rng(seed)
    y, x = np.mgrid[:H, :W]
    middles = draw.uniform(3, 10, (sizes, 2))
    masks = np.stack([(np.hypot(y - cy, x - cx) < 4) * 255 for cy, cx in middles]).astype(np.uint8)[:, None]
    codes = draw.integers(60, 200, (sizes, 1, 1, 1)) + np.zeros((sizes, 1, H, W), np.int64)
    truths = objective.encode(
        {"mask": torch.from_numpy(masks), "depth": torch.from_numpy(codes.astype(np.uint8))}, (H, W)
    )
    logits = 4 * truths["mask"] - 2 + noise * torch.from_numpy(draw.normal(size=masks.shape)).float()
    hidden = torch.cat([logits, truths["depth"][0], torch.zeros(sizes, 1, H, W)], dim=1)
    return Batch(torch.arange(sizes) + 100 * seed, hidden, torch.rand(sizes, 3, H, W), truths)


@pytest.fixture(scope="module")
def objective() -> Objective:
    return Objective({"mask": MaskTarget(), "depth": DepthTarget.from_depth_code(LogDepth())})


@pytest.fixture(scope="module")
def fabric() -> Fabric:
    return Fabric(accelerator="cpu", devices=1)


def judged(objective: Objective, fabric: Fabric, clean: list[Batch], stressed: list[Batch]) -> ValidationResult:
    batches: Any = {"val": FixedBatches(clean), "stress": FixedBatches(stressed)}
    return Validator(cast("dict[str, Batches]", batches), objective, fabric, sheet_rows=3).validate(Oracle())


def test_who_knows_scores_one(objective: Objective, fabric: Fabric) -> None:
    batches = [batch(objective, 5, 1, 0.0), batch(objective, 2, 2, 0.0)]
    result = judged(objective, fabric, batches, batches)
    assert result.score == pytest.approx(1.0)
    for name, expected in {"iou": 1.0, "delta1": 1.0, "rmse": 0.0}.items():
        assert result.metrics[f"val_{name}"] == pytest.approx(expected, abs=1e-6)
        assert result.metrics[f"stress_{name}"] == pytest.approx(expected, abs=1e-6)


def test_figures_are_means_over_samples_at_the_threshold_of_the_clean_ones(
    objective: Objective, fabric: Fabric
) -> None:
    clean = [batch(objective, 5, 1, 1.0), batch(objective, 2, 2, 1.0)]
    stressed = [batch(objective, 5, 1, 3.0), batch(objective, 2, 2, 3.0)]
    result = judged(objective, fabric, clean, stressed)
    assert result.threshold is not None
    for name, batches in (("val", clean), ("stress", stressed)):
        mask = MaskTarget()
        scores = [
            mask.scores(mask.decode(b.shots[0][:, :1]), b.truths["mask"], result.threshold)["iou"] for b in batches
        ]
        assert result.metrics[f"{name}_iou"] == pytest.approx(float(torch.cat(scores).mean()))
    assert result.metrics["val_iou"] > result.metrics["stress_iou"]
    assert result.metrics["val_loss"] < result.metrics["stress_loss"]


def test_the_names_are_those_of_the_figures(objective: Objective, fabric: Fabric) -> None:
    batches: Any = FixedBatches([batch(objective, 5, 1, 0.0)])
    validator = Validator({"val": batches, "stress": batches}, objective, fabric, sheet_rows=3)
    assert validator.metric_names == list(validator.validate(Oracle()).metrics)


def test_a_sheet_gets_a_spread_of_samples_with_truth_and_prediction(objective: Objective, fabric: Fabric) -> None:
    batches = [batch(objective, 5, 1, 0.0), batch(objective, 2, 2, 0.0)]
    rows = judged(objective, fabric, batches, batches).rows
    assert [row.caption for row in rows] == ["sample 100", "sample 102", "sample 104"]
    titles = ["background", "composite", "true mask", "predicted mask", "true depth", "predicted depth"]
    assert list(rows[0].pictures) == titles
    assert np.array_equal(rows[0].pictures["true mask"] > 127, rows[0].pictures["predicted mask"] > 127)
