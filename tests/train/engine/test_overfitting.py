"""Every network learns four samples by heart, dropout off: whoever can't has a defect."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="the extra [train] isn't installed")

import torch

from bgfg.train.config.options import TrainOptions
from bgfg.train.engine.launch import train
from bgfg.train.evaluation.folder_baselines import NetworkClassifier
from bgfg.train.folders.folder import ImageMaskFolder
from bgfg.train.models.checkpoint import load_network
from bgfg.train.models.registry import build_model
from bgfg.train.ops.device import Device
from bgfg.train.targets import confusion
from bgfg.train.targets.mask import MaskTarget
from tests.support.paired_folders import disc, make_pets, make_plain, picture

# With a size, how many steps and which learning rate suffice.
NETWORKS: dict[str, tuple[dict[str, Any], int, int, float]] = {
    "unet": ({"dropout": 0.0, "width": 8}, 16, 40, 4e-3),
    "person": ({"encoder": "test_efficientnet", "width": 8}, 32, 40, 8e-3),
    "matting_unet": ({}, 16, 40, 1e-2),
}
OF_CLASSES = {"smp:unet": ({"encoder": "tu-test_resnet"}, 32, 40, 8e-3)}

# Of two shots.
PAIR_NETWORKS: dict[str, tuple[dict[str, Any], int, int, float]] = {
    "two_branch_net": ({}, 16, 30, 6e-3),
    "basic_net": ({}, 18, 40, 6e-3),
    "two_stream": ({"width": 8}, 32, 24, 1e-2),
    "unet_valid": ({}, 144, 50, 5e-4),
}
# Those that are large, or much like another one.
SLOW = {"unet_valid", "two_branch_net", "basic_net"}


def pairs(count: int, side_px: int) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Return shots without and with a disc, (n, 3, S, S) in 0..1 each, and its mask, (n, 1, S, S) uint8."""
    pictures = np.stack([picture(seed, side_px, side_px) for seed in range(count)])
    masks = np.stack([disc(seed, side_px, side_px) for seed in range(count)])
    empty = np.where(masks[..., None], 255 - pictures, pictures)
    bg, bg_fg = (torch.from_numpy(pixels.transpose(0, 3, 1, 2).copy()).float() / 255 for pixels in (empty, pictures))
    return bg, bg_fg, torch.from_numpy(masks[:, None].astype(np.uint8) * 255)


def learnt_by_heart(folder: ImageMaskFolder, run: Path, name: str, target: str) -> list[confusion.ConfusionMatrix]:
    """Train on all of a folder, undisturbed, and return how its classes are found again."""
    model_options, size_px, steps, lr = (NETWORKS | OF_CLASSES)[name]
    options = TrainOptions(
        model=name, model_options=model_options, targets=(target,), size_px=size_px, epochs=None, steps=steps, batch=4,
        lr=lr, warmup_steps=5, weight_decay=0.0, clip=None, average=0.0, augment=False, threads=1,
        matte_loss="mean",
    )  # fmt: skip
    train(folder, run, options, Device("cpu", "a test's"))
    net, _ = load_network(run)
    network = NetworkClassifier(net, torch.device("cpu"))
    counts = []
    for i in range(len(folder.pairs)):
        part = "classes" if target == "classes" else "mask"
        codes = folder.label_maps(i, [part])[part]
        codes = codes if target == "classes" else (codes >= 128).astype(np.uint8)
        said = network.probabilities(folder.image(i), codes.shape)
        counts.append(confusion.confusion_matrix(said.argmax(axis=0).astype(np.uint8), codes, len(said)))
    return counts


def named(networks: Iterable[str]) -> list[Any]:
    return [pytest.param(name, marks=[pytest.mark.slow] * (name in SLOW)) for name in networks]


@pytest.mark.parametrize("name", named(NETWORKS))
def test_four_pictures_are_learnt_by_heart(name: str, tmp_path: Path) -> None:
    side_px = NETWORKS[name][1]
    folder = ImageMaskFolder(make_plain(tmp_path / "pairs", 4, side_px, side_px), {"split": "100/0/0"})
    counts = learnt_by_heart(folder, tmp_path / "run", name, "matte" if name == "matting_unet" else "mask")
    assert confusion.dice(np.stack(counts))[:, 1].mean() > 0.98


@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", named(PAIR_NETWORKS))
def test_four_pairs_of_shots_are_learnt_by_heart(name: str) -> None:
    options, side_px, steps, lr = PAIR_NETWORKS[name]
    torch.manual_seed(0)
    net = build_model(name, ("mask",), input_px=side_px, **options)
    target, (empty, shot, mask) = MaskTarget(), pairs(4, side_px)
    truth = (target.encode(mask, net.output_px(side_px, side_px)) >= 0.5).float()
    optimizer = torch.optim.Adam(net.parameters(), lr)
    for _ in range(steps):
        optimizer.zero_grad()
        torch.autograd.backward(target.loss(net(empty, shot)["mask"], truth).mean())
        optimizer.step()
    with torch.no_grad():
        for _ in range(20):  # the running means of batch normalisation catch up with the weights
            net(empty, shot)
        found = target.decode(net.eval()(empty, shot)["mask"])
    assert target.scores(found, truth, 0.5)["dice"].mean() > 0.98


def test_classes_are_learnt_by_heart(tmp_path: Path) -> None:
    folder = ImageMaskFolder(make_pets(tmp_path / "pets", trained=4, tested=0), {"split": "100/0/0"})
    counts = learnt_by_heart(folder, tmp_path / "run", "smp:unet", "classes")
    assert confusion.accuracy(np.sum(counts, axis=0)) > 0.95
