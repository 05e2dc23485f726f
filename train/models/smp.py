"""Encoder-decoder networks of segmentation_models_pytorch, by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, ClassVar

import segmentation_models_pytorch as smp
import timm
import torch
from torch import Tensor, nn

from bgfg.data_manifests.terminal.errors import Problem, first_few
from bgfg.depth_teacher.ops.encoder_origin import EncoderOrigin
from bgfg.depth_teacher.ops.network_blocks import Normalisation
from bgfg.train.models.encoder_weights import NOT_STATED, describe_file, find_encoder_start
from bgfg.train.models.network import DenseNetwork
from bgfg.train.models.pretrained import read_weights
from bgfg.train.models.trial_pass import FOREIGN_ERRORS, UnfitNetwork, can_run, in_one_line, trial_pass

_DEFAULT_ENCODER = "resnet18"
_STEP_PX = 32
# Prefix of encoders of timm.
_OF_TIMM = "tu-"


class SmpNet(DenseNetwork):
    """`smp:ARCHITECTURE` or `smp:ARCHITECTURE:ENCODER`, with three input channels for each shot that it takes.

    Args:
        name: Name in the registry, as above.
        targets: What it is to predict.
        input_px: Side of the square pictures that it is meant for.
        shots: 2, or 1 for a network of the picture with the person alone.
        classes: Number of classes, for the target of that name.
        encoder: Encoder where `name` doesn't tell it: a name of the package, or "tu-" and one of timm.
        weights: What the encoder starts from: "imagenet", or another name that the package has for published weights,
            which are downloaded (those of tu-tf_efficientnet_lite0, 1 and 2 are in packages); a file of them; None for
            fresh ones.
    """

    learnable_targets = ("mask", "depth", "classes")
    offline_options: ClassVar[dict[str, Any]] = {"weights": None}
    former_options: ClassVar[dict[str, str]] = {"encoder_weights": "weights"}
    step_px: int | None = _STEP_PX

    def __init__(
        self,
        name: str,
        targets: Sequence[str],
        *,
        input_px: int = 224,
        shots: int = 2,
        classes: int | None = None,
        encoder: str | None = None,
        weights: str | Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(name, targets, input_px, classes)
        if shots not in (1, 2):
            raise Problem(f"{name}: shots is {shots!r}: give 1 or 2", exit_code=2)
        self.shots = shots
        _, architecture, *named = name.split(":", 2)
        if encoder and named and encoder != named[0]:
            raise Problem(f"{name}: the option encoder says {encoder!r}: leave one of the two out", exit_code=2)
        chosen = named[0] if named else encoder or _DEFAULT_ENCODER
        self.network = _create(name, architecture, chosen, 3 * shots, sum(self.channels))
        self.origin = _start_encoder(self.network.encoder, chosen, weights, 3 * shots)
        if self.origin is None:
            self.standardise = Normalisation()
        else:
            self.standardise = Normalisation(self.origin.mean, self.origin.std)
            self.weights_origin = f"the encoder of {name} starts from {self.origin}"
        self.output_px(input_px, input_px)  # raises where a trial would be of sides that it never takes
        if can_run(self.network):
            self._require_fit(chosen)

    def encoder_part(self) -> nn.Module:
        """Return the encoder."""
        encoder: Any = self.network.encoder
        part: nn.Module = encoder
        return part

    def output_px(self, height_px: int, width_px: int) -> tuple[int, int]:
        """Return the size of the maps, the pictures' own."""
        if self.step_px is None and (height_px, width_px) != (self.input_px, self.input_px):
            raise self.size_problem(height_px, width_px, f"sides of {self.input_px} px, as its encoder was made for")
        if height_px % _STEP_PX or width_px % _STEP_PX:
            raise self.size_problem(height_px, width_px, f"sides that are multiples of {_STEP_PX} px")
        return height_px, width_px

    def raw_outputs(self, *shots: Tensor) -> Tensor:
        """Return the maps of all targets."""
        maps: Tensor = self.network(torch.cat([self.standardise(shot) for shot in reversed(shots)], dim=1))
        return maps

    def _require_fit(self, encoder: str) -> None:
        """Try the input size, and another; raise Problem where the network can't take the former."""
        side_px = self.input_px
        try:
            self._try(side_px, side_px)
        except UnfitNetwork as error:
            line = f"{self.name}: can't take pictures of {side_px} px with {encoder} ({error}): {self._mend(encoder)}"
            raise Problem(line, exit_code=2) from error
        if not self._takes(side_px + _STEP_PX, side_px):
            self.step_px = None

    def _try(self, height_px: int, width_px: int) -> None:
        """Raise UnfitNetwork where pictures of a size don't give maps of that size."""
        [maps] = trial_pass(self.network, (1, 3 * self.shots, height_px, width_px))
        if maps.shape != (1, sum(self.channels), height_px, width_px):
            raise UnfitNetwork(f"its maps come out as {tuple(maps.shape)}")

    def _takes(self, height_px: int, width_px: int) -> bool:
        try:
            self._try(height_px, width_px)
        except UnfitNetwork:
            return False
        return True

    def _mend(self, encoder: str) -> str:
        """Return what to do where the input size doesn't suit the encoder: that which it is published for may."""
        published = timm.get_pretrained_cfg(encoder.removeprefix(_OF_TIMM), allow_unregistered=True)
        side_px = published.input_size[-1] if published else self.input_px
        if side_px % _STEP_PX == 0 and side_px != self.input_px and self._takes(side_px, side_px):
            return f"give --size {side_px}, or choose another encoder"
        return "choose another encoder"


