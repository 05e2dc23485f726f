"""A ResNet-18 of an eighth of the width, as a backbone of Mask R-CNN for the tests; needs PyTorch."""

from __future__ import annotations

from typing import Any

from torch import nn
from torchvision.models.resnet import BasicBlock, ResNet

from bgfg.train.models.maskrcnn import BACKBONES

_SLIMMER = 8


class ThinResNet(ResNet):  # type: ignore[misc]  # torchvision has no types
    """The first convolution has its usual width, which torchvision lets nobody choose; what follows is slimmer."""

    def _make_layer(self, block: Any, planes: int, *given: Any, **more: Any) -> nn.Sequential:
        layer: nn.Sequential = super()._make_layer(block, planes // _SLIMMER, *given, **more)
        return layer


def thin_resnet18(weights: None = None, **options: Any) -> ThinResNet:
    """Return one with fresh weights."""
    return ThinResNet(BasicBlock, [2, 2, 2, 2], **options)


THIN_RESNET18 = "thin_resnet18"  # the name under which the backbone is known where this file is imported
BACKBONES[THIN_RESNET18] = thin_resnet18
