"""Checkpoints: one safetensors file that describes itself, written whole or not at all. No pickle anywhere.

The description (options, corpus, position, versions) is JSON in the file's own header, so that tensors and description
can't come from different moments, whatever was killed between them. Beside it is the SHA-256 of the file: a flipped bit
would go on in the weights for ever, and be seen in nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as to_bytes
from torch import Tensor

from bgfg.data_manifests.files.atomic_write import replacing
from bgfg.data_manifests.files.failing_call import raise_failed_call
from bgfg.data_manifests.files.flush import make_folder
from bgfg.data_manifests.files.seal import SAFETENSORS_MARK, SEAL_KEY, UNSEALED, holds_seal, seal_safetensors
from bgfg.data_manifests.terminal.errors import Problem, bgfg_command
from bgfg.depth_teacher.ops.started_from import name_of_weights
from bgfg.train.models.description import CHECKPOINT_FORMAT, CHECKPOINT_VERSION, parse_description, started_from_network
from bgfg.train.models.network import BaseNetwork
from bgfg.train.models.shipped import CHECKPOINT_SUFFIX, is_shipped, no_checkpoint, shipped_file
from bgfg.train.models.stored_network import build_stored, without_download
from bgfg.train.models.trial_pass import in_one_line

LAST, BEST = "last", "best"
_SUFFIX = ".safetensors"

# Key of the description in the metadata of the header, whose values can only be strings.
_KEY = "bgfg"

# What those who use a network may ask for, where a description doesn't tell it.
_NEUTRAL_STANDING: dict[str, Any] = {"step": 0, "threshold": None}
_NEUTRAL: dict[str, Any] = {
    "options": {}, "depth": None, "digest": "", "files": [], "classes": None
}  # fmt: skip


@dataclass(frozen=True)
class Checkpoint:
    """Contents of a checkpoint file.

    Attributes:
        parts: Tensors by name, on the CPU, in named parts such as "average", the averaged weights.
        description: Options, corpus, position and versions, as JSON has them.
    """

    parts: Mapping[str, Mapping[str, Tensor]]
    description: Mapping[str, Any]

    def save(self, path: Path) -> None:
        """Write the checkpoint at `path`, whole or not at all, and flushed to the disk.

        Raises:
            Problem: It can't be written; what was at `path` before is still there then.
        """
        tensors = {
            f"{part}/{name}": tensor.detach().cpu().contiguous()
            for part, named in self.parts.items()
            for name, tensor in named.items()
        }
        described = {"format": CHECKPOINT_FORMAT, "version": CHECKPOINT_VERSION, **self.description}
        try:
            make_folder(path.parent)
            with replacing(path) as partial:
                content = to_bytes(tensors, {_KEY: json.dumps(described), SEAL_KEY: UNSEALED})
                partial.write_bytes(seal_safetensors(content))
        except OSError as error:
            still = "; the one before it is whole" if path.exists() else ""
            again = "mend that and run the same command again"
            raise Problem(f"{path}: can't be written ({error.strerror or error}){still}: {again}") from error

    @classmethod
    def load(cls, path: Path, parts: Iterable[str] | None = None) -> Checkpoint:
        """Read a checkpoint.

        Args:
            path: Its file.
            parts: Names of the parts to read; None for all.

        Raises:
            Problem: There is no file, it is damaged, or it can't be read as a checkpoint.
        """
        found: dict[str, dict[str, Tensor]] = {}
        try:
            if holds_seal(path, SAFETENSORS_MARK) is False:
                raise _damaged(path, "is damaged (not what its SHA-256 says)")
            with safe_open(path, framework="pt") as file:
                description = parse_description(path, (file.metadata() or {}).get(_KEY))
                for key in file.keys():  # noqa: SIM118 (it is no mapping)
                    part, _, name = key.partition("/")
                    if parts is None or part in parts:
                        found.setdefault(part, {})[name] = file.get_tensor(key)
        except FileNotFoundError as error:
            raise no_checkpoint(path) from error
        except OSError as error:
            raise_failed_call(error, path)
            raise Problem(f"{path}: can't be read ({error.strerror or error}): mend that") from error
        except SafetensorError as error:
            if any("\udc80" <= letter <= "\udcff" for letter in str(path)):  # Python's for bytes that are no letters
                line = f"{path}: safetensors opens no file whose path isn't in UTF-8: rename what isn't"
                raise Problem(line, exit_code=2) from error
            raise _damaged(path, f"can't be read, it is damaged ({in_one_line(error)})") from error
        return cls(found, description)


def load_network(source: Path, device: torch.device | str = "cpu") -> tuple[BaseNetwork, dict[str, Any]]:
    """Load the trained network of a run as a PyTorch module, for use, fine-tuning or export.

    Of a run it is the best network, or the last one where none has been validated yet; its weights are the averaged
    ones (EMA).

    Args:
        source: Folder of a run, a checkpoint file (.safetensors), or the name of a network that comes with bgfg.
        device: Where the network is to be.

    Returns:
        The network, in evaluation mode, and the description of its checkpoint (options, corpus, versions, threshold
        ...).

    Raises:
        Problem: There is no checkpoint, its model isn't known, or the weights don't fit it.
    """
    file = model_file(source)
    loaded = Checkpoint.load(file, ["average"])
    made_by = loaded.description.get("versions", {}).get("bgfg", "")
    net = build_stored(file, _model_of(file, loaded), loaded.parts.get("average", {}), made_by)
    standing = _NEUTRAL_STANDING | loaded.description.get("standing", {})
    return net.to(device).eval(), {**_NEUTRAL, **loaded.description, "standing": standing}


def learnt_targets(source: Path) -> tuple[str, ...]:
    """Return what a network finds, by its description alone; arguments and errors are those of `load_network`."""
    return tuple(Checkpoint.load(model_file(source), []).description["model"]["options"]["targets"])


def load_weights_from(net: BaseNetwork, source: Path) -> None:
    """Copy the weights of a trained network, as `load_network` finds them, into a network of the same name and options.

    The network then says what it started from.

    Optional parts that one of the two lacks are left out: they stay as they are, or aren't taken.

    Raises:
        Problem: The two networks differ.
    """
    trained, description = load_network(source)
    others = {option for option in net.optional_parts if net.options[option] != trained.options.get(option, False)}
    if (trained.name, trained.options | {option: net.options[option] for option in others}) != (net.name, net.options):
        its, this = (" ".join([n.name, *(f"{k}={v}" for k, v in n.options.items())]) for n in (trained, net))
        again = "give --model, --targets, --size and --model-option as its run had them"
        raise Problem(f"--start {source}: it is {its}, and this run's is {this}: {again}", exit_code=2)
    parts = tuple(f"{net.optional_parts[option]}." for option in others)
    taken = {name: tensor for name, tensor in trained.state_dict().items() if not name.startswith(parts)}
    own = {name: tensor for name, tensor in net.state_dict().items() if name.startswith(parts)}
    net.load_state_dict(own | taken)
    called = f"{source} of bgfg" if is_shipped(source) else name_of_weights(model_file(source))
    net.started_from = started_from_network(called, trained, description)


def model_options_of(source: Path) -> dict[str, Any]:
    """Return the options of a run (train/config/options.py) that build the network of a trained one again."""
    file = model_file(source)
    model = _model_of(file, Checkpoint.load(file, []))
    options = without_download(file, model)
    built = {"model": model["name"], "targets": tuple(options.pop("targets")), "size_px": options.pop("input_px", None)}
    return {**built, "model_options": options}


def model_file(source: Path) -> Path:
    """Return the checkpoint file of a network: of a run the best one, or the last one where there is no best.

    Args:
        source: Folder of a run, a checkpoint file, which is returned as it is, or the name of a network that comes with
            bgfg.

    Raises:
        Problem: A file that isn't a checkpoint by its name.
    """
    if not source.is_dir():
        if source.is_file() and source.suffix != _SUFFIX:
            used = (
                "is for " + bgfg_command("predict", source, "IMAGE") if source.suffix == ".onnx" else "is no checkpoint"
            )
            line = f"{source}: {used}: give the folder of a run, or a {_SUFFIX} file of its checkpoints"
            raise Problem(line, exit_code=2)
        return shipped_file(source, CHECKPOINT_SUFFIX)
    files = [checkpoint_path(source, name) for name in (BEST, LAST)]
    return next((file for file in files if file.exists()), files[0])


def checkpoint_path(run: Path, name: str) -> Path:
    """Return where the checkpoint `name` (LAST or BEST) of a run lies."""
    return run / "checkpoints" / f"{name}{_SUFFIX}"


def optimizer_tensors(optimizer: torch.optim.Optimizer) -> dict[str, Tensor]:
    """Return the state of an optimizer as tensors named PARAMETER.NAME; the rest of it follows from the options."""
    state = optimizer.state_dict()["state"]
    return {f"{index}.{name}": value for index, values in state.items() for name, value in values.items()}


def restore_optimizer(optimizer: torch.optim.Optimizer, tensors: Mapping[str, Tensor]) -> None:
    """Bring an optimizer to the state that `optimizer_tensors` returned."""
    parameters = [parameter for group in optimizer.param_groups for parameter in group["params"]]
    state: dict[int, dict[str, Tensor]] = {}
    for key, tensor in tensors.items():
        index, _, name = key.partition(".")
        like = parameters[int(index)]
        # Stored contiguously; put back into the memory order of the weights (channels last), since sums in another
        # order round differently, and a resumed run is to be the same as one that was never stopped.
        laid = torch.empty_like(like, device="cpu").copy_(tensor) if tensor.shape == like.shape else tensor.clone()
        state.setdefault(int(index), {})[name] = laid
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})


def _model_of(path: Path, checkpoint: Checkpoint) -> Mapping[str, Any]:
    """Return name and options of a checkpoint's network."""
    if "model" not in checkpoint.description:
        raise Problem(f"{path}: doesn't say of which network it is: give a file that `bgfg train` wrote")
    model: Mapping[str, Any] = checkpoint.description["model"]
    return model


def _damaged(path: Path, what: str) -> Problem:
    """Return the Problem of a damaged checkpoint, with the other one of its run as a way on."""
    others = {BEST: LAST, LAST: BEST}
    other = path.with_stem(others.get(path.stem, ""))
    line = f"{path}: {what}: restore it from a copy"
    if not other.is_file():
        return Problem(f"{line}, or train again")
    if path.stem == BEST:
        return Problem(f"{line}, or use {other}")
    again = bgfg_command("train", "DATA", "NEW_RUN", "--start", other)
    return Problem(f"{line}, or begin another run with the weights of {other.stem}: {again}")
