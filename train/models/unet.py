"""The two U-Nets of the systems that bgfg grew from: of two shots, unpadded on the way up; and of a single picture.

After Ronneberger, Fischer and Brox, "U-Net: Convolutional Networks for Biomedical Image Segmentation" (MICCAI 2015).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import torch
import torch.nn.functional as F  # noqa: N812 - the name that everybody knows
from torch import Tensor, nn

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.depth_teacher.ops.network_blocks import conv_bn_relu
from bgfg.train.models.encoder_unet import COARSEST, EncoderUnet
from bgfg.train.models.network import ImagePairNetwork, SingleImageNetwork

_WIDTHS = (64, 128, 256, 512, 1024)
_STEP_PX = 16
_LEAST_PX = 128

FINAL_ACTIVATIONS = ("none", "relu")


class UnetValid(ImagePairNetwork):
    """U-Net of two shots with unpadded ("valid") convolutions on the way up; 34,520,514 parameters for the mask.

    Widths 64-128-256-512-1024, double 3×3 convolutions; skips are cropped to what is left.

    Args:
        name: Name in the registry.
        targets: What it is to predict.
        input_px: Side of the square pictures that it is meant for.
        final_activation: "relu" is the original's, whose logits can't be negative; "none" leaves it out, which can be
            trained.
    """

    def __init__(
        self, name: str, targets: Sequence[str], *, input_px: int = 224, final_activation: str = "none"
    ) -> None:
        super().__init__(name, targets, input_px)
        if final_activation not in FINAL_ACTIVATIONS:
            choice = " or ".join(FINAL_ACTIVATIONS)
            raise Problem(f"{name}: final_activation is {final_activation!r}: choose {choice}", exit_code=2)
        *levels, base = _WIDTHS
        self.down = nn.ModuleList(_double(a, b, padding=1) for a, b in zip((6, *levels), levels, strict=False))
        self.base = _double(levels[-1], base, padding=0)
        upwards = list(zip(_WIDTHS[:0:-1], levels[::-1], strict=True))  # (1024, 512) ... (128, 64)
        self.up = nn.ModuleList(
            nn.ConvTranspose2d(a, b, 3, stride=2, padding=1, output_padding=1, bias=False) for a, b in upwards
        )
        self.join = nn.ModuleList(_double(a, b, padding=0) for a, b in upwards)
        last = conv_bn_relu(levels[0], len(targets), padding=0)
        self.last = last if final_activation == "relu" else last[:-1]

    def output_px(self, height_px: int, width_px: int) -> tuple[int, int]:
        """Return the size of the maps: what the convolutions without padding leave of the sides; 98 for 224."""
        sides = (height_px, width_px)
        if any(side < _LEAST_PX or side % _STEP_PX for side in sides):
            takes = f"sides that are multiples of {_STEP_PX} px from {_LEAST_PX} up"
            raise self.size_problem(height_px, width_px, takes)
        return _left(height_px), _left(width_px)

    def maps(self, bg: Tensor, bg_fg: Tensor) -> Tensor:
        """Return the maps of all targets."""
        x = torch.cat([bg_fg, bg], dim=1)
        skips = []
        for down in self.down:
            x = down(x)
            skips.append(x)
            x = F.max_pool2d(x, 2)
        x = self.base(x)
        for up, join, skip in zip(self.up, self.join, reversed(skips), strict=True):
            x = up(x)
            x = join(torch.cat([x, _centre(skip, x.shape[-2], x.shape[-1])], dim=1))
        maps: Tensor = self.last(x)
        return maps


class Unet(SingleImageNetwork):
    """U-Net of one picture, padded throughout, with 2×2 transposed convolutions; 21,597,377 parameters for the mask.

    Widths 64-128-256-512-1024; or with an encoder of timm on the way down.

    Args:
        name: Name in the registry.
        targets: What it is to predict.
        input_px: Side of the square pictures that it is meant for.
        classes: Number of classes, for the target of that name.
        width: Channels of the finest level, 64 in the original; each coarser one has twice as many.
        dropout: Share of channel values that is set to zero after each level's max-pool in training; with an encoder,
            of the channels of its coarsest maps.
        encoder: Encoder in the place of the original's way down, by its name in timm; None for the original's.
        weights: What the encoder starts from: "imagenet" for published weights, or a file of them; None for fresh ones.
    """

    step_px: int | None = _STEP_PX
    offline_options: ClassVar[dict[str, Any]] = {"weights": None}

    def __init__(
        self,
        name: str,
        targets: Sequence[str],
        *,
        input_px: int = 256,
        classes: int | None = None,
        width: int = _WIDTHS[0],
        dropout: float = 0.6,
        encoder: str | None = None,
        weights: str | Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(name, targets, input_px, classes)
        if not 0 <= dropout < 1:
            raise Problem(f"{name}: dropout is {dropout}: give a share from 0 to below 1", exit_code=2)
        self.encoded: EncoderUnet | None = None
        if encoder is not None:
            self._begin_from(encoder, weights, width, dropout)
            return
        if weights is not None:
            raise Problem(f"{name}: weights are for an encoder: give encoder=NAME of timm too", exit_code=2)
        *levels, base = (width * 2**level for level in range(len(_WIDTHS)))
        self.down = nn.ModuleList(_double(a, b, padding=1) for a, b in zip((3, *levels), levels, strict=False))
        self.drop = nn.Dropout(dropout)
        self.base = nn.Conv2d(levels[-1], base, 3, padding=1)
        upwards = list(zip((base, *levels[:0:-1]), levels[::-1], strict=True))  # (1024, 512) ... (128, 64)
        self.up = nn.ModuleList(nn.ConvTranspose2d(a, b, 2, stride=2) for a, b in upwards)
        self.join = nn.ModuleList(_double(a, b, padding=1) for a, b in upwards)
        self.last = nn.Conv2d(width, sum(self.channels), 1)

    def _begin_from(self, encoder: str, weights: str | Mapping[str, Any] | None, width: int, dropout: float) -> None:
        """Build the network on an encoder."""
        self.step_px = COARSEST
        self.output_px(self.input_px, self.input_px)  # raises where the encoder would be tried at sides it never gets
        self.encoded = EncoderUnet(encoder, weights, self.input_px, width, dropout, sum(self.channels))
        self.origin = self.encoded.encoder.origin
        if self.origin is not None:
            self.weights_origin = f"the encoder of {self.name} starts from {self.origin}"
        if not self.encoded.encoder.takes_any_size:
            self.step_px = None

    def encoder_part(self) -> nn.Module | None:
        """Return the encoder of timm; None where there is none."""
        return None if self.encoded is None else self.encoded.encoder

    def output_px(self, height_px: int, width_px: int) -> tuple[int, int]:
        """Return the size of the maps, the picture's own."""
        if self.step_px is None:
            if (height_px, width_px) != (self.input_px, self.input_px):
                takes = f"sides of {self.input_px} px, as its encoder was made for"
                raise self.size_problem(height_px, width_px, takes)
        elif height_px % self.step_px or width_px % self.step_px:
            raise self.size_problem(height_px, width_px, f"sides that are multiples of {self.step_px} px")
        return height_px, width_px

    def maps(self, picture: Tensor) -> Tensor:
        """Return the maps of all targets."""
        if self.encoded is not None:
            found: Tensor = self.encoded(picture)
            return found
        x, skips = picture, []
        for down in self.down:
            x = down(x)
            skips.append(x)
            x = self.drop(F.max_pool2d(x, 2))
        x = self.base(x)
        for up, join, skip in zip(self.up, self.join, reversed(skips), strict=True):
            x = join(torch.cat([up(x), skip], dim=1))
        maps: Tensor = self.last(x)
        return maps


def _double(inputs: int, outputs: int, padding: int) -> nn.Sequential:
    """Return two convolutions with batch normalisation and ReLU."""
    first = conv_bn_relu(inputs, outputs, padding=padding)
    return nn.Sequential(first, conv_bn_relu(outputs, outputs, padding=padding))


def _centre(x: Tensor, height_px: int, width_px: int) -> Tensor:
    """Return the middle (height_px, width_px) of maps (n, c, H, W)."""
    top, left = (x.shape[-2] - height_px) // 2, (x.shape[-1] - width_px) // 2
    return x[..., top : top + height_px, left : left + width_px]


def _left(side_px: int) -> int:
    """Return the side of the output of UnetValid for a side of its input."""
    # The base loses 4 px; so does each level after its size has doubled; and the last convolution 2.
    left_px = side_px // _STEP_PX - 4
    for _ in range(len(_WIDTHS) - 1):
        left_px = 2 * left_px - 4
    return left_px - 2
