"""Files of published weights: read without running what is in them, and fitted to a network of other classes."""

from __future__ import annotations

import pickle
from collections.abc import Mapping
from pathlib import Path

import torch
from bgfg.data_manifests.terminal.errors import Problem
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

_AGAIN = "fetch it again, or leave the option weights out"

# The backbone's place in a detection network, what tells a file of a backbone alone, and the last layer of one.
_BODY, _OF_BODY, _CLASSIFIER = "backbone.body.", "layer1.0.conv1.weight", "fc."
# The layers that have a row, or some, for each class.
_HEADS = ("roi_heads.box_predictor.", "roi_heads.mask_predictor.mask_fcn_logits.")
# What isn't in the files of networks whose normalisation was frozen.
_COUNT = "num_batches_tracked"


def start_from(network: nn.Module, file: str) -> str:
    """Give a detection network the weights of a file, of all of it or of its backbone; return what was taken, in words.

    Where the file has more classes than the network, the first ones are kept, of COCO's 91 thus background and person;
    where it has fewer, what tells them apart stays fresh. Raises Problem where the file can't be read, and where it is
    of another network.
    """
    path = Path(file)
    given, wanted = read_weights(path), network.state_dict()
    alone = _OF_BODY in given
    if alone:
        given = {_BODY + name: tensor for name, tensor in given.items() if not name.startswith(_CLASSIFIER)}
        wanted = {name: tensor for name, tensor in wanted.items() if name.startswith(_BODY)}
    heads = [name for name in wanted if name.startswith(_HEADS) and name in given]
    cut = [name for name in heads if len(given[name]) > len(wanted[name])]
    fresh = [name for name in heads if len(given[name]) < len(wanted[name])]
    given |= {name: given[name][: len(wanted[name])] for name in cut} | {name: wanted[name] for name in fresh}
    _check(path, given, wanted)
    network.load_state_dict(given, strict=False)
    if alone:
        return f"{path}, weights of the backbone alone"
    if cut:
        return f"{path}; of its classes the first are kept, background and person"
    return f"{path}" + ("; its heads, of fewer classes, are replaced by fresh ones" if fresh else "")


def read_weights(path: Path) -> dict[str, Tensor]:
    """Return the tensors of a .safetensors file, or of what torch.save wrote of a network's state, on the CPU.

    Raises Problem where there is none, where it is damaged, and where it holds anything else.
    """
    if not path.is_file():
        raise Problem(f"weights={path}: no such file: check the path", exit_code=2)
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        held = torch.load(path, map_location="cpu", weights_only=True)
    except (SafetensorError, pickle.UnpicklingError, RuntimeError, EOFError, ValueError, KeyError, OSError) as error:
        # What PyTorch says of a file that isn't of tensors alone is long, and advises to trust it.
        unsafe = isinstance(error, pickle.UnpicklingError)
        reason = "damaged, or not of tensors alone" if unsafe else (str(error).splitlines() or ["empty"])[0]
        raise Problem(f"weights={path}: can't be read as weights ({reason}): {_AGAIN}", exit_code=2) from error
    state = held.get("model", held) if isinstance(held, Mapping) else held  # torchvision's own recipes wrap it
    if not isinstance(state, Mapping) or not all(isinstance(part, Tensor) for part in state.values()) or not state:
        raise Problem(f"weights={path}: holds no network's state: {_AGAIN}", exit_code=2)
    return dict(state)


def _check(path: Path, given: Mapping[str, Tensor], wanted: Mapping[str, Tensor]) -> None:
    """Raise Problem where what a file gives isn't what a network wants, tensor by tensor."""
    missing = [name for name in wanted if name not in given and not name.endswith(_COUNT)]
    unfit = [name for name in given if name not in wanted or given[name].shape != wanted[name].shape]
    if missing or unfit:
        say = f"{missing[0]} is missing" if missing else f"{unfit[0]} doesn't fit"
        raise Problem(f"weights={path}: of another network ({say}): choose its backbone and width", exit_code=2)
