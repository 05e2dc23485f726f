"""Read and write DenseDepth weights: Keras HDF5, safetensors, PyTorch state dicts. Nothing is unpickled."""

from __future__ import annotations

import json
import math
import pickle
import struct
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from bgfg.data_manifests.files.atomic_write import replacing
from bgfg.data_manifests.files.checksum import file_sha256
from bgfg.data_manifests.files.failing_call import raise_failed_call
from bgfg.data_manifests.files.json_form import parse_json
from bgfg.data_manifests.files.origin import ORIGIN_KEY, Origin
from bgfg.data_manifests.files.regular_file import require_regular
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.depth_teacher.teachers.densedepth import DenseDepth, DenseDepthVariant, UpsampleMode, guess_variant
from bgfg.depth_teacher.teachers.keras_hdf5 import WHOLE_COPY_ADVICE, is_keras
from bgfg.depth_teacher.teachers.keras_weights import assign_weights, empty_network, load_keras
from bgfg.synth.store.outputs import require_file

FORMAT = "bgfg-densedepth"
CONVERTED = Origin("convert")

# Nearest and farthest distance in metres of what the released weights were trained on.
TRAINED_RANGES_M = {"nyu": (0.1, 10.0), "kitti": (1.0, 80.0)}

_OTHER = "give the weights of a DenseDepth on DenseNet-169"

# The repository's own PyTorch model wraps torchvision's DenseNet; DataParallel wraps everything.
_PREFIXES = (("module.", ""), ("encoder.original_model.features.", "encoder."))
_IGNORED = ("encoder.original_model.classifier.",)

# What torch.load is known to raise, without unpickling anything, on files that are none of its own.
_DAMAGE = (OSError, RuntimeError, ValueError, LookupError, ArithmeticError, EOFError, TypeError, AttributeError,
           AssertionError, MemoryError, struct.error, pickle.UnpicklingError, zipfile.BadZipFile)  # fmt: skip


@dataclass(frozen=True)
class DenseDepthWeights:
    """A network with its weights.

    Attributes:
        net: The network.
        sha256: Of the file that its weights are from.
        range_m: Nearest and farthest distance in metres.
    """

    net: DenseDepth
    sha256: str
    range_m: tuple[float, float]


def load_weights(path: Path, resize: UpsampleMode | None = None, trained_on: str | None = None) -> DenseDepthWeights:
    """Load weights from a file of any of the three forms, told apart by content.

    Args:
        path: The file.
        resize: Where bilinear doubling takes its samples; None for what the file says, as `load_keras` has it for those
            of Keras, else `align_corners`.
        trained_on: A key of TRAINED_RANGES_M; None for what the file says, else `kitti` where its name has that in it,
            else `nyu`.

    Raises:
        Problem: The file can't be read, or a layer is wrong; the first one is named.
    """
    if not path.is_file():
        raise Problem(f"{path}: there is no such file: check the path of the weights", exit_code=2)
    about: Mapping[str, Any] = {}
    if is_keras(path) or path.suffix.lower() in (".h5", ".hdf5", ".keras"):
        net = load_keras(path, resize)
    elif path.suffix.lower() == ".safetensors":
        tensors, about = _read_safetensors(path)
        net = _network(path, tensors, about.get("variant"), resize)
    else:
        net = _network(path, _read_torch(path), None, resize)
    range_m = TRAINED_RANGES_M[trained_on] if trained_on else tuple(about.get("range_m", ())) or _range_by_name(path)
    return DenseDepthWeights(net, file_sha256(path), range_m)


def save_safetensors(weights: DenseDepthWeights, path: Path) -> None:
    """Write weights as safetensors that describe themselves; the file appears whole or not at all.

    Raises:
        Problem: `path` is a file that this function didn't make, or it can't be written.
    """
    require_file(path, CONVERTED, "TARGET")
    about = {"format": FORMAT, "variant": asdict(weights.net.variant), "range_m": weights.range_m}
    metadata = {name: json.dumps(value) for name, value in about.items()} | {
        "source_sha256": weights.sha256,
        ORIGIN_KEY: str(CONVERTED),
    }
    tensors = {name: tensor.contiguous() for name, tensor in weights.net.state_dict().items()}
    try:
        with replacing(path) as partial:
            save_file(tensors, partial, metadata)
    except (OSError, SafetensorError) as error:
        raise Problem(f"{path}: can't be written ({_one_line(error)}): check the folder and the space") from error


