"""Sharpening: maps brought from half the size of the shots to all of it, along the edges that the shots show there.

What BackgroundMattingV2 does to the patches that its coarse network is unsure of (Lin et al., "Real-time
high-resolution background matting", CVPR 2021), but everywhere and in one step, so that no patches need to be chosen,
which not every runtime can. Four pixels of the shots are channels of one place (sub-pixel convolution: Shi et al., CVPR
2016), which takes a quarter of the time.
"""

from __future__ import annotations

from typing import cast

import torch
import torch.nn.functional as F  # noqa: N812 - the name that everybody knows
from torch import Tensor, nn

from bgfg.depth_teacher.ops.network_blocks import conv_bn_relu
from bgfg.train.models.registration import min_neighbour_difference
from bgfg.train.ops.fusion_blocks import mix_channels

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
        self.maps = maps
        self.look = nn.Sequential(conv_bn_relu(4 * _SHOTS + maps, width), conv_bn_relu(width, width))
        self.add = nn.Conv2d(width, 4 * maps, 3, padding=1)
        nn.init.zeros_(self.add.weight)
        nn.init.zeros_(cast(Tensor, self.add.bias))

    def forward(self, maps: Tensor, bg: Tensor, bg_fg: Tensor) -> Tensor:
        """Enlarge maps (n, maps, h / 2, w / 2), raw values, to the size of the normalised shots (n, 3, h, w)."""
        large = F.interpolate(maps, scale_factor=2.0, mode="bilinear", align_corners=False)
        shots = torch.cat([bg_fg, bg, (bg_fg - bg).abs(), min_neighbour_difference(bg, bg_fg)], dim=1)
        first, second = self.look
        seen = second(mix_channels(cast(nn.Sequential, first), (shots, _SHOTS, 2), (torch.tanh(maps), self.maps, 1)))
        return large + F.pixel_shuffle(self.add(seen), 2)
