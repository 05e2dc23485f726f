"""What is compared in the evaluation: the network, and what the size of its output allows at best."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

import torch
import torch.nn.functional as F  # noqa: N812 - the name that everybody knows
from bgfg.train.augment.geometry import resize as resize_pictures
from bgfg.train.models.network import Net
from bgfg.train.ops import resize
from bgfg.train.targets.depth import DepthTarget
from bgfg.train.targets.mask import MaskTarget
from bgfg.train.targets.matte import MatteTarget
from torch import Tensor

# Where a mask is scored: at the size of the network's output, and at that of the corpus.
OUTPUT, CORPUS = "output", "corpus"


@dataclass(frozen=True)
class Scene:
    """n samples under one condition, on the device.

    background: (n,) int64, their backgrounds' numbers. bg, bg_fg: (n, 3, H, W) uint8. mask: (n, 1, H, W) uint8, the
    truth, which is the ceiling's alone to look at.
    """

    background: Tensor
    bg: Tensor
    bg_fg: Tensor
    mask: Tensor


@dataclass(frozen=True)
class Found:
    """What a contestant made of a scene.

    mask: (n, 1, h, w) float in 0..1 by where it is scored, OUTPUT or CORPUS, at that size; empty where it finds none.
    depth_m: (n, 1, h, w) metres at the size of the network's output, None where it finds none.
    """

    mask: Mapping[str, Tensor] = field(default_factory=dict)
    depth_m: Tensor | None = None


class Contestant(Protocol):
    """Who takes part.

    sees: whether it looks at the pictures; where it doesn't, disturbing them changes nothing. soft: whether its mask is
    an alpha; where it is but a score, alpha is 0 or 1 by a threshold that is chosen for every disturbance anew.
    fallback: its threshold where there is no val to choose one on; None where it can't do without.
    """

    name: str
    sees: bool
    soft: bool
    fallback: float | None

    def find(self, scene: Scene) -> Found:
        """Return what it makes of a scene."""


class Network:
    """A trained network. depth: what decodes its depth, None to leave that out. threshold: that of its training.

    targets: what it finds; a matte's alpha is a mask like any other. finds_matte: whether it was trained for one.
    """

    sees = True
    soft = True

    def __init__(self, net: Net, depth: DepthTarget | None, threshold: float | None) -> None:
        self.name = net.name
        self.targets = tuple("mask" if target == "matte" else target for target in net.targets)
        self.finds_matte = "matte" in net.targets
        self.fallback: float | None = 0.5 if threshold is None else threshold
        self._net, self.depth = net, depth
        self._size_px = (net.input_px, net.input_px)

    @property
    def output_px(self) -> tuple[int, int]:
        """The height and width of its output."""
        return self._net.output_px(*self._size_px)

    def find(self, scene: Scene) -> Found:
        """Return its mask and depth, of those that it was trained for."""
        shots = (scene.bg, scene.bg_fg)[-self._net.shots :]
        outputs = self._net(*(resize_pictures(pictures, self._size_px).float() / 255 for pictures in shots))
        mask = {}
        if "mask" in self.targets:
            alpha = alpha_of(outputs)
            mask = {OUTPUT: alpha, CORPUS: enlarged(alpha, tuple(scene.mask.shape[-2:]))}
        depth_m = self.depth.decode(outputs["depth"]) if self.depth is not None else None
        return Found(mask, depth_m)


class Ceiling:
    """The true mask, taken through the size of the network's output: what no network with that output can exceed."""

    name = "ceiling"
    sees = False
    soft = True
    fallback: float | None = 0.5

    def __init__(self, output_px: tuple[int, int]) -> None:
        self._output_px = output_px

    def find(self, scene: Scene) -> Found:
        """Return the mask at the size of the corpus."""
        coverage = MaskTarget().encode(scene.mask, self._output_px)
        return Found({CORPUS: enlarged(coverage, tuple(scene.mask.shape[-2:]))})


def alpha_of(outputs: Mapping[str, Tensor]) -> Tensor:
    """Return the alpha that a network's outputs say, (n, 1, h, w) float32 in 0..1: of its mask, or of its matte."""
    if "mask" in outputs:
        return MaskTarget().decode(outputs["mask"])
    return MatteTarget().decode(outputs["matte"])[:, 3:].contiguous()


def enlarged(maps: Tensor, size_px: tuple[int, ...]) -> Tensor:
    """Return maps (n, 1, h, w) at another size: bilinear where it is larger, by area where it isn't."""
    height_px, width_px = size_px
    if height_px <= maps.shape[-2] and width_px <= maps.shape[-1]:
        return resize.area(maps, (height_px, width_px))
    with torch.autocast(maps.device.type, enabled=False):
        return F.interpolate(maps.float(), size=(height_px, width_px), mode="bilinear", align_corners=False)
