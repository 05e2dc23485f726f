"""Small networks for tests: DenseDepth with a thin decoder and weights drawn from a seed, as a file."""

from __future__ import annotations

from pathlib import Path

import torch

from bgfg.depth_teacher.teachers.densedepth import DenseDepth, DenseDepthVariant
from bgfg.depth_teacher.teachers.densedepth_weights import DenseDepthWeights, save_safetensors


def thin_densedepth(seed: int = 0, variant: DenseDepthVariant | None = None) -> DenseDepth:
    """Return a network whose raw output is near 4: 2.5 m of 10 m."""
    torch.manual_seed(seed)
    net = DenseDepth(variant or DenseDepthVariant(width=16)).eval().requires_grad_(False)
    net.decoder.conv3.weight.mul_(40)
    torch.nn.init.constant_(net.get_parameter("decoder.conv3.bias"), 4.0)
    return net


def save_thin_densedepth(path: Path, seed: int = 0) -> Path:
    """Write such a network as safetensors."""
    save_safetensors(DenseDepthWeights(thin_densedepth(seed), "0" * 64, (0.1, 10.0)), path)
    return path
