"""Real learning: trained for some seconds, a network beats the difference of the two shots on pictures it never saw."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("torch", reason="the extra [train] isn't installed")

import torch

from bgfg.synth.compose.shards import compose_corpus
from bgfg.synth.plan.options import PlanOptions
from bgfg.synth.plan.plan import plan_corpus
from bgfg.synth.store.corpus import Corpus
from bgfg.train.augment.config import AugmentConfig
from bgfg.train.augment.pairs import PairAugmentation
from bgfg.train.config.options import TrainOptions
from bgfg.train.engine.batch import Batch
from bgfg.train.engine.launch import train
from bgfg.train.engine.loader import Batches
from bgfg.train.engine.pair_transform import PairTransform
from bgfg.train.models.checkpoint import load_network
from bgfg.train.ops.device import Device
from bgfg.train.stream.evaluation_cells import REPORTED_CELLS, VAL_CELL, AssetIdentities, EvaluationCell
from bgfg.train.stream.stream import Stream
from bgfg.train.targets.mask import THRESHOLDS, MaskTarget, best_threshold
from bgfg.train.targets.objective import Objective
from tests.support import references
from tests.support.executors import IN_PROCESS

SIDE_PX, CUTOUT_PX, B, C = 64, 36, 14, 14


def room(seed: int) -> NDArray[np.uint8]:
    """Return a picture of boxes and bars of plain colours on a shaded wall, (64, 64, 3), with a little grain."""
    draw = np.random.default_rng(seed)
    picture = cv2.resize(draw.uniform(60, 220, (3, 3, 3)), (SIDE_PX, SIDE_PX), interpolation=cv2.INTER_LINEAR)
    for _ in range(14):
        (x, y), (width, height) = draw.integers(0, SIDE_PX, 2).tolist(), draw.integers(4, 30, 2).tolist()
        cv2.rectangle(picture, (x, y), (x + width, y + height), draw.uniform(0, 255, 3).tolist(), -1)
    grainy: NDArray[np.uint8] = np.clip(picture + draw.normal(0, 3, picture.shape), 0, 255).astype(np.uint8)
    return grainy


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    """14 rooms and 14 blobs, 12 of each to be learnt from, 1 to choose thresholds on and 1 to be tested on."""
    folder = tmp_path_factory.mktemp("learnt")
    for name in ("bg", "fg"):
        (folder / name).mkdir()
    for n in range(B):
        cv2.imwrite(str(folder / f"bg/{n}.png"), room(n))
        rgba = references.cutout(CUTOUT_PX, 18 + n, n)
        rgba[..., :3] = cv2.GaussianBlur(rgba[..., :3], (0, 0), 1.5)
        cv2.imwrite(str(folder / f"fg/{n}.png"), cv2.cvtColor(rgba, cv2.COLOR_RGBA2BGRA))
    options = PlanOptions(folder / "bg", folder / "fg", None, 0.001, SIDE_PX, SIDE_PX, CUTOUT_PX, 6, split="72/14/14")
    plan_corpus(folder / "corpus", options, replace=False, workers=1)
    compose_corpus(folder / "corpus", IN_PROCESS)
    return Corpus(folder / "corpus")


def batches(corpus: Corpus, cell: EvaluationCell, condition: str | None) -> list[Batch]:
    samples = AssetIdentities(corpus).choose(cell, 160).samples
    stream = Stream(corpus, batch=32, samples=samples, shuffle=False, threads=1)
    plain = PairAugmentation(SIDE_PX, AugmentConfig())
    objective = Objective({"mask": MaskTarget()})
    size = (SIDE_PX, SIDE_PX)
    return list(Batches(stream, PairTransform(plain, objective, size, stream.backgrounds, condition=condition)))


def counts(found: list[torch.Tensor], given: list[Batch]) -> tuple[torch.Tensor, torch.Tensor]:
    pairs = [MaskTarget().threshold_counts(f, batch.truths["mask"]) for f, batch in zip(found, given, strict=True)]
    met, either = (torch.cat(parts) for parts in zip(*pairs, strict=True))
    return met, either


def difference(given: list[Batch]) -> list[torch.Tensor]:
    """Return the largest difference of the two shots over the channels, stretched so that thresholds are fine."""
    return [((batch.shots[1] - batch.shots[0]).abs().amax(1, keepdim=True) * 2).clamp(max=1) for batch in given]


@pytest.mark.slow  # that networks learn at all, test_overfitting.py says in seconds
@pytest.mark.timeout(300)
def test_some_seconds_of_training_beat_the_difference_of_the_shots_under_stress(corpus: Corpus, tmp_path: Path) -> None:
    options = TrainOptions(
        model="two_stream",
        model_options={
            "width": 8, "full_resolution": True, "encoder": "mobilenetv3_small_050", "siamese": False,
        },
        size_px=SIDE_PX, epochs=None, steps=45, batch=16, lr=6e-3, warmup_steps=8, average=0.93,
        validation_samples=48, validate_every=45, threads=1, seed=1,
    )  # fmt: skip
    train(corpus, tmp_path, options, Device("cpu", "a test's"))
    net, _ = load_network(tmp_path)

    def predicted(given: list[Batch]) -> list[torch.Tensor]:
        with torch.no_grad():
            return [torch.sigmoid(net(*batch.shots)["mask"]) for batch in given]

    iou = {}
    for name, find in (("network", predicted), ("difference", difference)):
        for condition in (None, "all"):
            # The difference's threshold is chosen under stress itself, the network's on val as it is: no favour to it.
            val = batches(corpus, VAL_CELL, condition if name == "difference" else None)
            threshold = best_threshold(*counts(find(val), val))
            test = batches(corpus, REPORTED_CELLS[3], condition)
            met, either = counts(find(test), test)
            iou[name, condition] = float((met / either.clamp(min=1))[:, THRESHOLDS.index(threshold)].mean())

    assert iou["network", "all"] > iou["difference", "all"] + 0.05
