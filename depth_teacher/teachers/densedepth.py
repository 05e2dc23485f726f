"""The DenseDepth network: a DenseNet-169 encoder and four up-blocks, in the two variants that weights exist of.

Source: Alhashim & Wonka, High Quality Monocular Depth Estimation via Transfer Learning, 2018. The released weights and
the head of its repository differ in width, activations and resizing: `OFFICIAL` and `HEAD`.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from typing import Any, Literal, cast, get_args

import timm
import torch
from torch import Tensor, nn
from torch.nn import functional as F  # noqa: N812  the field's own name
from torch.nn.utils.fusion import fuse_conv_bn_eval

UpsampleMode = Literal["align_corners", "half_pixel"]

# Keras's DenseNet has this epsilon, PyTorch's own another one.
BATCH_NORM_EPS = 1.001e-5
BLOCK_LAYERS = (6, 12, 32, 32)
ENCODER_CHANNELS = 1664
SKIP_CHANNELS = (256, 128, 64, 64)
STRIDE_PX = 32
MAX_WIDTH = 16_384


@dataclass(frozen=True)
class DenseDepthVariant:
    """What differs between files of weights.

    Attributes:
        width: Channels after conv2; the up-blocks have a half, a quarter, an eighth and a sixteenth of it.
        leaky_after_a: Whether there is a LeakyReLU after convA too, not after convB alone.
        final_relu: Whether there is a ReLU between the encoder's last batch norm and conv2.
        slope: Of the LeakyReLU.
        resize: Where bilinear doubling takes its samples.
    """

    width: int = 1664
    leaky_after_a: bool = False
    final_relu: bool = True
    slope: float = 0.2
    resize: UpsampleMode = "align_corners"

    def __post_init__(self) -> None:
        sound = {
            "width": type(self.width) is int and 16 <= self.width <= MAX_WIDTH and self.width % 16 == 0,
            "leaky_after_a": type(self.leaky_after_a) is bool,
            "final_relu": type(self.final_relu) is bool,
            "slope": 0 <= self.slope < 1,
            "resize": self.resize in get_args(UpsampleMode),
        }
        for name, is_sound in sound.items():
            if not is_sound:
                raise ValueError(f"{name} is {getattr(self, name)!r}")


OFFICIAL = DenseDepthVariant()
HEAD = DenseDepthVariant(width=832, leaky_after_a=True, resize="half_pixel")


def guess_variant(width: int, resize: UpsampleMode) -> DenseDepthVariant:
    """Return the variant of a width, for files that don't say how their layers are joined.

    A width that no network can have gives the released variant: comparing shapes then names the first wrong layer.
    """
    known = HEAD if width == HEAD.width else OFFICIAL
    is_possible = 16 <= width <= MAX_WIDTH and width % 16 == 0
    return replace(known, width=width if is_possible else known.width, resize=resize)


class DenseDepth(nn.Module):
    """From (n, 3, H, W) RGB in 0..1, H and W multiples of 32, to the raw output (n, 1, H/2, W/2): far over distance.

    No mean is subtracted and nothing is divided: the network wants plain RGB.
    """

    def __init__(self, variant: DenseDepthVariant = OFFICIAL) -> None:
        super().__init__()
        self.variant = variant
        # The encoder's parts are taken by name: timm's own `features_only` taps the middle before their ReLU.
        densenet: Any = timm.create_model("densenet169", pretrained=False)
        for module in densenet.features.modules():
            if isinstance(module, nn.BatchNorm2d):
                module.eps = BATCH_NORM_EPS
        if not variant.final_relu:
            densenet.features.norm5.act = nn.Identity()
        self.encoder: Any = densenet.features
        self.decoder = DenseDepthDecoder(variant)

    def forward(self, rgb: Tensor) -> Tensor:
        """Return the raw output; raise ValueError where a side isn't a multiple of 32."""
        height_px, width_px = rgb.shape[-2:]
        if height_px % STRIDE_PX or width_px % STRIDE_PX:
            raise ValueError(f"{width_px}x{height_px}: both sides must be multiples of {STRIDE_PX}")
        f = self.encoder
        stem = f.norm0(f.conv0(rgb))  # (n, 64, H/2, W/2); norm0 holds its ReLU
        pooled = f.pool0(stem)  # (n, 64, H/4, W/4)
        eighth = f.transition1(f.denseblock1(pooled))  # (n, 128, H/8, W/8)
        sixteenth = f.transition2(f.denseblock2(eighth))  # (n, 256, H/16, W/16)
        top = f.norm5(f.denseblock4(f.transition3(f.denseblock3(sixteenth))))  # (n, 1664, H/32, W/32)
        return cast(Tensor, self.decoder(top, (sixteenth, eighth, pooled, stem)))


class DenseDepthDecoder(nn.Module):
    """The layers conv2, four up-blocks and conv3, under the names that the Keras files have."""

    def __init__(self, variant: DenseDepthVariant) -> None:
        super().__init__()
        self.conv2 = nn.Conv2d(ENCODER_CHANNELS, variant.width, 1)
        for i, skip_channels in enumerate(SKIP_CHANNELS, start=1):
            channels = variant.width >> i
            self.add_module(f"up{i}", UpsampleBlock(2 * channels + skip_channels, channels, variant))
        self.conv3 = nn.Conv2d(variant.width >> len(SKIP_CHANNELS), 1, 3, padding=1)

    def forward(self, top: Tensor, skips: tuple[Tensor, ...]) -> Tensor:
        """Double `top` four times, with a skip connection each time."""
        x = self.conv2(top)
        for i, skip in enumerate(skips, start=1):
            x = self.get_submodule(f"up{i}")(x, skip)
        return cast(Tensor, self.conv3(x))


class UpsampleBlock(nn.Module):
    """Up-block: double, append the skip, convolve twice."""

    def __init__(self, in_channels: int, channels: int, variant: DenseDepthVariant) -> None:
        super().__init__()
        self.convA = nn.Conv2d(in_channels, channels, 3, padding=1)
        self.convB = nn.Conv2d(channels, channels, 3, padding=1)
        self._variant = variant

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        """Return (n, channels, h, w), the size of `skip`."""
        align_corners = self._variant.resize == "align_corners"
        x = F.interpolate(x, size=skip.shape[-2:], mode="bilinear", align_corners=align_corners)
        x = self.convA(torch.cat([x, skip], dim=1))
        if self._variant.leaky_after_a:
            x = F.leaky_relu(x, self._variant.slope)
        return F.leaky_relu(self.convB(x), self._variant.slope)


def raw_to_metres(raw: Tensor, near_m: float, far_m: float) -> Tensor:
    """Return the distance in metres, `far_m` over the raw output, kept within near_m..far_m.

    A negative raw output is the nearest distance, as in the original's own clipping; what isn't a number stays so.
    """
    return torch.clamp(far_m / raw, near_m, far_m)


def fuse_batch_norms(net: DenseDepth) -> DenseDepth:
    """Return a copy for inference, in which a batch norm that follows a convolution is part of it: equal to rounding.

    The other norms follow a concatenation, and stay.
    """
    lean = copy.deepcopy(net).eval()
    encoder = lean.encoder
    encoder.conv0, encoder.norm0 = fuse_conv_bn_eval(encoder.conv0, encoder.norm0), nn.ReLU(inplace=True)
    for i in range(1, len(BLOCK_LAYERS) + 1):
        for layer in encoder.get_submodule(f"denseblock{i}").values():
            layer.conv1, layer.norm2 = fuse_conv_bn_eval(layer.conv1, layer.norm2), nn.ReLU(inplace=True)
    return lean
