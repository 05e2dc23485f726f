"""Backbones of timm by name: its own ones, with fresh weights or those that are published for them."""

from __future__ import annotations

import inspect
import re
import sys
from inspect import signature
from typing import Any

import timm
from timm.layers.conv2d_same import Conv2dSame
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  the field's own name

# timm takes addresses and folders too, as in hf-hub:..., whose files decide on what is built. These aren't of them.
_NAME = re.compile(r"\w+(\.\w+)?")


def is_backbone(name: object) -> bool:
    """Say whether timm itself has a backbone of this name."""
    return isinstance(name, str) and _NAME.fullmatch(name) is not None and timm.is_model(name)


def backbone_options(name: str) -> set[str]:
    """Return the options that the networks in the file of a backbone's own have, by its name in timm.

    timm has others beside them, of where weights and descriptions are to be read.
    """
    module = sys.modules[timm.models.model_entrypoint(name).__module__]
    own = (each for each in vars(module).values() if inspect.isclass(each) and each.__module__ == module.__name__)
    return {option for each in own if issubclass(each, nn.Module) for option in signature(each.__init__).parameters}


class EvenConv2d(nn.Conv2d):
    """TensorFlow's padding "same" for sides that are multiples of the stride, as bgfg's networks take them only.

    timm computes the padding anew from each picture, which an export to ONNX for pictures of any size can't follow.
    For such sides it is always the same.

    Args:
        conv: The convolution of timm; its weights become this one's.
    """

    def __init__(self, conv: Any) -> None:
        super().__init__(
            conv.in_channels, conv.out_channels, conv.kernel_size, conv.stride, 0, conv.dilation, conv.groups,
            conv.bias is not None, device="meta",
        )  # fmt: skip
        self.weight, self.bias = conv.weight, conv.bias
        reach = [d * (k - 1) + 1 - s for k, s, d in zip(conv.kernel_size, conv.stride, conv.dilation, strict=True)]
        top, left = (max(each, 0) // 2 for each in reach)
        bottom, right = (max(each, 0) - max(each, 0) // 2 for each in reach)
        self._sides_px = [left, right, top, bottom]

    def forward(self, x: Tensor) -> Tensor:
        """Return the maps of (n, c, h, w)."""
        return super().forward(F.pad(x, self._sides_px))


def create_backbone(name: str, pretrained: bool = False, **options: Any) -> nn.Module:
    """Build a backbone that gives features.

    Args:
        name: Its name in timm.
        pretrained: Whether it starts from its published weights, which are downloaded.
        **options: What timm is to make it with.

    Raises:
        ValueError: timm has no backbone of this name; it raises errors of many kinds for what it can't build.
    """
    if not is_backbone(name):
        raise ValueError(f"not known to timm {timm.__version__}")
    network: nn.Module = timm.create_model(name, pretrained=pretrained, features_only=True, **options)
    for parent in list(network.modules()):
        for child, module in parent.named_children():
            if isinstance(module, Conv2dSame):
                parent.add_module(child, EvenConv2d(module))
    return network
