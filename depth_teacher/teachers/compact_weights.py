"""The weights of the compact teacher: a pair of files, safetensors for PyTorch and ONNX for a processor.

The safetensors describe both in their header: what the network is, and the SHA-256 of their own tensors and of the
ONNX file. So a damaged or foreign half is found before it is used, and one digest stands for the labels of either.
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
from numpy.typing import NDArray

from bgfg.data_manifests.files.checksum import file_sha256
from bgfg.data_manifests.terminal.errors import Problem

if TYPE_CHECKING:  # labelling on a processor needs no torch
    from bgfg.depth_teacher.teachers.compact_net import CompactNet

FORMAT = "bgfg-compact"
VERSION = 1

# What ships with bgfg.
SHIPPED_WEIGHTS = Path(__file__).parents[1] / "weights" / "compact.safetensors"

# The keys of a safetensors file's metadata.
METADATA_KEY = "bgfg"
TENSORS_KEY = "tensors_sha256"
ONNX_KEY = "onnx_sha256"

_LENGTH_BYTES = 8
_LONGEST_HEADER = 10_000_000
_WHOLE_COPIES = "replace the pair .safetensors and .onnx by whole copies"


@dataclass(frozen=True)
class CompactMetadata:
    """The description of a pair of weights, which is stored in the header of its safetensors.

    Attributes:
        network: Arguments of CompactNet.
        input_px: Side of the pictures that it was trained on.
        near_m: Nearest depth that it gives.
        far_m: Farthest depth that it gives.
        licence: Of the weights.
        trained_on: The corpus, in words.
        mean_inverse: Mean over the training split of what is learnt, normalised inverse depth: the rows of a small map.
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

    def to_metres(self, raw: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return raw outputs of any shape as metres within the range; what isn't a number stays so."""
        return np.float32(self.middle_m) / np.clip(raw, self.middle_m / self.far_m, self.middle_m / self.near_m)


@dataclass(frozen=True)
class WeightsPair:
    """The two files of weights, whole and written together.

    Attributes:
        safetensors: For PyTorch.
        onnx: For a processor.
        metadata: Their description.
        sha256: Of the safetensors.
    """

    safetensors: Path
    onnx: Path
    metadata: CompactMetadata
    sha256: str


def open_weights_pair(path: Path = SHIPPED_WEIGHTS) -> WeightsPair:
    """Find the pair that a file belongs to, by the name of either half; needs no torch.

    Raises:
        Problem: A half isn't there, is damaged, or wasn't written together with the other.
    """
    safetensors, onnx = path.with_suffix(".safetensors"), path.with_suffix(".onnx")
    for file in (safetensors, onnx):
        if not file.is_file():
            raise Problem(f"{file}: there is no such file, of the pair .safetensors and .onnx: check --weights")
    metadata, tensors_sha256 = _read_header(safetensors)
    if tensors_sha256 != metadata.get(TENSORS_KEY):
        raise Problem(f"{safetensors}: its tensors are damaged: {_WHOLE_COPIES}")
    if file_sha256(onnx) != metadata.get(ONNX_KEY):
        raise Problem(f"{onnx}: damaged, or not what {safetensors.name} was written with: {_WHOLE_COPIES}")
    return WeightsPair(safetensors, onnx, _parse_metadata(safetensors, metadata), file_sha256(safetensors))


def load_compact_net(pair: WeightsPair) -> CompactNet:
    """Read the network of a pair for PyTorch, in eval mode."""
    from safetensors.torch import load_file

    from bgfg.depth_teacher.teachers.compact_net import CompactNet

    net = CompactNet(**pair.metadata.network)
    net.load_state_dict(load_file(pair.safetensors))
    return net.eval()


def safetensors_metadata(metadata: CompactMetadata, plain: bytes, onnx_sha256: str) -> dict[str, str]:
    """Return the metadata of a pair's safetensors.

    Args:
        metadata: Description of the weights.
        plain: The same safetensors without any metadata.
        onnx_sha256: SHA-256 of the ONNX file.
    """
    text = json.dumps({"format": FORMAT, "version": VERSION, **asdict(metadata)})
    return {METADATA_KEY: text, TENSORS_KEY: _tensors_sha256(plain), ONNX_KEY: onnx_sha256}


def _read_header(path: Path) -> tuple[dict[str, str], str]:
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


def _parse_metadata(path: Path, metadata: Mapping[str, str]) -> CompactMetadata:
    try:
        content = json.loads(metadata[METADATA_KEY])
        if content.pop("format") != FORMAT:
            raise ValueError("another format")
        version = content.pop("version")
        if version != VERSION:
            raise Problem(f"{path}: version {version}; this bgfg knows version {VERSION} only: give another file")
        return CompactMetadata(**content)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise Problem(f"{path}: its description is damaged: {_WHOLE_COPIES}") from error
