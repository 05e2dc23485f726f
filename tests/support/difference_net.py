"""A network whose answers are known, and need no training."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from bgfg.train.models.network import ImagePairNetwork


class DifferenceNet(ImagePairNetwork):
    """Mask logits are 8 times what red differs by; depth the raw blue of the bare background; both at half the size."""

    def __init__(self, targets: Sequence[str] = ("mask", "depth"), input_px: int = 24) -> None:
        super().__init__("looking", targets, input_px)

    def output_px(self, height_px: int, width_px: int) -> tuple[int, int]:
        return height_px // 2, width_px // 2

    def maps(self, bg: Tensor, bg_fg: Tensor) -> Tensor:
        every = {"mask": 8 * (bg_fg[:, :1] - bg[:, :1]), "depth": bg[:, 2:]}
        maps: Tensor = torch.cat([avg_pool2d(every[name], 2) for name in self.targets], dim=1)
        return maps
