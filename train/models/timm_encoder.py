"""A timm backbone as an encoder that returns the feature maps of its scales."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

import timm
from torch import Tensor, nn

from bgfg.data_manifests.terminal.errors import Problem

# The coarsest scale that is kept, relative to the encoder's input. After a first stage that halves the picture, 32 px
# are one pixel there, which is why sides are multiples of 32.
_COARSEST = 16


class TimmEncoder(nn.Module):
    """Any backbone of timm that gives features, cut off after its scale 1/16.

    Attributes:
        channels: Channels of each map, from fine to coarse.
        scales: By what the sides of each map are divided.

    Raises:
        Problem: timm doesn't know the name or can't give its features, or published weights are asked for and can't be
            downloaded.
    """

    def __init__(self, backbone: str, options: Mapping[str, Any], inputs: int, pretrained: bool) -> None:
        super().__init__()
        if not timm.is_model(backbone):
            near = get_close_matches(backbone, timm.list_models(), n=5, cutoff=0.5)
            choose = f"choose one of timm's, such as {', '.join(near or ['resnet18'])}"
            raise Problem(f"backbone {backbone!r}: not known to timm {timm.__version__}: {choose}", exit_code=2)
        levels = _levels(_create(backbone, options, inputs, pretrained=False, out_indices=None))
        self.backbone = _create(backbone, options, inputs, pretrained, out_indices=levels)
        info: Any = self.backbone.feature_info
        self.channels: list[int] = info.channels()
        self.scales: list[int] = info.reduction()

    def forward(self, x: Tensor) -> list[Tensor]:
        """Return the feature maps of (n, c, h, w), from fine to coarse."""
        maps: list[Tensor] = self.backbone(x)
        return maps


def _create(
    backbone: str, options: Mapping[str, Any], inputs: int, pretrained: bool, out_indices: tuple[int, ...] | None
) -> nn.Module:
    """Build a timm backbone that returns features; raise Problem where timm can't."""
    chosen = dict(options) if out_indices is None else dict(options) | {"out_indices": out_indices}
    try:
        network: nn.Module = timm.create_model(
            backbone, pretrained=pretrained, features_only=True, in_chans=inputs, **chosen
        )
    except (RuntimeError, TypeError, ValueError, AttributeError, OSError) as error:
        mend = "leave the option pretrained out, or connect" if pretrained else "choose another, such as resnet18"
        raise Problem(f"backbone {backbone!r}: timm can't build it ({error}): {mend}", exit_code=2) from error
    return network


def _levels(network: nn.Module) -> tuple[int, ...]:
    """Return the indices of the features to keep: the last of each scale down to the coarsest."""
    info: Any = network.feature_info
    last = {scale: index for index, scale in enumerate(info.reduction()) if scale <= _COARSEST}
    return tuple(last.values())
