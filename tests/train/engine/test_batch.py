"""A batch as the network takes it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest.importorskip("torch", reason="the extra [train] isn't installed")

import torch
from safetensors import safe_open

from bgfg.train.engine.batch import Batch, save_batches


def test_batches_are_saved_with_what_is_said_of_them(tmp_path: Path) -> None:
    truths = {"mask": torch.ones(2, 1, 3, 3), "depth": (torch.zeros(2, 1, 3, 3), torch.ones(2, 1, 3, 3) > 0)}
    batch = Batch(torch.tensor([4, 7]), torch.rand(2, 3, 3, 3), torch.rand(2, 3, 3, 3), truths)
    save_batches([batch, batch], tmp_path / "bad.safetensors", {"step": 3})
    with safe_open(tmp_path / "bad.safetensors", framework="pt") as file:
        assert json.loads(file.metadata()["about"]) == {"step": 3}
        names = ("samples", "bg", "bg_fg", "mask", "depth", "depth_known")
        assert set(file.keys()) == {f"{i}.{name}" for i in (0, 1) for name in names}
        assert file.get_tensor("1.samples").tolist() == [4, 7]
