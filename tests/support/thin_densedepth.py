"""Small networks for tests: DenseDepth with a thin decoder and weights drawn from a seed, as a file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest
import timm
import torch

from bgfg.depth_teacher.teachers import densedepth, keras_weights
from bgfg.depth_teacher.teachers.densedepth import DenseDepth, DenseDepthVariant
from bgfg.depth_teacher.teachers.densedepth_weights import DenseDepthWeights, save_safetensors

# Of DenseNet-169's 82 layers and their 32 channels; each test would read and write all of them otherwise.
_LAYERS = (3, 4, 8, 4)
_GROWTH = 4


@contextmanager
def thin_encoder() -> Iterator[None]:
    """Give the encoder few layers of few channels, in this process."""
    stem = 2 * _GROWTH
    eighth = (stem + _LAYERS[0] * _GROWTH) // 2
    sixteenth = (eighth + _LAYERS[1] * _GROWTH) // 2
    last = (sixteenth + _LAYERS[2] * _GROWTH) // 2
    with pytest.MonkeyPatch.context() as patch:
        thin = partial(timm.create_model, growth_rate=_GROWTH, block_config=_LAYERS)
        patch.setattr(timm, "create_model", thin)
        patch.setattr(densedepth, "SKIP_CHANNELS", (sixteenth, eighth, stem, stem))
        patch.setattr(densedepth, "ENCODER_CHANNELS", last + _LAYERS[3] * _GROWTH)
        for module in (densedepth, keras_weights):
            patch.setattr(module, "BLOCK_LAYERS", _LAYERS)
        yield


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
