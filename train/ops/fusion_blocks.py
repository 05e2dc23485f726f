"""Blocks of networks that decode what two streams saw: their fusion, a step up in size, the maps at their own size."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as F  # noqa: N812 - the name that everybody knows
from torch import Tensor, nn

from bgfg.depth_teacher.ops.network_blocks import conv_bn_relu

# Channels at the size of the maps, where each costs most.
_REFINED = 12


class Fusion(nn.Module):
    """Joins the maps of the two streams at one scale, their difference, and `extra` maps that are finer."""

    def __init__(self, kind: str, inputs: int, outputs: int, extra: int = 0, times: int = 1) -> None:
        super().__init__()
        self.kind, self.extra, self.times = kind, extra, times
        self.joined = inputs * (3 if kind == "all" else 2)
        self.mix = conv_bn_relu(self.joined + extra * times**2, outputs, 1)

    def forward(self, bg: Tensor, bg_fg: Tensor, *extra: Tensor) -> Tensor:
        """Join maps (n, c, h, w) of the two, and extra (n, extra, times h, times w), into (n, outputs, h, w)."""
        difference = bg_fg - bg
        parts = {
            "concat": (bg_fg, bg),
            "difference": (bg_fg, difference),
            "absolute": (bg_fg, difference.abs()),
            "all": (bg_fg, difference, difference.abs()),
        }
        finer = ((maps, self.extra, self.times) for maps in extra)
        return mix_channels(self.mix, (torch.cat(parts[self.kind], dim=1), self.joined, 1), *finer)


def mix_channels(mix: nn.Sequential, *parts: tuple[Tensor, int, int]) -> Tensor:
    """Return what a convolution, and all that comes after it, makes of maps and larger maps beside them.

    Those needn't be joined, nor brought to one size: to what `pixel_unshuffle` makes of them a convolution does what
    one with a stride does to them as they are. So no gradient is computed where none is wanted, and no runtime has to
    move pixels about.

    Args:
        mix: The convolution, first, and what comes after it.
        parts: Maps in the order of their channels, (n, c, times h, times w) each; c, which a trace would not take from
            them as a number, so that kernels were no constants; and times.
    """
    first: Any = mix[0]
    side, edge = first.kernel_size[0], first.padding[0]
    weights = first.weight.split([times**2 * channels for _, channels, times in parts], dim=1)
    bias, summed = first.bias, []
    for (maps, channels, times), weight in zip(parts, weights, strict=True):
        # From (pixel of the cell, place of the kernel), down and across, to places of a larger kernel.
        cells = weight.reshape(first.out_channels, channels, times, times, side, side)
        strided = cells.permute(0, 1, 4, 2, 5, 3).reshape(-1, channels, side * times, side * times)
        summed.append(F.conv2d(maps, strided, bias, stride=times, padding=edge * times))
        bias = None
    found = sum(summed[1:], start=summed[0])
    for step in mix[1:]:
        found = step(found)
    return found


class UpBlock(nn.Module):
    """Step of the decoder: enlarges maps to the size of the next finer ones and joins the two."""

    def __init__(self, inputs: int, width: int, convolutions: int) -> None:
        super().__init__()
        self.narrow = conv_bn_relu(inputs, width, 1) if inputs != width else nn.Identity()
        self.join = nn.Sequential(
            conv_bn_relu(2 * width, width), *(conv_bn_relu(width, width) for _ in range(convolutions - 1))
        )

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        """Join (n, inputs, h, w) with the finer skip (n, width, h', w') into maps of the skip's size."""
        finer = F.interpolate(self.narrow(x), size=skip.shape[-2:], mode="nearest")
        joined: Tensor = self.join(torch.cat([finer, skip], dim=1))
        return joined


class RefinementHead(nn.Module):
    """Predicts the maps at their own size, from the decoder's output and from the shots, which show where edges lie."""

    def __init__(self, width: int, times: int, extra: int, maps: int) -> None:
        super().__init__()
        self.extra = extra
        self.widen = nn.Sequential(nn.Conv2d(width, _REFINED * times**2, 1), nn.PixelShuffle(times))
        self.join = conv_bn_relu(_REFINED + extra, _REFINED, 1)
        self.head = nn.Conv2d(_REFINED, maps, 3, padding=1)

    def forward(self, x: Tensor, extra: Tensor) -> Tensor:
        """Join maps (n, width, h', w') and extra (n, extra, h, w) into (n, maps, h, w)."""
        found: Tensor = self.head(mix_channels(self.join, (self.widen(x), _REFINED, 1), (extra, self.extra, 1)))
        return found
