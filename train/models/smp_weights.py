"""Published weights for encoders of segmentation_models_pytorch: its own downloads, timm's, or a file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import segmentation_models_pytorch as smp

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.depth_teacher.ops.encoder_origin import EncoderOrigin
from bgfg.train.models.encoder_weights import NOT_STATED, describe_file, find_encoder_start
from bgfg.train.models.pretrained import read_weights
from bgfg.train.models.trial_pass import FOREIGN_ERRORS, in_one_line

_OF_TIMM = "tu-"


def start_smp_encoder(
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
