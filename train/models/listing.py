"""List of the networks in the registry, for people and programs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch

from bgfg.train.models.registry import MODELS, build_model


@dataclass(frozen=True)
class ModelInfo:
    """Facts about a network built with its default options.

    Attributes:
        model: Its name.
        parameters: Trainable numbers, for the mask alone where it can learn that.
        inputs: What it looks at.
        outputs: Targets that it can be trained for.
        input_px: Side of the square pictures that it is trained on.
        output_px: Size of its maps, width x height.
        any_size: Whether it takes pictures of other sizes afterwards.
        licence: Licence of its code, and of the published weights that it may start from.
        about: One line for people.
    """

    model: str
    parameters: int
    inputs: str
    outputs: str
    input_px: int
    output_px: str
    any_size: bool
    licence: str
    about: str


def list_models() -> Iterator[ModelInfo]:
    """Yield the networks in the registry's order; each is built on the meta device, so weights take no memory."""
    for name, entry in MODELS.items():
        with torch.device("meta"):
            net = build_model(entry.example or name)
            net = build_model(entry.example or name, ("mask",)) if "mask" in net.learnable_targets else net
        height_px, width_px = net.output_px(net.input_px, net.input_px)
        yield ModelInfo(
            name,
            sum(parameter.numel() for parameter in net.parameters()),
            "background + picture" if net.shots == 2 else "picture",
            ", ".join(net.learnable_targets),
            net.input_px,
            f"{width_px}x{height_px}",
            net.step_px is not None,
            entry.licence,
            entry.about,
        )
