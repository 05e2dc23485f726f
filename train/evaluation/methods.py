"""Methods that an evaluation compares: the trained network, and the best that the size of its output allows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from torch import Tensor

from bgfg.train.augment.geometry import resize as resize_pictures
from bgfg.train.models.network import BaseNetwork
from bgfg.train.ops import tensor_resize
from bgfg.train.targets.depth import DepthTarget
from bgfg.train.targets.mask import MaskTarget
from bgfg.train.targets.matte import MatteTarget

# Sizes at which a mask is scored: the network's output, and the pictures of the corpus.
AT_OUTPUT = "output"
AT_CORPUS = "corpus"


@dataclass(frozen=True)
class EvalBatch:
    """n samples under one condition, on the device.

    Attributes:
        background: (n,) int64, numbers of their backgrounds.
        bg: (n, 3, H, W) uint8, pictures of the bare background; None where nobody knows it of all samples.
        bg_fg: (n, 3, H, W) uint8, pictures with people in them.
        mask: (n, 1, H, W) uint8, the true masks, which `ResolutionCeiling` alone may use.
    """

    background: Tensor
    bg: Tensor | None
    bg_fg: Tensor
    mask: Tensor


@dataclass(frozen=True)
class MethodOutput:
    """The output of a method for a batch.

    Attributes:
        masks: (n, 1, h, w) float in 0..1 by the size at which it is scored, AT_OUTPUT or AT_CORPUS; empty for a method
            that gives no mask.
        depth_m: (n, 1, h, w) metres at the size of the network's output, None for a method that gives no depth.
    """

    masks: Mapping[str, Tensor] = field(default_factory=dict)
    depth_m: Tensor | None = None


class Method(Protocol):
    """A method under evaluation: a network or a baseline.

    Attributes:
        name: Its name in reports.
        uses_images: Whether it looks at the pictures; where it doesn't, disturbing them changes nothing.
        has_alpha: Whether its mask is an alpha. Where it is but a score, alpha is 0 or 1 by a threshold that is chosen
            for every disturbance anew.
        fallback_threshold: The threshold where there is no val to choose one on; None where it needs one of val.
    """

    name: str
    uses_images: bool
    has_alpha: bool
    fallback_threshold: float | None

    def predict(self, batch: EvalBatch) -> MethodOutput:
        """Return mask and depth for a batch."""


class NetworkMethod:
    """A trained network.

    Attributes:
        name: Its name in reports.
        targets: What it predicts; the alpha of a matte counts as a mask.
        predicts_matte: Whether it was trained for a matte.
        depth: What decodes its depth, None where depth isn't evaluated.
    """

    uses_images = True
    has_alpha = True

    def __init__(self, net: BaseNetwork, depth: DepthTarget | None, threshold: float | None) -> None:
        """Wrap a network.

        Args:
            net: The network.
            depth: What decodes its depth, None to leave that out.
            threshold: The threshold that its training chose.
        """
        self.name = net.name
        self.targets = tuple("mask" if target == "matte" else target for target in net.targets)
        self.predicts_matte = "matte" in net.targets
        self.fallback_threshold: float | None = 0.5 if threshold is None else threshold
        self._net, self.depth = net, depth
        self._size_px = (net.input_px, net.input_px)

    @property
    def shots(self) -> int:
        """How many shots of a scene it takes, 1 or 2."""
        return self._net.shots

    @property
    def output_px(self) -> tuple[int, int]:
        """Height and width of its output."""
        return self._net.output_px(*self._size_px)

    def predict(self, batch: EvalBatch) -> MethodOutput:
        """Return mask and depth, of those that it was trained for."""
        shots = (batch.bg, batch.bg_fg)[-self.shots :]
        seen = (resize_pictures(pictures, self._size_px).float() / 255 for pictures in shots if pictures is not None)
        outputs = self._net(*seen)
        masks = {}
        if "mask" in self.targets:
            alpha = alpha_of_outputs(outputs)
            masks = {AT_OUTPUT: alpha, AT_CORPUS: resize_to(alpha, tuple(batch.mask.shape[-2:]))}
        depth_m = self.depth.decode(outputs["depth"]) if self.depth is not None else None
        return MethodOutput(masks, depth_m)


class ResolutionCeiling:
    """The true mask resized to the network's output and back: what no network with that output can exceed."""

    name = "ceiling"
    uses_images = False
    has_alpha = True
    fallback_threshold: float | None = 0.5

    def __init__(self, output_px: tuple[int, int]) -> None:
        self._output_px = output_px

    def predict(self, batch: EvalBatch) -> MethodOutput:
        """Return the mask at the size of the corpus."""
        coverage = MaskTarget().encode(batch.mask, self._output_px)
        return MethodOutput({AT_CORPUS: resize_to(coverage, tuple(batch.mask.shape[-2:]))})


def alpha_of_outputs(outputs: Mapping[str, Tensor]) -> Tensor:
    """Return the alpha of a network's outputs, (n, 1, h, w) float32 in 0..1: its mask, or the alpha of its matte."""
    if "mask" in outputs:
        return MaskTarget().decode(outputs["mask"])
    return MatteTarget().decode(outputs["matte"])[:, 3:].contiguous()


def resize_to(maps: Tensor, size_px: tuple[int, ...]) -> Tensor:
    """Resize maps (n, 1, h, w): bilinear where they are enlarged, by area where they are not."""
    height_px, width_px = size_px
    if height_px <= maps.shape[-2] and width_px <= maps.shape[-1]:
        return tensor_resize.area(maps, (height_px, width_px))
    return tensor_resize.bilinear(maps, (height_px, width_px))
