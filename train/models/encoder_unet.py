"""A U-Net whose way down is an encoder of timm, which may start from published weights."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from torch import Tensor, nn

from bgfg.depth_teacher.ops.network_blocks import Normalisation, conv_bn_relu
from bgfg.train.models.timm_encoder import TimmEncoder
from bgfg.train.ops.fusion_blocks import UpBlock

# Finest and coarsest scale of the encoder, and by what the sides of pictures are divisible.
_FINEST, COARSEST = 2, 32
# Channels of the decoder at a scale at most, as a multiple of those at the finest.
_WIDEST = 8


class EncoderUnet(nn.Module):
    """Maps of the size of a picture: an encoder, and on the way up two convolutions a scale with its features beside.

    Args:
        encoder: Name of the encoder in timm.
        weights: What it starts from, as `find_encoder_start` has it.
        input_px: Side of the pictures that it is meant for.
        width: Channels of the decoder at half the picture's size; each coarser scale has twice as many, up to 8 times.
        dropout: Share of the coarsest maps' channels that is set to zero in training.
        maps: How many maps it gives.
    """

    def __init__(
        self,
        encoder: str,
        weights: str | Mapping[str, Any] | None,
        input_px: int,
        width: int,
        dropout: float,
        maps: int,
    ) -> None:
        super().__init__()
        self.encoder = TimmEncoder(encoder, {}, 3, weights, input_px, (_FINEST, COARSEST))
        self.standardise = Normalisation(self.encoder.mean, self.encoder.std)
        channels, scales = self.encoder.channels, self.encoder.scales
        widths = [width * min(scale // _FINEST, _WIDEST) for scale in scales]
        self.skips = nn.ModuleList(conv_bn_relu(c, w, 1) for c, w in zip(channels, widths, strict=True))
        self.drop = nn.Dropout2d(dropout)
        self.up = nn.ModuleList(UpBlock(below, w, 2) for w, below in pairwise(widths))
        self.last = nn.Sequential(nn.Conv2d(widths[0], maps * scales[0] ** 2, 1), nn.PixelShuffle(scales[0]))

    def forward(self, picture: Tensor) -> Tensor:
        """Return the maps (n, maps, h, w) of pictures (n, 3, h, w) in 0..1."""
        encoded = self.encoder(self.standardise(picture))
        *finer, x = (skip(found) for skip, found in zip(self.skips, encoded, strict=True))
        x = self.drop(x)
        for up, skip in zip(reversed(self.up), reversed(finer), strict=True):
            x = up(x, skip)
        maps: Tensor = self.last(x)
        return maps
