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
from bgfg.data_manifests.files.json_form import is_count, is_distance_m, is_line, misfit, parse_json
from bgfg.data_manifests.files.origin import ORIGIN_KEY, Origin
from bgfg.data_manifests.files.regular_file import read_regular
from bgfg.data_manifests.files.seal import SAFETENSORS_MARK, SEAL_KEY, UNSEALED, holds_seal, seal_safetensors
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.depth_teacher.ops.encoder_origin import ORIGIN_FORM, EncoderOrigin
from bgfg.depth_teacher.ops.started_from import STARTED_FROM_FORM, StartedFrom, licence_in_full

if TYPE_CHECKING:  # labelling on a processor needs no torch
    from torch import Tensor

    from bgfg.depth_teacher.teachers.compact_net import CompactNet

FORMAT = "bgfg-compact"
VERSION = 1

# What ships with bgfg.
SHIPPED_WEIGHTS = Path(__file__).parents[1] / "weights" / "compact.safetensors"

PAIR_ORIGIN = Origin("teach")

# The keys of a safetensors file's metadata.
METADATA_KEY = "bgfg"
TENSORS_KEY = "tensors_sha256"
ONNX_KEY = "onnx_sha256"

_LENGTH_BYTES = 8
_LONGEST_HEADER = 10_000_000
_MOST_BYTES = 2**30  # of either half, a hundred times what it has
WHOLE_COPIES = "replace the pair .safetensors and .onnx by whole copies"


def _is_size(value: Any) -> bool:
    return is_count(value) and 1 <= value <= 4096


def _is_map(value: Any) -> bool:
    return misfit(value, [[float]]) == "" and len({len(row) for row in value} - {0}) == 1 and all(value)


