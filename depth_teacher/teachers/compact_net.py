"""The compact network: a small encoder of timm and a light decoder, for pictures on a processor."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  the field's own name

from bgfg.depth_teacher.ops.backbone import create_backbone
from bgfg.depth_teacher.ops.encoder_origin import IMAGENET_MEAN, IMAGENET_STD
from bgfg.depth_teacher.ops.network_blocks import Normalisation, conv_bn_relu

# Multiples of `width` that the decoder has as channels, from half the picture's size to a 32nd of it.
_WIDTH_FACTORS = (1, 2, 3, 4, 6)


class CompactNet(nn.Module):
    """From (n, 3, H, W) RGB in 0..1, H and W multiples of 32, to the raw output (n, 1, H/2, W/2).

    Raw is normalised inverse depth: the geometric middle of the range over the depth in metres, larger being nearer.

    Args:
        backbone: Encoder of timm, by name. One without squeeze-and-excitation is best: a pixel's depth then depends on
            what is around it, not on the whole picture.
        width: Channels of the decoder at half the picture's size; coarser scales have more.
        mean: Mean of the channels that the encoder expects; ImageNet's where it started from fresh weights.
        std: Standard deviation of these.
    """

    def __init__(
        self,
        backbone: str = "mobilenetv4_conv_small",
        width: int = 16,
        mean: Sequence[float] = IMAGENET_MEAN,
        std: Sequence[float] = IMAGENET_STD,
    ) -> None:
        super().__init__()
        self.options: dict[str, Any] = {"backbone": backbone, "width": width}
        self.standardise = Normalisation(mean, std)
        self.encoder = create_backbone(backbone)
        info: Any = self.encoder.feature_info
        channels: list[int] = info.channels()
        widths = [width * factor for factor in _WIDTH_FACTORS]
        self.skips = nn.ModuleList(conv_bn_relu(c, w, 1) for c, w in zip(channels, widths, strict=True))
        self.narrow = nn.ModuleList(conv_bn_relu(coarser, w, 1) for w, coarser in pairwise(widths))
        self.join = nn.ModuleList(conv_bn_relu(w, w, 3) for w in widths[:-1])
        self.head = nn.Conv2d(width, 1, 3, padding=1)
        nn.init.ones_(self.get_parameter("head.bias"))  # the middle of the range, until something is learnt

    def forward(self, rgb: Tensor) -> Tensor:
        """Return the raw output."""
        maps = self.encoder(self.standardise(rgb))
        *finer, x = (skip(map_) for skip, map_ in zip(self.skips, maps, strict=True))
        for narrow, join, skipped in reversed(list(zip(self.narrow, self.join, finer, strict=True))):
            # Twice the size by a factor, not by the finer map's: so the exported graph takes pictures of any size.
            x = join(F.interpolate(narrow(x), scale_factor=2.0, mode="bilinear", align_corners=False) + skipped)
        raw: Tensor = self.head(x)
        return raw
