"""Two small networks of the exercise that bgfg grew from, parameter for parameter."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from bgfg.depth_teacher.ops.network_blocks import conv_bn_relu
from bgfg.train.models.network import ImagePairNetwork

_BASIC_LEAST_PX = 18


class BasicNet(ImagePairNetwork):
    """Five 3×3 convolutions without padding over both shots, a max-pool among them; 523,521 parameters for the mask."""

    def __init__(self, name: str, targets: Sequence[str], *, input_px: int = 64) -> None:
        super().__init__(name, targets, input_px)
        self.layers = nn.Sequential(
            conv_bn_relu(6, 64, padding=0),
            conv_bn_relu(64, 128, padding=0, bias=True),
            nn.MaxPool2d(2),
            conv_bn_relu(128, 128, padding=0, bias=True),
            conv_bn_relu(128, 256, padding=0, bias=True),
            nn.Conv2d(256, len(targets), 3),
        )

    def output_px(self, height_px: int, width_px: int) -> tuple[int, int]:
        """Return the size of the maps: half of what two convolutions leave, less three more; 24 for 64."""
        if min(height_px, width_px) < _BASIC_LEAST_PX:
            raise self.size_problem(height_px, width_px, f"sides of at least {_BASIC_LEAST_PX} px")
        return (height_px - 4) // 2 - 6, (width_px - 4) // 2 - 6

    def maps(self, bg: Tensor, bg_fg: Tensor) -> Tensor:
        """Return the maps of all targets."""
        maps: Tensor = self.layers(torch.cat([bg_fg, bg], dim=1))
        return maps


class TwoBranchNet(ImagePairNetwork):
    """A light branch for each shot, joined by a residual at full size; 386,816 parameters for the mask, no biases."""

    step_px = 1

    def __init__(self, name: str, targets: Sequence[str], *, input_px: int = 64) -> None:
        super().__init__(name, targets, input_px)
        self.branch_bg = _branch()
        self.branch_bg_fg = _branch()
        self.narrow = conv_bn_relu(128, 64, kernel_px=1)
        self.widen = conv_bn_relu(64, 128)
        self.last = nn.Sequential(conv_bn_relu(128, 256), nn.Conv2d(256, len(targets), 3, padding=1, bias=False))

    def output_px(self, height_px: int, width_px: int) -> tuple[int, int]:
        """Return the size of the maps, the pictures' own."""
        return height_px, width_px

    def maps(self, bg: Tensor, bg_fg: Tensor) -> Tensor:
        """Return the maps of all targets."""
        both = torch.cat([self.branch_bg_fg(bg_fg), self.branch_bg(bg)], dim=1)  # (n, 128, h, w)
        maps: Tensor = self.last(self.widen(self.narrow(both)) + both)
        return maps


def _branch() -> nn.Sequential:
    depthwise = nn.Conv2d(32, 32, 3, padding=1, groups=32, bias=False)
    return nn.Sequential(conv_bn_relu(3, 32), depthwise, conv_bn_relu(32, 64, kernel_px=1))
