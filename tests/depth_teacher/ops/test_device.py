"""Devices by name."""

from __future__ import annotations

import pytest

pytest.importorskip("torch")

import torch

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.depth_teacher.ops.device import describe_device, select_device

CPU = torch.device("cpu")


def test_a_device_that_is_not_there_is_refused() -> None:
    assert select_device("cpu") == CPU
    assert describe_device(CPU).startswith("cpu (")
    assert select_device("auto").type in ("cuda", "mps", "cpu")
    for name in ("abacus", "cuda:99", "cpu:x"):
        with pytest.raises(Problem, match=f"--device {name}: not on this machine, which has .*cpu"):
            select_device(name)
