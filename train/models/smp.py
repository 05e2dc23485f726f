"""Encoder-decoder networks of segmentation_models_pytorch, by name."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any, ClassVar

import segmentation_models_pytorch as smp
import timm
import torch
from torch import Tensor, nn

from bgfg.data_manifests.terminal.errors import Problem, first_few
from bgfg.depth_teacher.ops.network_blocks import ImageNetNormalisation
from bgfg.train.models.network import DenseNetwork

_DEFAULT_ENCODER = "resnet18"
_STEP_PX = 32


class SmpNet(DenseNetwork):
    """`smp:ARCHITECTURE` or `smp:ARCHITECTURE:ENCODER`, with three input channels for each shot that it takes.

    Args:
        name: Name in the registry, as above.
        targets: What it is to predict.
        input_px: Side of the square pictures that it is meant for.
        shots: 2, or 1 for a network of the picture with the person alone.
        classes: Number of classes, for the target of that name.
        encoder: Encoder where `name` doesn't tell it: a name of the package, or "tu-" and one of timm.
        encoder_weights: None for fresh ones, or the name of published ones, which are downloaded.
    """

    learnable_targets = ("mask", "depth", "classes")
    offline_options: ClassVar[dict[str, Any]] = {"encoder_weights": None}
    step_px = _STEP_PX

    def __init__(
        self,
        name: str,
        targets: Sequence[str],
        *,
        input_px: int = 224,
        shots: int = 2,
        classes: int | None = None,
        encoder: str | None = None,
        encoder_weights: str | None = None,
    ) -> None:
        super().__init__(name, targets, input_px, classes)
        if shots not in (1, 2):
            raise Problem(f"{name}: shots is {shots!r}: give 1 or 2", exit_code=2)
        self.shots = shots
        _, architecture, *named = name.split(":", 2)
        if encoder and named and encoder != named[0]:
            raise Problem(f"{name}: the option encoder says {encoder!r}: leave one of the two out", exit_code=2)
        self.standardise = ImageNetNormalisation()
        chosen = named[0] if named else encoder or _DEFAULT_ENCODER
        self.network = _create(name, architecture, chosen, encoder_weights, 3 * shots, sum(self.channels))

    def output_px(self, height_px: int, width_px: int) -> tuple[int, int]:
        """Return the size of the maps, the pictures' own."""
        if height_px % _STEP_PX or width_px % _STEP_PX:
            raise self.size_problem(height_px, width_px, f"sides that are multiples of {_STEP_PX} px")
        return height_px, width_px

    def raw_outputs(self, *shots: Tensor) -> Tensor:
        """Return the maps of all targets."""
        maps: Tensor = self.network(torch.cat([self.standardise(shot) for shot in reversed(shots)], dim=1))
        return maps


def _like(name: str, names: Sequence[str]) -> list[str]:
    """Return all names, those first that are spelt most like `name`."""
    return list(dict.fromkeys([*get_close_matches(name, names, n=3), *names]))


def _create(
    name: str, architecture: str, encoder: str, encoder_weights: str | None, inputs: int, outputs: int
) -> nn.Module:
    """Build the network; raise Problem where architecture or encoder isn't known, or they can't be combined."""
    architectures = smp.MODEL_ARCHITECTURES_MAPPING
    if architecture not in architectures:
        choice = ", ".join(architectures)
        raise Problem(f"{name}: no architecture {architecture!r}: choose one of {choice}", exit_code=2)
    encoders = smp.encoders.get_encoder_names()
    if encoder not in encoders and not (encoder.startswith("tu-") and timm.is_model(encoder.removeprefix("tu-"))):
        line = (
            f"{name}: no encoder {encoder!r}: choose tu- and a name of timm, or {first_few(_like(encoder, encoders))}"
        )
        raise Problem(line, exit_code=2)
    try:
        network: nn.Module = smp.create_model(
            architecture, encoder, encoder_weights=encoder_weights, in_channels=inputs, classes=outputs
        )
    except (RuntimeError, ValueError, KeyError, OSError) as error:
        mend = "leave encoder_weights out, or connect" if encoder_weights else "choose another encoder"
        raise Problem(f"{name}: can't be built with {encoder} ({error}): {mend}", exit_code=2) from error
    return network
