"""Runs on disk that hold the checkpoint of an untrained network."""

from __future__ import annotations

from pathlib import Path
from typing import Any


def save_run(
    run: Path, name: str = "two_branch_net", targets: tuple[str, ...] = ("mask", "depth"), **options: Any
) -> Path:
    """Write the checkpoint of a network with fresh weights as a run's; needs PyTorch."""
    import torch

    from bgfg.train.models.registry import build_model

    torch.manual_seed(0)
    return save_net(run, build_model(name, targets, **options))


def save_net(run: Path, net: Any) -> Path:
    """Write the checkpoint of a network as a run's."""
    from bgfg.train.models.checkpoint import BEST, Checkpoint, checkpoint_path

    description = {
        "model": {"name": net.name, "options": net.options},
        "options": {},
        "standing": {"threshold": 0.48},
        "depth": {"kind": "log", "near_m": 0.1, "far_m": 10.0} if "depth" in net.targets else None,
    }
    Checkpoint({"average": net.state_dict()}, description).save(checkpoint_path(run, BEST))
    return run
