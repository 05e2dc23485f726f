"""Short runs for the tests: a tiny network on the small corpus of the stream."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.distributed.launcher.api import LaunchConfig, elastic_launch

from bgfg.depth_teacher.ops.network_blocks import conv_bn_relu
from bgfg.synth.store.corpus import Corpus
from bgfg.train.config.options import TrainOptions
from bgfg.train.engine.launch import train
from bgfg.train.engine.trainer import TrainState
from bgfg.train.models.network import ImagePairNetwork
from bgfg.train.models.registry import MODELS, ModelEntry
from bgfg.train.ops.device import Device
from bgfg.train.targets.objective import Objective
from tests.support.project import ROOT


class TinyNet(ImagePairNetwork):
    """All that a network here may have, and little of it: normalisation, dropout, running statistics.

    plain: leave out what makes a sample's output depend on the others of its batch, or on chance.
    """

    def __init__(self, name: str, targets: Sequence[str], *, input_px: int = 16, plain: bool = False) -> None:
        super().__init__(name, targets, input_px)
        first, last = conv_bn_relu(9, 12), nn.Conv2d(12, len(targets), 3, padding=1)
        self.layers = (
            nn.Sequential(first[0], nn.ReLU(), last) if plain else nn.Sequential(first, nn.Dropout2d(0.2), last)
        )

    def output_px(self, height_px: int, width_px: int) -> tuple[int, int]:
        return height_px, width_px

    def maps(self, bg: Tensor, bg_fg: Tensor) -> Tensor:
        maps: Tensor = self.layers(torch.cat([bg, bg_fg, (bg - bg_fg).abs()], dim=1))
        return maps


TINY = "tiny"  # the name under which the network is known where this file is imported
MODELS[TINY] = ModelEntry("tests.support.tiny_runs:TinyNet", "of the tests")

TINY_OPTIONS = {
    "model": TINY,
    "targets": ("mask", "depth"),
    "size_px": 16,
    "epochs": None,
    "steps": 12,
    "batch": 16,
    "lr": 1e-2,
    "warmup_steps": 2,
    "average": 0.9,
    "validation_samples": 6,
    "log_every": 1,
    "threads": 1,
    "sheet_rows": 2,
}


def tiny_options(**given: Any) -> TrainOptions:
    """Return the options of a short run, some of them others."""
    return TrainOptions(**{**TINY_OPTIONS, **given})


def train_tiny(corpus: Corpus, run: Path, **given: Any) -> TrainState:
    """Train, or go on with, a short run on the processor."""
    return train(corpus, run, tiny_options(**given), Device("cpu", "a test's"))


def train_tiny_on_ranks(ranks: int, corpus: Corpus, run: Path, **given: Any) -> None:
    """Train a short run on several ranks, started by what torchrun starts them with.

    torchrun itself and each of its ranks would import PyTorch again; these are forks of this process, which mustn't
    have trained yet.
    """

    def train_rank() -> None:
        train_tiny(corpus, run, **given)

    config = LaunchConfig(
        1, 1, ranks, run_id=TINY, rdzv_backend="c10d", rdzv_endpoint="localhost:0", start_method="fork"
    )
    elastic_launch(config, train_rank)()


def start_tiny_training(corpus: Corpus, run: Path, ranks: int = 1, **given: Any) -> subprocess.Popen[str]:
    """Start a short run in a process of its own."""
    train = "train_tiny(" if ranks == 1 else f"train_tiny_on_ranks({ranks}, "
    code = (
        "from pathlib import Path; from bgfg.synth.store.corpus import Corpus\n"
        "from tests.support.tiny_runs import *\n"
        f"{train}Corpus(Path({str(corpus.path)!r})), Path({str(run)!r}), **{dict(given)!r})\n"
    )
    command = [sys.executable, "-c", code]
    return subprocess.Popen(command, cwd=ROOT, stderr=subprocess.PIPE, text=True, start_new_session=True)


def losses(rows: list[dict[str, float]]) -> list[Mapping[str, float]]:
    """Return rows of metrics.csv without what a clock says."""
    return [{n: v for n, v in row.items() if n not in ("samples_per_s", "wait_share")} for row in rows]


@contextmanager
def stopped_after(step: int) -> Iterator[None]:
    """Interrupt the training that runs here, as Ctrl-C does, in the step after `step`; it has to come so far."""
    whole, steps = Objective.losses, 0

    def stopping(self: Objective, *given: Any) -> Tensor:
        nonlocal steps
        steps += torch.is_grad_enabled()
        if steps == step + 1 and torch.is_grad_enabled():
            raise KeyboardInterrupt
        return whole(self, *given)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Objective, "losses", stopping)
        with pytest.raises(KeyboardInterrupt):
            yield
