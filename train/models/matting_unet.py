"""matting_unet: a small U-Net from a picture to the person in it as RGBA, the output of one tanh."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F  # noqa: N812 - the name that everybody knows
from torch import Tensor, nn

from bgfg.train.models.network import SingleImageNetwork

_WIDTHS = (32, 64, 128, 256)
_STEP_PX = 8

# Input of the tanh before training: an empty picture, all near -1. No other layer has a bias, and from 0, which is
# grey, a step of Adam moves this one by no more than the learning rate. Source: the prior of Lin et al., "Focal loss
# for dense object detection" (ICCV 2017).
_EMPTY = -1.5


class MattingUnet(SingleImageNetwork):
    """U-Net of widths 32-64-128-256, each level with one ReLU at its end; 2,444,600 parameters, no biases.

    The picture is scaled to [-1, 1] inside; the output is red, green, blue and alpha, each in [-1, 1].
    """

    step_px = _STEP_PX
    learnable_targets = ("matte",)
    default_targets = ("matte",)

    def __init__(self, name: str, targets: Sequence[str], *, input_px: int = 128) -> None:
        super().__init__(name, targets, input_px)
        channels = sum(self.channels)
        self.down = nn.ModuleList(_level(a, b) for a, b in zip((3, *_WIDTHS), _WIDTHS, strict=False))
        upwards = list(zip(_WIDTHS[:0:-1], _WIDTHS[-2::-1], strict=True))  # (256, 128) ... (64, 32)
        self.up = nn.ModuleList(_twice_as_large(a, b) for a, b in upwards)
        self.join = nn.ModuleList(_level(a, b) for a, b in upwards)
        shifted = nn.BatchNorm2d(channels)
        mixed = nn.Conv2d(channels, channels, 3, padding=1, bias=False)
        nn.init.constant_(shifted.bias, _EMPTY)
        nn.init.dirac_(mixed.weight)  # passes each channel through unchanged, so the prior reaches the tanh
        self.last = nn.Sequential(nn.Conv2d(_WIDTHS[0], channels, 3, padding=1, bias=False), shifted, mixed)

    def output_px(self, height_px: int, width_px: int) -> tuple[int, int]:
        """Return the size of the maps, the picture's own."""
        if height_px % _STEP_PX or width_px % _STEP_PX:
            raise self.size_problem(height_px, width_px, f"sides that are multiples of {_STEP_PX} px")
        return height_px, width_px

    def maps(self, picture: Tensor) -> Tensor:
        """Return red, green, blue and alpha in [-1, 1], (n, 4, h, w)."""
        x = self.down[0](2 * picture - 1)
        skips = []
        for down in self.down[1:]:
            skips.append(x)
            x = down(F.max_pool2d(x, 2))
        for up, join, skip in zip(self.up, self.join, reversed(skips), strict=True):
            x = join(torch.cat([up(x), skip], dim=1))
        return torch.tanh(self.last(x))


def _level(inputs: int, outputs: int) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.Conv2d(outputs, outputs, 3, padding=1, bias=False),
        nn.BatchNorm2d(outputs),
        nn.ReLU(inplace=True),
    )


def _twice_as_large(inputs: int, outputs: int) -> nn.Sequential:
    enlarge = nn.ConvTranspose2d(inputs, outputs, 4, stride=2, padding=1, bias=False)
    return nn.Sequential(enlarge, nn.BatchNorm2d(outputs), nn.ReLU(inplace=True))
