"""What every network here is: one shot or a pair of them in, what each target needs out; mostly maps."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

import torch
from bgfg.data_manifests.terminal.errors import Problem
from torch import Tensor, nn

# The channels' mean and standard deviation over ImageNet, which published backbones expect.
MEAN = (0.485, 0.456, 0.406)
STD = (0.229, 0.224, 0.225)

# Red, green, blue and alpha.
MATTE_CHANNELS = 4


class Net(nn.Module, ABC):
    """A network that `catalogue.build(name, **options)` makes; build sets `options`.

    targets: what it predicts, some of what it `learns`, `by_default` where nothing is said. input_px: the side of the
    square pictures that it is meant for. shots: how many pictures it takes: 2, without and with the person, in this
    order, or 1, the one with the person. origin: what is to be said of the weights that it starts from, if anything.
    """

    learns: ClassVar[tuple[str, ...]] = ("mask", "depth")
    by_default: ClassVar[tuple[str, ...]] = ("mask", "depth")
    shots = 2
    origin = ""

    # The options that would fetch or read weights, with the values that don't: a rebuilt network gets its own from a
    # file.
    without_download: ClassVar[dict[str, Any]] = {}

    # It takes pictures of other sizes than its own where their sides are multiples of this; None: it doesn't.
    step_px: int | None = None

    def __init__(self, name: str, targets: Sequence[str], input_px: int) -> None:
        super().__init__()
        self.name = name
        self.targets = tuple(targets)
        self.input_px = input_px
        self.options: dict[str, Any] = {}

    @abstractmethod
    def output_px(self, height_px: int, width_px: int) -> tuple[int, int]:
        """Return the height and width of the maps for pictures of a size; raise Problem where it can't take them."""

    def refused(self, height_px: int, width_px: int, takes: str) -> Problem:
        """Return the Problem of pictures of a size that this network can't take."""
        line = f"{self.name}: takes pictures with {takes}, not {height_px} by {width_px}: give another --size"
        return Problem(line, exit_code=2)


class MapNet(Net):
    """A network that gives a map, or several, for each target: `channels` says how many.

    classes: how many, of the target of that name.
    """

    def __init__(self, name: str, targets: Sequence[str], input_px: int, classes: int | None = None) -> None:
        super().__init__(name, targets, input_px)
        if "classes" in targets and (classes is None or classes < 2):
            raise Problem(f"{name}: classes is {classes}: give how many there are, at least 2", exit_code=2)
        self.channels = [{"classes": classes or 0, "matte": MATTE_CHANNELS}.get(target, 1) for target in targets]

    @abstractmethod
    def all_maps(self, *shots: Tensor) -> Tensor:
        """Return the maps of all targets in their order, (n, sum(channels), h', w')."""

    def forward(self, *shots: Tensor) -> dict[str, Tensor]:
        """Predict from pictures (n, 3, h, w), float in [0, 1], as many as `shots` says.

        Returns (n, channels, h', w') for each target: "mask" and "classes" as logits, "depth" and "matte" as the raw
        values that their targets decode.
        """
        self.output_px(shots[0].shape[-2], shots[0].shape[-1])
        maps = self.all_maps(*shots)
        return dict(zip(self.targets, torch.split(maps, self.channels, dim=1), strict=True))


class PairNet(MapNet):
    """A network of two shots of one scene, without (bg) and with (bg_fg) the person."""

    @abstractmethod
    def maps(self, bg: Tensor, bg_fg: Tensor) -> Tensor:
        """Return the maps of all targets in their order, (n, len(targets), h', w')."""

    def all_maps(self, *shots: Tensor) -> Tensor:
        """Return what `maps` returns."""
        bg, bg_fg = shots
        return self.maps(bg, bg_fg)


class PictureNet(MapNet):
    """A network of a single picture."""

    learns: ClassVar[tuple[str, ...]] = ("mask", "classes")
    by_default: ClassVar[tuple[str, ...]] = ("mask",)
    shots = 1

    @abstractmethod
    def maps(self, picture: Tensor) -> Tensor:
        """Return the maps of all targets in their order, (n, sum(channels), h', w')."""

    def all_maps(self, *shots: Tensor) -> Tensor:
        """Return what `maps` returns."""
        (picture,) = shots
        return self.maps(picture)


class Standardise(nn.Module):
    """Pictures in [0, 1] -> each channel with about mean 0 and standard deviation 1, as over ImageNet."""

    mean: Tensor
    std: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.tensor(MEAN).view(3, 1, 1), persistent=False)
        self.register_buffer("std", torch.tensor(STD).view(3, 1, 1), persistent=False)

    def forward(self, pictures: Tensor) -> Tensor:
        """Standardise (n, 3, h, w)."""
        return (pictures - self.mean) / self.std


def conv_bn_relu(inputs: int, outputs: int, kernel_px: int = 3, *, padding: int | None = None, bias: bool = False,
                 stride: int = 1) -> nn.Sequential:  # fmt: skip
    """Return a convolution, batch normalisation and ReLU; padded to keep the size unless `padding` says otherwise."""
    padding = kernel_px // 2 if padding is None else padding
    conv = nn.Conv2d(inputs, outputs, kernel_px, stride, padding, bias=bias)
    return nn.Sequential(conv, nn.BatchNorm2d(outputs), nn.ReLU(inplace=True))
