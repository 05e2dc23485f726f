"""person: people in one photograph, by a pretrained encoder of timm and a light decoder whose skips are sums.

The decoder is a feature pyramid (Lin et al., "Feature pyramid networks for object detection", CVPR 2017) down to half
of the picture's size; its convolutions are separable (Howard et al., "MobileNets", 2017), so that most of the work and
of the parameters is the encoder's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, ClassVar

from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  the field's own name

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.depth_teacher.ops.network_blocks import Normalisation, conv_bn_relu
from bgfg.train.models.network import SingleImageNetwork
from bgfg.train.models.timm_encoder import TimmEncoder

# Finest and coarsest scale of the encoder that is used: maps of 1/2, 1/4 ... 1/32 of the picture.
_SCALES = (2, 32)
# Multiples of `width` that the decoder has as channels, from the finest scale to the coarsest.
_WIDTH_FACTORS = (1, 2, 3, 4, 6)


class Person(SingleImageNetwork):
    """One picture in, the mask of the people in it out at half its size; 3,032,145 parameters.

    Args:
        name: Name in the registry.
        targets: What it is to predict.
        input_px: Side of the square pictures that it is meant for.
        classes: Number of classes, for the target of that name.
        encoder: Name of the encoder in timm, with maps of 1/2, 1/4 ... 1/32 of a picture.
        weights: What the encoder starts from, as `find_encoder_start` has it; None for fresh weights.
        width: Channels of the decoder at half the picture's size; coarser scales have more.
    """

    step_px: int | None = _SCALES[1]
    mirrored = True
    offline_options: ClassVar[dict[str, Any]] = {"weights": None}

    def __init__(
        self,
        name: str,
        targets: Sequence[str],
        *,
        input_px: int = 192,
        classes: int | None = None,
        encoder: str = "tf_efficientnet_lite0",
        weights: str | Mapping[str, Any] | None = None,
        width: int = 16,
    ) -> None:
        super().__init__(name, targets, input_px, classes)
        self.output_px(input_px, input_px)  # raises where the encoder would be tried at sides that it never gets
        self.encoder = TimmEncoder(encoder, {}, 3, weights, input_px, _SCALES)
        if self.encoder.scales != [2**level for level in range(1, len(_WIDTH_FACTORS) + 1)]:
            has = ", ".join(f"1/{scale}" for scale in self.encoder.scales)
            again = "choose one with maps of 1/2, 1/4 ... 1/32, such as tf_efficientnet_lite0"
            raise Problem(f"encoder {encoder!r}: has maps of {has}: {again}", exit_code=2)
        self.origin = self.encoder.origin
        self.standardise = Normalisation(self.encoder.mean, self.encoder.std)
        if not self.encoder.takes_any_size:
            self.step_px = None
        widths = [width * factor for factor in _WIDTH_FACTORS]
        self.skips = nn.ModuleList(conv_bn_relu(c, w, 1) for c, w in zip(self.encoder.channels, widths, strict=True))
        self.narrow = nn.ModuleList(conv_bn_relu(coarser, w, 1) for w, coarser in pairwise(widths))
        self.join = nn.ModuleList(_separable(w) for w in widths)
        self.head = nn.Conv2d(width, sum(self.channels), 3, padding=1)

    def output_px(self, height_px: int, width_px: int) -> tuple[int, int]:
        """Return the size of the maps: half of the picture's."""
        if self.step_px is None and (height_px, width_px) != (self.input_px, self.input_px):
            raise self.size_problem(height_px, width_px, f"sides of {self.input_px} px, as its encoder was made for")
        if height_px % _SCALES[1] or width_px % _SCALES[1]:
            raise self.size_problem(height_px, width_px, f"sides that are multiples of {_SCALES[1]} px")
        return height_px // _SCALES[0], width_px // _SCALES[0]

    def maps(self, picture: Tensor) -> Tensor:
        """Return the maps of all targets, (n, sum(channels), h / 2, w / 2)."""
        encoded = self.encoder(self.standardise(picture))
        *finer, coarsest = (skip(maps) for skip, maps in zip(self.skips, encoded, strict=True))
        x = self.join[-1](coarsest)
        for narrow, join, skipped in reversed(list(zip(self.narrow, self.join[:-1], finer, strict=True))):
            # Twice the size by a factor, not by the finer map's: so the exported graph takes pictures of any size.
            x = join(F.interpolate(narrow(x), scale_factor=2.0, mode="bilinear", align_corners=False) + skipped)
        maps: Tensor = self.head(x)
        return maps


def _separable(width: int) -> nn.Sequential:
    """Return a 3×3 convolution of each channel by itself, and one of all channels at each place."""
    depthwise = nn.Conv2d(width, width, 3, padding=1, groups=width, bias=False)
    return nn.Sequential(depthwise, nn.BatchNorm2d(width), conv_bn_relu(width, width, 1))
