"""The weights of the compact teacher: a pair of files, safetensors for PyTorch and ONNX for a processor.

The safetensors describe both in their header: what the network is, and the SHA-256 of their own tensors and of the
ONNX file. So a damaged or foreign half is found out before it is used, and labels of either are known by one digest.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from bgfg.data_manifests.corpus.manifest import file_sha256
from bgfg.data_manifests.terminal.errors import Problem
from numpy.typing import NDArray

if TYPE_CHECKING:  # labelling on a processor needs no torch
    from bgfg.depth_teacher.teachers.compact_net import CompactNet

FORMAT = "bgfg-compact"
VERSION = 1

# What ships with bgfg.
SHIPPED = Path(__file__).parents[1] / "weights" / "compact.safetensors"

# The keys of a safetensors file's metadata.
KEY, TENSORS_KEY, ONNX_KEY = "bgfg", "tensors_sha256", "onnx_sha256"

_LENGTH_BYTES = 8
_LONGEST_HEADER = 10_000_000
_AGAIN = "replace the pair .safetensors and .onnx by whole copies"


@dataclass(frozen=True)
class About:
    """What a pair says of itself.

    network: what CompactNet is built with. input_px: the side of the pictures that it was trained on. near_m, far_m:
    the range of its depth. licence: of the weights. trained_on: the corpus, in words. mean_inverse: the mean over the
    training split of what is learnt, normalised inverse depth, coarsely: the rows of a small map.
    """

    network: Mapping[str, Any]
    input_px: int
    near_m: float
    far_m: float
    licence: str
    trained_on: str
    mean_inverse: list[list[float]]

    @property
    def middle_m(self) -> float:
        """The distance whose raw output is 1."""
        return math.sqrt(self.near_m * self.far_m)

    def metres(self, raw: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return raw outputs of any shape as metres within the range; what isn't a number stays so."""
        return np.float32(self.middle_m) / np.clip(raw, self.middle_m / self.far_m, self.middle_m / self.near_m)


@dataclass(frozen=True)
class Pair:
    """The two files of weights, whole and of one making. sha256: of the safetensors."""

    safetensors: Path
    onnx: Path
    about: About
    sha256: str


def open_pair(path: Path = SHIPPED) -> Pair:
    """Find the pair that a file belongs to, by the name of either half; needs no torch.

    Raises Problem where a half isn't there, is damaged, or is of another making than the other.
    """
    safetensors, onnx = path.with_suffix(".safetensors"), path.with_suffix(".onnx")
    for file in (safetensors, onnx):
        if not file.is_file():
            raise Problem(f"{file}: there is no such file, of the pair .safetensors and .onnx: check --weights")
    metadata, tensors_sha256 = _read(safetensors)
    if tensors_sha256 != metadata.get(TENSORS_KEY):
        raise Problem(f"{safetensors}: its tensors are damaged: {_AGAIN}")
    if file_sha256(onnx) != metadata.get(ONNX_KEY):
        raise Problem(f"{onnx}: damaged, or not what {safetensors.name} was written with: {_AGAIN}")
    return Pair(safetensors, onnx, _about(safetensors, metadata), file_sha256(safetensors))


def load_net(pair: Pair) -> CompactNet:
    """Read the network of a pair for PyTorch, set to evaluate."""
    from bgfg.depth_teacher.teachers.compact_net import CompactNet
    from safetensors.torch import load_file

    net = CompactNet(**pair.about.network)
    net.load_state_dict(load_file(pair.safetensors))
    return net.eval()


def described(about: About, plain: bytes, onnx_sha256: str) -> dict[str, str]:
    """Return the metadata of a pair's safetensors; plain: the same safetensors without any."""
    text = json.dumps({"format": FORMAT, "version": VERSION, **asdict(about)})
    return {KEY: text, TENSORS_KEY: _tensors_sha256(plain), ONNX_KEY: onnx_sha256}


def _read(path: Path) -> tuple[dict[str, str], str]:
    """Return the metadata of a safetensors file, and the SHA-256 of its tensors."""
    content = path.read_bytes()
    length = int.from_bytes(content[:_LENGTH_BYTES], "little")
    try:
        if length > min(len(content), _LONGEST_HEADER):
            raise ValueError
        metadata = json.loads(content[_LENGTH_BYTES : _LENGTH_BYTES + length])["__metadata__"]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise Problem(f"{path}: damaged, or no weights of a compact teacher: give what `bgfg teach` wrote") from error
    return metadata, _tensors_sha256(content)


def _tensors_sha256(content: bytes) -> str:
    """Return the SHA-256 of what follows the header of safetensors."""
    length = int.from_bytes(content[:_LENGTH_BYTES], "little")
    return hashlib.sha256(memoryview(content)[_LENGTH_BYTES + length :]).hexdigest()


def _about(path: Path, metadata: Mapping[str, str]) -> About:
    try:
        content = json.loads(metadata[KEY])
        if content.pop("format") != FORMAT:
            raise ValueError("another format")
        version = content.pop("version")
        if version != VERSION:
            raise Problem(f"{path}: version {version}; this bgfg knows version {VERSION} only: give another file")
        return About(**content)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Problem(f"{path}: its description is damaged: {_AGAIN}") from error
