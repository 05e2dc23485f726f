"""The networks of the catalogue, as a list for people and programs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from bgfg.train.models.registry import MODELS, build


@dataclass(frozen=True)
class Listed:
    """A network as it is without options.

    parameters: trained for the mask alone, where it learns that. inputs: what it looks at. outputs: what it may be
    trained to give. input_px: side of the square pictures that it is trained on; any_size: whether it then takes
    others. output_px: size of the maps, width x height. licence: of its code and of the published weights that it may
    start from.
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


def list_models() -> Iterator[Listed]:
    """Yield the networks in the catalogue's order; each is built, but its weights take no memory."""
    for name, entry in MODELS.items():
        with torch.device("meta"):
            net = build(entry.example or name)
            net = build(entry.example or name, ("mask",)) if "mask" in net.learns else net
        height_px, width_px = net.output_px(net.input_px, net.input_px)
        yield Listed(
            name,
            sum(parameter.numel() for parameter in net.parameters()),
            "background + picture" if net.shots == 2 else "picture",
            ", ".join(net.learns),
            net.input_px,
            f"{width_px}x{height_px}",
            net.step_px is not None,
            entry.licence,
            entry.about,
        )
