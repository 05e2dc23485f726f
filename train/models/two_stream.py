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

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.depth_teacher.ops.network_blocks import Normalisation, conv_bn_relu
from bgfg.train.models.network import ImagePairNetwork
from bgfg.train.models.registration import halved, min_neighbour_difference, register_background
from bgfg.train.models.sharpening import Sharpening
from bgfg.train.models.timm_encoder import TimmEncoder
from bgfg.train.ops.fusion_blocks import Fusion, RefinementHead, UpBlock

# By what the encoder divides a side.
_ENCODED = 16
# The coarsest scale of an encoder that sees the pictures themselves.
_COARSEST = 32

STRIDES = (2, 4)
STEMS = ("convolutions", "encoder")
FUSIONS = ("concat", "difference", "absolute", "all")


class TwoStream(ImagePairNetwork):
    """Two shots in, mask and depth out at half their size, or at all of it.

    Args:
        name: Name in the registry.
        targets: What it is to predict.
        input_px: Side of the square pictures that it is meant for.
        full_resolution: Whether the maps have the size of the pictures.
        stride: By what the first stages divide a side, 2 or 4, and so the scale that the decoder ends at; 4 takes a
            quarter of the time.
        encoder: Encoder, by its name in timm.
        encoder_options: What else timm is to make it with.
        weights: What the encoder starts from: "imagenet" for published weights, or a file of them; None for fresh ones.
        stem: What is of each shot's own, one of STEMS: "convolutions", whose maps the encoder takes, or the first
            convolution of the encoder itself, which then sees the pictures as it was trained to. None for the latter
            where it starts from weights, else the former.
        width: Channels of the finest scale; each coarser one has twice as many, up to `widest` times.
        fusion: Which maps of the two streams are joined at each scale, one of FUSIONS.
        siamese: Whether the encoder sees each stream, or once what the first stages gave, joined.
        align: Whether bg is first registered to bg_fg, in light and place.
        detail: Whether the difference of the shots pixel by pixel is seen at the finest scale, and once more where the
            maps are made.
        sharpen: Whether maps of half the size are brought to all of it by a last step that sees both shots; a network
            without it may be trained further with it.
        widest: Channels of a scale at most, as a multiple of `width`.
        convolutions: Convolutions in each stage.
    """

    optional_parts: ClassVar[dict[str, str]] = {"sharpen": "sharpening"}
    offline_options: ClassVar[dict[str, Any]] = {"weights": None}
    former_options: ClassVar[dict[str, str]] = {
        "backbone": "encoder", "backbone_options": "encoder_options", "pretrained": "weights"
    }  # fmt: skip

    def __init__(
        self,
        name: str,
        targets: Sequence[str],
        *,
        input_px: int = 192,
        full_resolution: bool = False,
        stride: int = 2,
        encoder: str = "resnet18",
        encoder_options: Mapping[str, Any] | None = None,
        weights: str | Mapping[str, Any] | None = None,
        stem: str | None = None,
        width: int = 32,
        fusion: str = "all",
        siamese: bool = True,
        align: bool = True,
        detail: bool = True,
        sharpen: bool = False,
        widest: int = 4,
        convolutions: int = 2,
    ) -> None:
        super().__init__(name, targets, input_px)
        if fusion not in FUSIONS:
            raise Problem(f"{name}: fusion is {fusion!r}: choose one of {', '.join(FUSIONS)}", exit_code=2)
        if stride not in STRIDES:
            raise Problem(f"{name}: stride is {stride!r}: choose 2 or 4", exit_code=2)
        if full_resolution and sharpen:
            line = f"{name}: full_resolution and sharpen both give maps of the pictures' size: leave one out"
            raise Problem(line, exit_code=2)
        sees_pictures = _sees_pictures(name, stem, weights is not None, siamese)
        self.step_px = _COARSEST if sees_pictures else stride * _ENCODED
        self.output_scale = 1 if full_resolution else 2
        self.sharpening = Sharpening(len(targets)) if sharpen else None
        self.output_px(input_px, input_px)  # raises where the encoder would get sides that aren't whole
        self.stride, self.siamese, self.align, self.detail = stride, siamese, align, detail
        if sees_pictures:
            scales, shown, side_px = (stride, _COARSEST), 3, input_px
        else:
            scales, shown, side_px = (1, _ENCODED), width, input_px // stride
            self.first_bg = _first_stage(width, stride, convolutions)
            self.first_bg_fg = _first_stage(width, stride, convolutions)
            # Both start with the same weights, so that the difference of their outputs means something from the first
            # step.
            self.first_bg_fg.load_state_dict(self.first_bg.state_dict())
        self.encoder = TimmEncoder(encoder, encoder_options or {}, shown, weights, side_px, scales)
        if not self.encoder.takes_any_size:
            self.step_px = None
        if sees_pictures and self.encoder.scales[0] != stride:
            has = f"its finest features are of 1/{self.encoder.scales[0]}"
            raise Problem(f"encoder {encoder!r}: {has}, not 1/{stride}: give another stride or encoder", exit_code=2)
        self.origin, self.sees_pictures = self.encoder.origin, sees_pictures
        if self.origin is not None:
            self.weights_origin = f"the encoder of {name} starts from {self.origin}"
        self.standardise = Normalisation(self.encoder.mean, self.encoder.std)
        if sees_pictures:
            self.encoder.split_first_convolution()
        channels = self.encoder.channels if sees_pictures else [width, *self.encoder.channels]
        widths = [width * min(2**scale, widest) for scale in range(len(channels))]
        fused = channels if siamese else channels[:1]
        times = stride // self.output_scale
        # Channels of `_close`: the difference unshuffled, the least difference, and both shots.
        close = 3 * self.output_scale**2 + 9 if detail else 0
        self.fuse = nn.ModuleList(
            Fusion(fusion, c, w, 0 if scale else close, times)
            for scale, (c, w) in enumerate(zip(fused, widths, strict=False))
        )
        if not siamese:
            self.narrow = nn.ModuleList(conv_bn_relu(c, w, 1) for c, w in zip(channels[1:], widths[1:], strict=True))
        self.up = nn.ModuleList(UpBlock(below, w, convolutions) for w, below in pairwise(widths))
        if detail:
            self.refine = RefinementHead(width, times, close, len(targets))
        else:
            self.heads = nn.ModuleList(_head(width, times, convolutions) for _ in targets)

    def output_px(self, height_px: int, width_px: int) -> tuple[int, int]:
        """Return the size of the maps: half of the pictures', or the same at full resolution and where sharpened."""
        if self.step_px is None and (height_px, width_px) != (self.input_px, self.input_px):
            raise self.size_problem(height_px, width_px, f"sides of {self.input_px} px, as its encoder was made for")
        if self.step_px is not None and (height_px % self.step_px or width_px % self.step_px):
            raise self.size_problem(height_px, width_px, f"sides that are multiples of {self.step_px} px")
        scale = self.output_scale if self.sharpening is None else 1
        return height_px // scale, width_px // scale

    def maps(self, bg: Tensor, bg_fg: Tensor) -> Tensor:
        """Return the maps of all targets."""
        # On the plain pictures: registration compares levels in 0..1.
        if self.align:
            # One layout for all: joined with maps of another one, each convolution would have to be handed a copy.
            bg = register_background(bg, bg_fg).contiguous(memory_format=torch.channels_last)
        bg, bg_fg = self.standardise(bg), self.standardise(bg_fg)
        found = self._maps(bg, bg_fg)
        return found if self.sharpening is None else self.sharpening(found, bg, bg_fg)

    def _maps(self, bg: Tensor, bg_fg: Tensor) -> Tensor:
        """Return the maps before they are sharpened, of normalised shots."""
        if not self.detail:
            x = self._decoded(bg, bg_fg, [])
            return torch.cat([head(x) for head in self.heads], dim=1)
        close = self._close(bg, bg_fg)
        refined: Tensor = self.refine(self._decoded(bg, bg_fg, [close]), close)
        return refined

    def _close(self, bg: Tensor, bg_fg: Tensor) -> Tensor:
        """Return both shots and how they differ pixel by pixel, at the size of the maps."""
        n = self.output_scale
        plain = F.pixel_unshuffle((bg_fg - bg).abs(), n)
        if n > 1:
            bg, bg_fg = halved(bg), halved(bg_fg)
        return torch.cat([plain, min_neighbour_difference(bg, bg_fg), bg_fg, bg], dim=1)

    def _decoded(self, bg: Tensor, bg_fg: Tensor, detail: list[Tensor]) -> Tensor:
        """Return the output of the decoder, (n, width, h / stride, w / stride)."""
        shown = (bg, bg_fg) if self.sees_pictures else (self.first_bg(bg), self.first_bg_fg(bg_fg))
        fused = self._scales(shown, detail)
        x = fused[-1]
        for up, skip in zip(reversed(self.up), reversed(fused[:-1]), strict=True):
            x = up(x, skip)
        return x

    def _scales(self, shown: tuple[Tensor, Tensor], detail: list[Tensor]) -> list[Tensor]:
        """Encode the two shots, or what their first stages made of them; return the fused maps from fine to coarse."""
        if not self.siamese:
            first = self.fuse[0](*shown, *detail)
            return [first, *(narrow(maps) for narrow, maps in zip(self.narrow, self.encoder(first), strict=True))]
        # Both streams as one batch: the encoder's weights are shared, and batch norm sees both.
        encoded = self.encoder(torch.cat(shown))
        pairs = [*([] if self.sees_pictures else [shown]), *(maps.chunk(2) for maps in encoded)]
        first, *others = self.fuse
        return [first(*pairs[0], *detail), *(fuse(*pair) for fuse, pair in zip(others, pairs[1:], strict=True))]