# What the description has to be.
_FORM: dict[str, Any] = {
    "network": {"backbone": str, "width": _is_size},
    "input_px": _is_size,
    "near_m": is_distance_m,
    "far_m": is_distance_m,
    "licence": is_line,
    "trained_on": str,
    "mean_inverse": _is_map,
    "pretrained?": (None, ORIGIN_FORM),
    "started_from?": STARTED_FROM_FORM,
}


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
        pretrained: What the weights were that the encoder started from, the content of an EncoderOrigin; None for
            fresh ones.
        started_from: Record of the trained networks that the whole network started from; empty where the licence says
            all, or there are none.
    """

    network: Mapping[str, Any]
    input_px: int
    near_m: float
    far_m: float
    licence: str
    trained_on: str
    mean_inverse: list[list[float]]
    pretrained: Mapping[str, Any] | None = None
    started_from: StartedFrom = ()

    @property
    def origin(self) -> EncoderOrigin | None:
        """What the weights were that the encoder started from; None for fresh ones."""
        return None if self.pretrained is None else EncoderOrigin.of(self.pretrained)

    @property
    def full_licence(self) -> str:
        """The licence, and those of what the network started from."""
        return licence_in_full(self.licence, self.started_from)

    def properties(self) -> dict[str, str]:
        """Return what the ONNX file says of itself too, for those who have it alone."""
        started = {} if self.origin is None else {"encoder_started_from": str(self.origin)}
        return {"licence": self.full_licence, "trained_on": self.trained_on, **started, ORIGIN_KEY: str(PAIR_ORIGIN)}

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
    if not path.is_file():
        line = f"{path}: there is no such file, of the pair .safetensors and .onnx: check --weights"
        raise Problem(line, exit_code=2)
    if path not in (safetensors, onnx):
        line = f"{path}: no weights of a compact teacher: give the .safetensors or .onnx that `bgfg teach` wrote"
        raise Problem(line, exit_code=2)
    for file in (safetensors, onnx):
        if not file.is_file():
            line = f"{path}: {file.name} isn't beside it, the other of the pair: put it there, or check --weights"
            raise Problem(line, exit_code=2)
    metadata, tensors_sha256 = _read_header(safetensors)
    sha256 = file_sha256(safetensors)
    if holds_seal(safetensors, SAFETENSORS_MARK) is False:
        raise Problem(f"{safetensors}: is damaged (not what its SHA-256 says): {WHOLE_COPIES}")
    if tensors_sha256 != metadata.get(TENSORS_KEY):
        raise Problem(f"{safetensors}: its tensors are damaged: {WHOLE_COPIES}")
    if file_sha256(onnx, _MOST_BYTES) != metadata.get(ONNX_KEY):
        raise Problem(f"{onnx}: damaged, or not what {safetensors.name} was written with: {WHOLE_COPIES}")
    return WeightsPair(safetensors, onnx, _parse_metadata(safetensors, metadata), sha256)


def load_compact_net(pair: WeightsPair) -> CompactNet:
    """Read the network of a pair for PyTorch, in eval mode; raise Problem where its weights are of another one."""
    import torch
    from safetensors.torch import load_file

    from bgfg.depth_teacher.teachers.compact_net import CompactNet

    tensors, origin = load_file(pair.safetensors), pair.metadata.origin
    made_by = {**pair.metadata.network, **({"mean": origin.mean, "std": origin.std} if origin else {})}
    try:
        with torch.device("meta"):  # without memory: sizes that the weights don't have aren't worth any
            described = CompactNet(**made_by).state_dict()
        if {name: each.shape for name, each in described.items()} != {n: each.shape for n, each in tensors.items()}:
            raise ValueError("their shapes")
        net = CompactNet(**made_by)
        net.load_state_dict(tensors)
    except (ValueError, RuntimeError) as error:
        line = f"{pair.safetensors}: its weights aren't those of {dict(pair.metadata.network)} ({error})"
        raise Problem(f"{line}: {WHOLE_COPIES}") from error
    return net.eval()


def sealed_safetensors(tensors: Mapping[str, Tensor], metadata: CompactMetadata, onnx_sha256: str) -> bytes:
    """Return a pair's safetensors with their description and digests.

    Args:
        tensors: The weights by name.
        metadata: Their description.
        onnx_sha256: SHA-256 of the ONNX file.
    """
    from safetensors.torch import save

    described = asdict(metadata)
    if not metadata.started_from:
        del described["started_from"]  # readers of before know no such entry
    text = json.dumps({"format": FORMAT, "version": VERSION, **described})
    plain = save(dict(tensors))
    header = {
        METADATA_KEY: text,
        TENSORS_KEY: _tensors_sha256(plain),
        ONNX_KEY: onnx_sha256,
        ORIGIN_KEY: str(PAIR_ORIGIN),
        SEAL_KEY: UNSEALED,
    }
    return seal_safetensors(save(dict(tensors), header))


def _read_header(path: Path) -> tuple[dict[str, str], str]:
    """Return the metadata of a safetensors file, and the SHA-256 of its tensors."""
    content = read_regular(path, _MOST_BYTES)
    length = int.from_bytes(content[:_LENGTH_BYTES], "little")
    try:
        if length > min(len(content), _LONGEST_HEADER):
            raise ValueError
        metadata: dict[str, str] = parse_json(content[_LENGTH_BYTES : _LENGTH_BYTES + length])["__metadata__"]
        if wrong := misfit(metadata, {str: str}):
            raise ValueError(wrong)
    except (ValueError, KeyError, TypeError) as error:
        raise Problem(f"{path}: damaged, or no weights of a compact teacher: give what `bgfg teach` wrote") from error
    return metadata, _tensors_sha256(content)


def _tensors_sha256(content: bytes) -> str:
    """Return the SHA-256 of what follows the header of safetensors."""
    length = int.from_bytes(content[:_LENGTH_BYTES], "little")
    return hashlib.sha256(memoryview(content)[_LENGTH_BYTES + length :]).hexdigest()


def _parse_metadata(path: Path, metadata: Mapping[str, str]) -> CompactMetadata:
    try:
        content = parse_json(metadata[METADATA_KEY])
        if content.pop("format") != FORMAT:
            raise ValueError("another format")
        version = content.pop("version")
        if version != VERSION:
            knows = f"this bgfg knows version {VERSION} only"
            raise Problem(f"{path}: version {version!r:.20}; {knows}: give another file")
        if wrong := misfit(content, _FORM):
            raise ValueError(wrong)
        if content["network"].keys() != _FORM["network"].keys() or content["near_m"] >= content["far_m"]:
            raise ValueError("of another network or range")
        return CompactMetadata(**content)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise Problem(f"{path}: its description is damaged ({error}): {WHOLE_COPIES}") from error
