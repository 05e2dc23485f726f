"""A trained network with its decoders gives alpha and metres."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="the extra [train] isn't installed")

import torch

from bgfg.train.inference.torch_model import DecodedNetwork, TorchModel, load_decoded
from bgfg.train.models.checkpoint import BEST, Checkpoint, checkpoint_path
from bgfg.train.targets.depth import DepthTarget
from bgfg.train.targets.mask import MaskTarget
from tests.support.saved_runs import save_run


def test_outputs_are_those_that_the_targets_decode(tmp_path: Path) -> None:
    run = save_run(tmp_path / "run", input_px=16)
    model = TorchModel(run, "cpu", threads=1)
    finished, card = load_decoded(model.file)
    assert isinstance(finished, DecodedNetwork)
    assert not finished.training
    assert (card.name, card.threshold, card.near_m, card.far_m) == ("two_branch_net", 0.48, 0.1, 10.0)
    draw = torch.Generator().manual_seed(1)
    bg, bg_fg = torch.rand(2, 2, 3, 13, 17, generator=draw)
    found = model.run([bg.numpy(), bg_fg.numpy()])
    with torch.no_grad():
        raw = finished.net(bg, bg_fg)
    depth = DepthTarget(np.zeros(1), 0.1, 10.0).decode(raw["depth"])
    np.testing.assert_allclose(found["mask"], MaskTarget().decode(raw["mask"]).numpy(), atol=1e-5)
    np.testing.assert_allclose(found["depth"], depth.numpy(), rtol=1e-4)
    assert "PyTorch" in model.where


def test_parameters_are_counted_as_the_catalogue_says(tmp_path: Path) -> None:
    assert load_decoded(TorchModel(save_run(tmp_path, targets=("mask",))).file)[1].parameters == 386_816


def test_classes_of_a_corpus_keep_their_names_though_real_pictures_have_numbers(tmp_path: Path) -> None:
    file = checkpoint_path(save_run(tmp_path, "unet", ("classes",), input_px=32, width=4, classes=3), BEST)
    kept = Checkpoint.load(file, ["average"])
    numbered = [{"code": code, "name": str(value), "value": value} for code, value in enumerate((0, 2))]
    masks = {"read_as": "classes", "how": "2 classes", "values_are": "numbers", "codes": {"0": 0, "2": 1}}
    said = {"classes": ["background", "cat", "dog"], "masks": masks | {"classes": numbered}}
    mix = {"digest": "0" * 64, "train": 7, "val": 1, "joined": 1, "batch": 9}
    for mixed, names in ((mix, ["background", "cat", "dog"]), (None, ["0", "2"])):
        Checkpoint(kept.parts, {**kept.description, **said, "mix": mixed}).save(file)
        assert [entry["name"] for entry in load_decoded(file)[1].classes] == names
