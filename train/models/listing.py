"""List of the networks in the registry, and of those that come trained with bgfg, for people and programs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import torch

from bgfg.train.models.checkpoint import Checkpoint
from bgfg.train.models.description import licence_of
from bgfg.train.models.network import BaseNetwork
from bgfg.train.models.registry import MODELS, build_model
from bgfg.train.models.shipped import CHECKPOINT_SUFFIX, SHIPPED_MODELS, WEIGHTS_DIR
from bgfg.train.models.stored_network import without_download

_TWO_SHOTS = "background + picture"


@dataclass(frozen=True)
class ModelInfo:
    """Facts about a network: one of the registry with its default options, or a trained one that comes with bgfg.

    Attributes:
        model: Its name.
        parameters: Trainable numbers, for the mask alone where it can learn that.
        inputs: What it looks at.
        outputs: Targets that it can be trained for.
        input_px: Side of the square pictures that it is trained on.
        output_px: Size of its maps, width x height.
        trained: Whether it comes with bgfg, trained, and its name is a MODEL of `bgfg predict`.
        any_size: Whether it takes pictures of other sizes afterwards.
        licence: Of one that comes with bgfg that of its weights (description.py); else licence of its code, and of the
            published weights that it may start from.
        about: One line for people.
    """

    model: str
    parameters: int
    inputs: str
    outputs: str
    input_px: int
    output_px: str
    trained: bool
    any_size: bool
    licence: str
    about: str

    @property
    def shots(self) -> int:
        """Pictures of a scene that it looks at, 1 or 2."""
        return 2 if self.inputs == _TWO_SHOTS else 1


def list_models() -> Iterator[ModelInfo]:
    """Yield the networks in the registry's order, then those that come with bgfg.

    Each is built on the meta device, so weights take no memory.
    """
    for name, entry in MODELS.items():
        with torch.device("meta"):
            net = build_model(entry.example or name)
            net = build_model(entry.example or name, ("mask",)) if "mask" in net.learnable_targets else net
        yield _described(name, net, net.learnable_targets, entry.licence, entry.about)
    for name in SHIPPED_MODELS:
        file = WEIGHTS_DIR / f"{name}{CHECKPOINT_SUFFIX}"
        description = Checkpoint.load(file, []).description
        model = description["model"]
        with torch.device("meta"):
            net = build_model(model["name"], **without_download(file, model))
        example = f"bgfg predict {name} IMAGE{' --background EMPTY' if net.shots == 2 else ''}"
        licence = licence_of(net, description)
        yield _described(name, net, net.targets, licence, f"comes with bgfg: {example}", trained=True)


def _described(
    name: str, net: BaseNetwork, outputs: Sequence[str], licence: str, about: str, trained: bool = False
) -> ModelInfo:
    height_px, width_px = net.output_px(net.input_px, net.input_px)
    return ModelInfo(
        name,
        sum(parameter.numel() for parameter in net.parameters()),
        _TWO_SHOTS if net.shots == 2 else "picture",
        ", ".join(outputs),
        net.input_px,
        f"{width_px}x{height_px}",
        trained,
        net.step_px is not None,
        licence,
        about,
    )
