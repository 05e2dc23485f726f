"""What every network here is: a pair of shots in, a dictionary of maps out."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from data_manifests.problem import Problem

# The channels' mean and standard deviation over ImageNet, which published backbones expect.
_MEAN = (0.485, 0.456, 0.406)
_STD = (0.229, 0.224, 0.225)


class PairNet(nn.Module, ABC):
    """A network of two shots of one scene, without (bg) and with (bg_fg) the person.

    name, options: `catalogue.build(name, **options)` makes it again; build sets `options`. targets: what it predicts.
    input_px: the side of the square pictures that it is meant for. sees_bg: whether it looks at the first shot at all;
    one that doesn't is given the second in its place.
    """

    sees_bg: ClassVar[bool] = True

    # The options that would fetch weights, with the values that don't: a rebuilt network gets its own from a file.
    without_download: ClassVar[dict[str, Any]] = {}

    def __init__(self, name: str, targets: Sequence[str], input_px: int) -> None:
        super().__init__()
        self.name = name
        self.targets = tuple(targets)
        self.input_px = input_px
        self.options: dict[str, Any] = {}

    @abstractmethod
    def output_px(self, height_px: int, width_px: int) -> tuple[int, int]:
        """Return the height and width of the maps for pictures of a size; raise Problem where it can't take them."""

    @abstractmethod
    def maps(self, bg: Tensor, bg_fg: Tensor) -> Tensor:
        """Return the maps of all targets in their order, (n, len(targets), h', w')."""

    def forward(self, bg: Tensor, bg_fg: Tensor) -> dict[str, Tensor]:
        """Predict from pictures (n, 3, h, w), float in [0, 1].

        Returns (n, 1, h', w') for each target: "mask" as logits, "depth" as the raw values that its target decodes.
        """
        self.output_px(bg.shape[-2], bg.shape[-1])
        maps = self.maps(bg, bg_fg)
        return {target: maps[:, i : i + 1] for i, target in enumerate(self.targets)}

    def refused(self, height_px: int, width_px: int, takes: str) -> Problem:
        """Return the Problem of pictures of a size that this network can't take."""
        line = f"{self.name}: takes pictures with {takes}, not {height_px} by {width_px}: give another --size"
        return Problem(line, exit_code=2)


class Standardise(nn.Module):
    """Pictures in [0, 1] -> each channel with about mean 0 and standard deviation 1, as over ImageNet."""

    mean: Tensor
    std: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(_MEAN).view(3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(_STD).view(3, 1, 1), persistent=False)

    def forward(self, pictures: Tensor) -> Tensor:
        """Standardise (n, 3, h, w)."""
        return (pictures - self.mean) / self.std


def conv_bn_relu(inputs: int, outputs: int, kernel_px: int = 3, *, padding: int | None = None, bias: bool = False,
                 stride: int = 1) -> nn.Sequential:  # fmt: skip
    """Return a convolution, batch normalisation and ReLU; padded to keep the size unless `padding` says otherwise."""
    padding = kernel_px // 2 if padding is None else padding
    conv = nn.Conv2d(inputs, outputs, kernel_px, stride, padding, bias=bias)
    return nn.Sequential(conv, nn.BatchNorm2d(outputs), nn.ReLU(inplace=True))
