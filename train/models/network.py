"""Base classes of all networks: one or two pictures in, one output for each target out, most of them maps."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.depth_teacher.ops.encoder_origin import EncoderOrigin
from bgfg.depth_teacher.ops.started_from import StartedFrom
from bgfg.train.models.model_card import MATTE_CHANNELS


class BaseNetwork(nn.Module, ABC):
    """Base class of every network; `registry.build_model(name, **options)` makes one and sets its `options`.

    Attributes:
        learnable_targets: Targets that this class can be trained for.
        default_targets: Targets where none are chosen.
        shots: Number of pictures taken: 2, without and with the person, in this order; or 1, the one with the person.
        weights_origin: What users are told about the weights that training starts from; "" for nothing.
        optional_parts: Options that add a part to the network and change nothing else, with the part's name: training
            may start from weights that lack it, or leave it out.
        offline_options: Options that would download or read weights, with values that don't. A network that is rebuilt
            from a checkpoint uses these, since its weights come from that file; for `weights` of an encoder, what its
            `origin` has as its content.
        settled_options: What options that were left open came to be, such as those that a file of weights tells.
        former_options: Names of options in checkpoints of before, and those of today.
        started_from: Record of the trained networks that its weights were taken from, which is the run's to keep.
        origin: What the published weights were that its encoder started from; None for none.
        mirrored: Whether single pictures are looked at mirrored too, for the mean of both.
        step_px: Pictures of other sizes than `input_px` are taken where their sides are multiples of this; None: they
            aren't taken at all.
        name: Name in the registry.
        targets: What it predicts, some of `learnable_targets`.
        input_px: Side of the square pictures that it is meant for.
        options: Plain data that build the same network again.
    """

    learnable_targets: ClassVar[tuple[str, ...]] = ("mask", "depth")
    default_targets: ClassVar[tuple[str, ...]] = ("mask", "depth")
    shots = 2
    weights_origin = ""

    optional_parts: ClassVar[dict[str, str]] = {}
    offline_options: ClassVar[dict[str, Any]] = {}
    former_options: ClassVar[dict[str, str]] = {}
    origin: EncoderOrigin | None = None
    started_from: StartedFrom = ()
    settled_options: Mapping[str, Any] = {}
    mirrored: ClassVar[bool] = False

    step_px: int | None = None

    def __init__(self, name: str, targets: Sequence[str], input_px: int) -> None:
        super().__init__()
        self.name = name
        self.targets = tuple(targets)
        self.input_px = input_px
        self.options: dict[str, Any] = {}

    def encoder_part(self) -> nn.Module | None:
        """Return the encoder, which may start from published weights and learn at a rate of its own; None for none."""
        encoder: nn.Module | None = getattr(self, "encoder", None)
        return encoder

    @abstractmethod
    def output_px(self, height_px: int, width_px: int) -> tuple[int, int]:
        """Return the height and width of the maps for pictures of a size.

        Raises:
            Problem: The network can't take pictures of this size.
        """

    def size_problem(self, height_px: int, width_px: int, takes: str) -> Problem:
        """Return the Problem for pictures of a size that this network can't take.

        Args:
            height_px: Height of the pictures.
            width_px: Width of the pictures.
            takes: What sizes it takes, in words, as in "sides that are multiples of 32 px".
        """
        line = f"{self.name}: takes pictures with {takes}, not {height_px} by {width_px}: give another --size"
        return Problem(line, exit_code=2)


class DenseNetwork(BaseNetwork):
    """Base class of networks that give maps: dense prediction, one value or several for each pixel and target.

    Args:
        name: Name in the registry.
        targets: What it is to predict.
        input_px: Side of the square pictures that it is meant for.
        classes: Number of classes, for the target of that name.

    Attributes:
        channels: Number of maps of each target, in the order of `targets`.
    """

    def __init__(self, name: str, targets: Sequence[str], input_px: int, classes: int | None = None) -> None:
        super().__init__(name, targets, input_px)
        if "classes" in targets and (classes is None or classes < 2):
            raise Problem(f"{name}: classes is {classes}: give how many there are, at least 2", exit_code=2)
        self.channels = [{"classes": classes or 0, "matte": MATTE_CHANNELS}.get(target, 1) for target in targets]

    @abstractmethod
    def raw_outputs(self, *shots: Tensor) -> Tensor:
        """Return the maps of all targets in their order, (n, sum(channels), h', w'), for pictures in [0, 1]."""

    def forward(self, *shots: Tensor) -> dict[str, Tensor]:
        """Predict the maps of each target.

        Args:
            *shots: Pictures (n, 3, h, w), float in [0, 1], as many as the attribute `shots` says.

        Returns:
            Maps (n, channels, h', w') by target: "mask" and "classes" as logits, "depth" and "matte" as the raw values
            that their targets decode.
        """
        self.output_px(shots[0].shape[-2], shots[0].shape[-1])
        maps = self.raw_outputs(*shots)
        return dict(zip(self.targets, torch.split(maps, self.channels, dim=1), strict=True))


class ImagePairNetwork(DenseNetwork):
    """Base class of networks that compare two shots of one scene: without (bg) and with (bg_fg) the person."""

    @abstractmethod
    def maps(self, bg: Tensor, bg_fg: Tensor) -> Tensor:
        """Return the maps of all targets in their order, (n, len(targets), h', w')."""

    def raw_outputs(self, *shots: Tensor) -> Tensor:
        """Return what `maps` returns."""
        bg, bg_fg = shots
        return self.maps(bg, bg_fg)


class SingleImageNetwork(DenseNetwork):
    """Base class of networks that look at a single picture."""

    learnable_targets: ClassVar[tuple[str, ...]] = ("mask", "classes")
    default_targets: ClassVar[tuple[str, ...]] = ("mask",)
    shots = 1

    @abstractmethod
    def maps(self, picture: Tensor) -> Tensor:
        """Return the maps of all targets in their order, (n, sum(channels), h', w')."""

    def raw_outputs(self, *shots: Tensor) -> Tensor:
        """Return what `maps` returns."""
        (picture,) = shots
        return self.maps(picture)
