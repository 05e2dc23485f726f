"""two_stream: each shot through its own first stage, then one shared encoder, fused at every scale; a U-Net decoder.

After the description "each input through one encoder block of its own, then one shared encoder; two outputs, mask and
depth", and U-Net (Ronneberger, Fischer and Brox, MICCAI 2015).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, ClassVar

import torch
import torch.nn.functional as F  # noqa: N812 - the name that everybody knows
from torch import Tensor, nn

from data_manifests.problem import Problem
from train.models.encoder import Encoder
from train.models.pair_net import PairNet, Standardise, conv_bn_relu

_STEP_PX = 32
_DETAIL = 12  # the 3 channels of 2 by 2 pixels

FUSIONS = ("concat", "difference", "absolute", "all")


class TwoStream(PairNet):
    """Two shots in, mask and depth out at half their size, or at all of it.

    full_resolution: whether the maps have the size of the pictures. backbone: of timm, by name; backbone_options: what
    else it is to be made with. pretrained: whether to start from its published weights, which are fetched. width: the
    channels of the finest scale; each coarser one has twice as many, up to `widest` times. fusion: what of the two
    streams is joined at each scale. siamese: whether the encoder sees each stream, or once what the first stages gave,
    joined. detail: whether the finest scale also sees the plain difference of the shots, pixel by pixel. widest: how
    many times as many channels as the finest scale the coarsest has at most. convolutions: in each stage.
    """

    without_download: ClassVar[dict[str, Any]] = {"pretrained": False}
    step_px: ClassVar[int | None] = _STEP_PX

    def __init__(
        self,
        name: str,
        targets: Sequence[str],
        *,
        input_px: int = 192,
        full_resolution: bool = False,
        backbone: str = "resnet18",
        backbone_options: Mapping[str, Any] | None = None,
        pretrained: bool = False,
        width: int = 32,
        fusion: str = "all",
        siamese: bool = True,
        detail: bool = False,
        widest: int = 4,
        convolutions: int = 2,
    ) -> None:
        super().__init__(name, targets, input_px)
        if fusion not in FUSIONS:
            raise Problem(f"{name}: fusion is {fusion!r}: choose one of {', '.join(FUSIONS)}", exit_code=2)
        self.output_scale = 1 if full_resolution else 2
        self.siamese = siamese
        self.detail = detail
        self.standardise = Standardise()
        self.first_bg = _first_stage(width, convolutions)
        self.first_bg_fg = _first_stage(width, convolutions)
        # Alike at first, so that their difference means something from the first step on.
        self.first_bg_fg.load_state_dict(self.first_bg.state_dict())
        self.encoder = Encoder(backbone, backbone_options or {}, width, pretrained)
        channels = [width, *self.encoder.channels]
        widths = [width * min(2**scale, widest) for scale in range(len(channels))]
        fused = channels if siamese else channels[:1]
        self.fuse = nn.ModuleList(
            Fusion(fusion, c, w, _DETAIL if detail and scale == 0 else 0)
            for scale, (c, w) in enumerate(zip(fused, widths, strict=False))
        )
        if not siamese:
            self.narrow = nn.ModuleList(conv_bn_relu(c, w, 1) for c, w in zip(channels[1:], widths[1:], strict=True))
        self.up = nn.ModuleList(Up(below, w, convolutions) for w, below in pairwise(widths))
        self.heads = nn.ModuleList(_head(width, 2 // self.output_scale, convolutions) for _ in targets)

    def output_px(self, height_px: int, width_px: int) -> tuple[int, int]:
        """Return the size of the maps: half of the pictures', or the same at full resolution."""
        if height_px % _STEP_PX or width_px % _STEP_PX:
            raise self.refused(height_px, width_px, f"sides that are multiples of {_STEP_PX} px")
        return height_px // self.output_scale, width_px // self.output_scale

    def maps(self, bg: Tensor, bg_fg: Tensor) -> Tensor:
        """Return the maps of all targets."""
        bg, bg_fg = self.standardise(bg), self.standardise(bg_fg)
        detail = [F.pixel_unshuffle((bg_fg - bg).abs(), 2)] if self.detail else []
        fused = self._scales(self.first_bg(bg), self.first_bg_fg(bg_fg), detail)
        x = fused[-1]
        for up, skip in zip(reversed(self.up), reversed(fused[:-1]), strict=True):
            x = up(x, skip)
        return torch.cat([head(x) for head in self.heads], dim=1)

    def _scales(self, bg: Tensor, bg_fg: Tensor, detail: list[Tensor]) -> list[Tensor]:
        """Encode what the first stages made of the two shots; return the fused maps from fine to coarse."""
        if not self.siamese:
            first = self.fuse[0](bg, bg_fg, *detail)
            return [first, *(narrow(maps) for narrow, maps in zip(self.narrow, self.encoder(first), strict=True))]
        encoded = self.encoder(torch.cat([bg, bg_fg]))
        pairs = [(bg, bg_fg, *detail), *(maps.chunk(2) for maps in encoded)]
        return [fuse(*pair) for fuse, pair in zip(self.fuse, pairs, strict=True)]


class Fusion(nn.Module):
    """Joins the maps of the two streams at one scale, what differs between them, and `extra` channels more."""

    def __init__(self, kind: str, inputs: int, outputs: int, extra: int = 0) -> None:
        super().__init__()
        self.kind = kind
        self.mix = conv_bn_relu(inputs * (3 if kind == "all" else 2) + extra, outputs, 1)

    def forward(self, bg: Tensor, bg_fg: Tensor, *extra: Tensor) -> Tensor:
        """Join maps (n, c, h, w) of the two, and extra (n, extra, h, w), into (n, outputs, h, w)."""
        difference = bg_fg - bg
        parts = {
            "concat": (bg_fg, bg),
            "difference": (bg_fg, difference),
            "absolute": (bg_fg, difference.abs()),
            "all": (bg_fg, difference, difference.abs()),
        }
        mixed: Tensor = self.mix(torch.cat((*parts[self.kind], *extra), dim=1))
        return mixed


class Up(nn.Module):
    """Takes maps up to the size of the next finer ones and joins the two: a step of the decoder."""

    def __init__(self, inputs: int, width: int, convolutions: int) -> None:
        super().__init__()
        self.narrow = conv_bn_relu(inputs, width, 1) if inputs != width else nn.Identity()
        self.join = nn.Sequential(
            conv_bn_relu(2 * width, width), *(conv_bn_relu(width, width) for _ in range(convolutions - 1))
        )

    def forward(self, x: Tensor, skip: Tensor) -> Tensor:
        """Join (n, inputs, h, w) with the finer skip (n, width, h', w') into maps of the skip's size."""
        finer = F.interpolate(self.narrow(x), size=skip.shape[-2:], mode="nearest")
        joined: Tensor = self.join(torch.cat([finer, skip], dim=1))
        return joined


def _first_stage(width: int, convolutions: int) -> nn.Sequential:
    """Return what halves the size of one of the shots, seeing 4 by 4 px a step, so that no pixel is passed over."""
    halve = nn.Sequential(nn.Conv2d(3, width, 4, stride=2, padding=1, bias=False), nn.BatchNorm2d(width), nn.ReLU(True))
    return nn.Sequential(halve, *(conv_bn_relu(width, width) for _ in range(convolutions - 1)))


def _head(width: int, times: int, convolutions: int) -> nn.Sequential:
    """Return what makes one map, `times` as large as the finest scale."""
    return nn.Sequential(
        *(conv_bn_relu(width, width) for _ in range(convolutions - 1)),
        nn.Conv2d(width, times**2, 1),
        nn.PixelShuffle(times),
    )