def _range_by_name(path: Path) -> tuple[float, float]:
    return TRAINED_RANGES_M["kitti" if "kitti" in path.name.lower() else "nyu"]


def _read_safetensors(path: Path) -> tuple[dict[str, Tensor], dict[str, Any]]:
    require_regular(path)
    try:
        with safe_open(path, "pt") as file:
            metadata = file.metadata() or {}
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118  no mapping, it says
    except (SafetensorError, OSError) as error:
        raise_failed_call(error, path)
        raise Problem(
            f"{path}: cut short, or not a safetensors file ({_one_line(error)}): {WHOLE_COPY_ADVICE}"
        ) from error
    if metadata.get("format") != json.dumps(FORMAT):
        return tensors, {}
    try:
        about = {name: parse_json(metadata[name]) for name in ("variant", "range_m")}
        near_m, far_m = map(float, about["range_m"])
        if not 0 < near_m < far_m < math.inf:
            raise ValueError(f"range_m is {about['range_m']!r}")
        return tensors, {"variant": DenseDepthVariant(**about["variant"]), "range_m": (near_m, far_m)}
    except (KeyError, ValueError, TypeError, OverflowError) as error:
        raise Problem(f"{path}: its metadata are damaged ({_one_line(error)}): convert it again") from error


def _read_torch(path: Path) -> dict[str, Tensor]:
    try:
        with warnings.catch_warnings():  # of how the file was pickled, on which nothing depends
            warnings.simplefilter("ignore")
            found = torch.load(path, map_location="cpu", weights_only=True)
    except _DAMAGE as error:
        raise_failed_call(error, path)
        reason = "cut short, or not a file of weights (Keras HDF5, safetensors, PyTorch state dict)"
        # PyTorch's own message about a file that isn't of tensors alone is long, and advises to trust the file.
        said = "" if isinstance(error, pickle.UnpicklingError) else f" ({_one_line(error)})"
        raise Problem(f"{path}: {reason}{said}: {WHOLE_COPY_ADVICE}") from error
    for wrapper in ("state_dict", "model_state_dict", "model"):
        if isinstance(found, dict) and isinstance(found.get(wrapper), dict):
            found = found[wrapper]
    if not isinstance(found, dict) or not all(isinstance(tensor, Tensor) for tensor in found.values()):
        raise Problem(f"{path}: holds {type(found).__name__}, not a state dict of tensors: {_OTHER}")
    return found


def _network(
    path: Path, tensors: Mapping[str, Tensor], variant: DenseDepthVariant | None, resize: UpsampleMode | None
) -> DenseDepth:
    """Put named tensors into a network; raise Problem at the first layer that is wrong."""
    named = {own: tensor for own, tensor in _own_names(tensors) if not own.startswith(_IGNORED)}
    kernel = named.get("decoder.conv2.weight")
    width = len(kernel) if kernel is not None and kernel.ndim == 4 else 0
    chosen = variant or guess_variant(width, "align_corners")
    net = empty_network(replace(chosen, resize=resize) if resize else chosen)
    expected = net.state_dict()
    for name, wanted in expected.items():
        layer = name.rpartition(".")[0]
        if name not in named:
            raise Problem(f"{path}: layer {layer}: its {name.rpartition('.')[2]} is missing: {_OTHER}")
        shape = tuple(named[name].shape)
        if shape != tuple(wanted.shape):
            raise Problem(
                f"{path}: layer {layer} has shape {shape}, where DenseDepth has {tuple(wanted.shape)}: {_OTHER}"
            )
        is_plain = named[name].layout is torch.strided and named[name].device.type == "cpu"
        if not is_plain or not named[name].is_floating_point() or not named[name].isfinite().all():
            raise Problem(f"{path}: layer {layer} has values that aren't finite numbers: {WHOLE_COPY_ADVICE}")
    unknown = [name for name in named if name not in expected and not name.endswith("num_batches_tracked")]
    if unknown:
        raise Problem(f"{path}: layer {unknown[0].rpartition('.')[0]} is none of DenseDepth's: {_OTHER}")
    return assign_weights(net, {name: named[name].float() for name in expected})


def _own_names(tensors: Mapping[str, Tensor]) -> Iterator[tuple[str, Tensor]]:
    for name, tensor in tensors.items():
        own = str(name)
        for prefix, instead in _PREFIXES:
            if own.startswith(prefix):
                own = instead + own.removeprefix(prefix)
        yield own, tensor


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())[:160] or type(error).__name__
