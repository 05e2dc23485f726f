"""Sharpening: maps brought from half the size of the shots to all of it, along the edges that the shots show there.

What BackgroundMattingV2 does to the patches that its coarse network is unsure of (Lin et al., "Real-time
high-resolution background matting", CVPR 2021), but everywhere and in one step: convolutions that see each channel by
itself (Howard et al., "MobileNets", 2017) are cheap enough, and need no patches to be chosen, which not every runtime
can.
"""

from __future__ import annotations

from typing import cast

import torch
import torch.nn.functional as F  # noqa: N812 - the name that everybody knows
from torch import Tensor, nn

from bgfg.depth_teacher.ops.network_blocks import conv_bn_relu
from bgfg.train.models.registration import min_neighbour_difference

# Channels of both shots, of how they differ, and of the least difference.
_SHOTS = 12


class Sharpening(nn.Module):
    """Adds to enlarged maps what the shots say at their own size; at first nothing, so that what was learnt stays.

    Args:
        maps: Number of maps.
        width: Channels of its convolutions.
    """

    def __init__(self, maps: int, width: int = 16) -> None:
        super().__init__()
        self.look = nn.Sequential(conv_bn_relu(_SHOTS + maps, width), _separable(width), _separable(width))
        self.add = nn.Conv2d(width, maps, 3, padding=1)
        nn.init.zeros_(self.add.weight)
        nn.init.zeros_(cast(Tensor, self.add.bias))

    def forward(self, maps: Tensor, bg: Tensor, bg_fg: Tensor) -> Tensor:
        """Enlarge maps (n, maps, h / 2, w / 2), raw values, to the size of the normalised shots (n, 3, h, w)."""
        large = F.interpolate(maps, scale_factor=2.0, mode="bilinear", align_corners=False)
        shots = [bg_fg, bg, (bg_fg - bg).abs(), min_neighbour_difference(bg, bg_fg)]
        added: Tensor = self.add(self.look(torch.cat([*shots, torch.tanh(large)], dim=1)))
        return large + added


def _separable(width: int) -> nn.Sequential:
    """Return a convolution of each channel by itself, and one of all channels at each place."""
    alone = nn.Conv2d(width, width, 3, padding=1, groups=width, bias=False)
    return nn.Sequential(alone, conv_bn_relu(width, width, 1))