def _sees_pictures(name: str, stem: str | None, pretrained: bool, siamese: bool) -> bool:
    """Say whether the encoder sees the pictures themselves; raise Problem where the options exclude each other."""
    if stem is not None and stem not in STEMS:
        raise Problem(f"{name}: stem is {stem!r}: choose one of {', '.join(STEMS)}", exit_code=2)
    if stem == "convolutions" and pretrained:
        line = f"{name}: published weights are for pictures, not for maps of the stem 'convolutions'"
        raise Problem(f"{line}: leave stem out, or weights", exit_code=2)
    sees = pretrained if stem is None else stem == "encoder"
    if sees and not siamese:
        raise Problem(f"{name}: an encoder that sees the pictures is one for both: give siamese=true", exit_code=2)
    return sees


def _first_stage(width: int, stride: int, convolutions: int) -> nn.Sequential:
    """Return what divides the size of one of the shots; its kernel is twice its stride, so that windows overlap."""
    step = conv_bn_relu(3, width, 2 * stride, padding=stride // 2, stride=stride)
    return nn.Sequential(step, *(conv_bn_relu(width, width) for _ in range(convolutions - 1)))


def _head(width: int, times: int, convolutions: int) -> nn.Sequential:
    """Return what makes one map, `times` as large as the finest scale."""
    return nn.Sequential(
        *(conv_bn_relu(width, width) for _ in range(convolutions - 1)),
        nn.Conv2d(width, times**2, 1),
        nn.PixelShuffle(times),
    )
