"""Networks run on noise: what the tests ask of every network."""

from __future__ import annotations

import torch
from torch import Tensor

from bgfg.train.models.network import BaseNetwork


def count_parameters(net: BaseNetwork) -> int:
    return sum(parameter.numel() for parameter in net.parameters())


def noise_pairs(count: int, height_px: int, width_px: int) -> tuple[Tensor, Tensor]:
    """Return `count` pairs of shots of noise, (count, 3, h, w) in [0, 1] each."""
    draw = torch.Generator().manual_seed(1)
    bg, bg_fg = torch.rand(2, count, 3, height_px, width_px, generator=draw)
    return bg, bg_fg


def predict_noise(net: BaseNetwork, height_px: int, width_px: int) -> dict[str, Tensor]:
    """Return what a network makes of two pairs of noise, or of two pictures, as when it is used."""
    with torch.no_grad():
        maps: dict[str, Tensor] = net.eval()(*noise_pairs(2, height_px, width_px)[-net.shots :])
    return maps