def _like(name: str, names: Sequence[str]) -> list[str]:
    """Return all names, those first that are spelt most like `name`."""
    return list(dict.fromkeys([*get_close_matches(name, names, n=3), *names]))


def _create(name: str, architecture: str, encoder: str, inputs: int, outputs: int) -> nn.Module:
    """Build the network; raise Problem where architecture or encoder isn't known, or they can't be combined."""
    architectures = smp.MODEL_ARCHITECTURES_MAPPING
    if architecture not in architectures:
        choice = ", ".join(architectures)
        raise Problem(f"{name}: no architecture {architecture!r}: choose one of {choice}", exit_code=2)
    encoders = smp.encoders.get_encoder_names()
    if encoder not in encoders and not (encoder.startswith(_OF_TIMM) and timm.is_model(encoder.removeprefix(_OF_TIMM))):
        line = (
            f"{name}: no encoder {encoder!r}: choose tu- and a name of timm, or {first_few(_like(encoder, encoders))}"
        )
        raise Problem(line, exit_code=2)
    try:
        network: nn.Module = smp.create_model(
            architecture, encoder, encoder_weights=None, in_channels=inputs, classes=outputs
        )
    except FOREIGN_ERRORS as error:
        line = f"{name}: can't be built with {encoder} ({in_one_line(error)}): choose another encoder"
        raise Problem(line, exit_code=2) from error
    return network


def _start_encoder(
    encoder: Any, name: str, weights: str | Mapping[str, Any] | None, inputs: int
) -> EncoderOrigin | None:
    """Give an encoder the weights that it is to start from, if they are to be read.

    Args:
        encoder: The encoder of a network of the package.
        name: Its name there.
        weights: Name of published ones; a file; None for fresh ones; or the content of an EncoderOrigin, for a network
            whose weights are in its checkpoint.
        inputs: Channels of its input, a multiple of 3.

    Returns:
        What they were; None for fresh ones.

    Raises:
        Problem: They can't be downloaded or read, or are of another network.
    """
    if weights is None:
        return None
    if name.startswith(_OF_TIMM) or not isinstance(weights, str):
        start = find_encoder_start(name.removeprefix(_OF_TIMM), weights)
        if start.reads:
            start.load_into(encoder.model, in_chans=inputs, out_indices=encoder.model.feature_info.out_indices)
        return start.origin
    published = weights in smp.encoders.encoders[name]["pretrained_settings"]
    try:
        started, origin = _downloaded(name, weights, inputs) if published else _read(name, Path(weights), inputs)
        encoder.load_state_dict(started.state_dict())
    except FOREIGN_ERRORS as error:
        mend = "connect, or leave weights out" if published else "give a file of its own weights, or another encoder"
        line = f"weights={weights}: can't be had for the encoder {name} ({in_one_line(error)}): {mend}"
        raise Problem(line, exit_code=2) from error
    return origin


def _downloaded(name: str, weights: str, inputs: int) -> tuple[Any, EncoderOrigin]:
    """Return an encoder with weights that the package has published, and what they are."""
    normalisation = smp.encoders.get_preprocessing_params(name, weights)
    started = smp.encoders.get_encoder(name, inputs, weights=weights)
    where = smp.encoders.encoders[name]["pretrained_settings"][weights]["repo_id"]
    return started, EncoderOrigin(where, NOT_STATED, tuple(normalisation["mean"]), tuple(normalisation["std"]))


def _read(name: str, file: Path, inputs: int) -> tuple[Any, EncoderOrigin]:
    """Return an encoder with the weights of a file, in the package's own names, and what they are."""
    origin = EncoderOrigin(*describe_file(file))
    started = smp.encoders.get_encoder(name)
    started.load_state_dict(read_weights(file))
    started.set_in_channels(inputs, pretrained=True)
    return started, origin
