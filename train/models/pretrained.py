"""Published weights for detection networks: read without running what is in the file, fitted to other classes."""

from __future__ import annotations

import pickle
import struct
import warnings
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from bgfg.data_manifests.files.failing_call import raise_failed_call
from bgfg.data_manifests.files.regular_file import require_regular
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.models.trial_pass import FOREIGN_ERRORS, in_one_line

_AGAIN = "fetch it again, or leave the option weights out"

# Prefix of the backbone in a detection network; a name that only files of a backbone alone have; their last layer.
_BODY, _OF_BODY, _CLASSIFIER = "backbone.body.", "layer1.0.conv1.weight", "fc."
# Layers whose weights have rows for each class.
_HEADS = ("roi_heads.box_predictor.", "roi_heads.mask_predictor.mask_fcn_logits.")
# What reading a damaged file may raise: PyTorch's reader runs the file's own instructions, of a harmless few.
_UNREADABLE = (
    *FOREIGN_ERRORS, SafetensorError, pickle.UnpicklingError, EOFError, MemoryError, struct.error, zipfile.BadZipFile,
    zlib.error,
)  # fmt: skip
# Missing in files of networks whose batch normalisation was frozen in training.
_COUNT = "num_batches_tracked"


def load_pretrained(network: nn.Module, file: str) -> str:
    """Give a detection network the weights of a file, of all of it or of its backbone alone.

    Where the file has more classes than the network, the first ones are kept, of COCO's 91 thus background and person;
    where it has fewer, the layers that tell classes apart stay fresh.

    Returns:
        What was taken, in words.

    Raises:
        Problem: The file can't be read, or is of another network.
    """
    path = Path(file)
    given, wanted = read_weights(path), network.state_dict()
    alone = _OF_BODY in given
    if alone:
        given = {_BODY + name: tensor for name, tensor in given.items() if not name.startswith(_CLASSIFIER)}
        wanted = {name: tensor for name, tensor in wanted.items() if name.startswith(_BODY)}
    heads = [name for name in wanted if name.startswith(_HEADS) and name in given and given[name].ndim]
    cut = [name for name in heads if len(given[name]) > len(wanted[name])]
    fresh = [name for name in heads if len(given[name]) < len(wanted[name])]
    given |= {name: given[name][: len(wanted[name])] for name in cut} | {name: wanted[name] for name in fresh}
    _check(path, given, wanted)
    try:
        network.load_state_dict(given, strict=False)
    except RuntimeError as error:
        raise Problem(f"weights={path}: can't be taken ({in_one_line(error)}): {_AGAIN}", exit_code=2) from error
    if alone:
        return f"{path}, weights of the backbone alone"
    if cut:
        return f"{path}; of its classes the first are kept, background and person"
    return f"{path}" + ("; its heads, of fewer classes, are replaced by fresh ones" if fresh else "")


def read_weights(path: Path) -> dict[str, Tensor]:
    """Return the tensors of a .safetensors file, or of what torch.save wrote of a network's state, on the CPU.

    Raises:
        Problem: There is no file, it is damaged, or it holds anything but tensors.
    """
    if not path.is_file():
        raise Problem(f"weights={path}: no such file: check the path", exit_code=2)
    require_regular(path)
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        with warnings.catch_warnings():  # PyTorch's warnings are of how the file was pickled, on which nothing depends
            warnings.simplefilter("ignore")
            held = torch.load(path, map_location="cpu", weights_only=True)
    except _UNREADABLE as error:
        raise_failed_call(error, path)
        # PyTorch's own message about a file that isn't of tensors alone is long, and advises to trust the file.
        unsafe = isinstance(error, pickle.UnpicklingError)
        reason = "damaged, or not of tensors alone" if unsafe else in_one_line(error)
        raise Problem(f"weights={path}: can't be read as weights ({reason}): {_AGAIN}", exit_code=2) from error
    state = held.get("model", held) if isinstance(held, Mapping) else held  # torchvision's training scripts wrap it
    if not isinstance(state, Mapping) or not state or not all(map(_is_named_tensor, state.items())):
        raise Problem(f"weights={path}: holds no network's state: {_AGAIN}", exit_code=2)
    return dict(state)


def _is_named_tensor(entry: tuple[object, object]) -> bool:
    name, tensor = entry
    return isinstance(name, str) and isinstance(tensor, Tensor) and tensor.layout is torch.strided


def _check(path: Path, given: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> None:
    """Raise Problem where the tensors of a file aren't those that the network needs, by names and shapes."""
    missing = [name for name in wanted if name not in given and not name.endswith(_COUNT)]
    unfit = [name for name in given if name not in wanted or given[name].shape != wanted[name].shape]
    if missing or unfit:
        say = f"{missing[0]} is missing" if missing else f"{unfit[0]} doesn't fit"
        raise Problem(f"weights={path}: of another network ({say}): choose its backbone and width", exit_code=2)
