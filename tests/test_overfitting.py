"""Networks of a single picture learn four of them by heart, dropout off: whoever can't has a defect."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="the extra [train] isn't installed")

import torch

from tests.paired_folders import make_pets, make_plain
from train import confusion
from train.checkpoint import load_model
from train.device import Device
from train.folders import Folder
from train.guesses import Trained
from train.options import Options
from train.start import train

# With a size, how many steps and which learning rate suffice.
NETWORKS: dict[str, tuple[dict[str, Any], int, int, float]] = {
    "unet": ({"dropout": 0.0}, 16, 40, 1e-3),
    "smp:unet": ({"encoder": "tu-test_resnet"}, 64, 80, 4e-3),
    "matting_unet": ({}, 32, 250, 4e-3),
}


def learnt_by_heart(folder: Folder, run: Path, name: str, target: str) -> list[confusion.Counts]:
    """Train on all of a folder, undisturbed, and return how its classes are found again."""
    model_options, size_px, steps, lr = NETWORKS[name]
    options = Options(
        model=name, model_options=model_options, targets=(target,), size_px=size_px, epochs=None, steps=steps, batch=4,
        lr=lr, warmup_steps=5, weight_decay=0.0, clip=None, average=0.0, augment=False, threads=1,
        matte_loss="mean",
    )  # fmt: skip
    train(folder, run, options, Device("cpu", "a test's"))
    net, _ = load_model(run)
    network = Trained(net, torch.device("cpu"))
    counts = []
    for i in range(len(folder.pairs)):
        part = "classes" if target == "classes" else "mask"
        codes = folder.parts(i, [part])[part]
        codes = codes if target == "classes" else (codes >= 128).astype(np.uint8)
        said = network.probabilities(folder.image(i), codes.shape)
        counts.append(confusion.confusion(said.argmax(axis=0).astype(np.uint8), codes, len(said)))
    return counts


@pytest.mark.parametrize("name", NETWORKS)
def test_four_pictures_are_learnt_by_heart(name: str, tmp_path: Path) -> None:
    side_px = NETWORKS[name][1]
    folder = Folder(make_plain(tmp_path / "pairs", 4, side_px, side_px), {"split": "100/0/0"})
    counts = learnt_by_heart(folder, tmp_path / "run", name, "matte" if name == "matting_unet" else "mask")
    assert confusion.dice(np.stack(counts))[:, 1].mean() > 0.98


def test_classes_are_learnt_by_heart(tmp_path: Path) -> None:
    folder = Folder(make_pets(tmp_path / "pets", trained=4, tested=0), {"split": "100/0/0"})
    counts = learnt_by_heart(folder, tmp_path / "run", "smp:unet", "classes")
    assert confusion.accuracy(np.sum(counts, axis=0)) > 0.95
