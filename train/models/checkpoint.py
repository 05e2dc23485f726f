"""Checkpoints: one safetensors file that describes itself, written whole or not at all. No pickle anywhere.

The description (options, corpus, position, versions) is JSON in the file's own header, so that tensors and description
can't come from different moments, whatever was killed between them.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as to_bytes
from torch import Tensor

from bgfg.data_manifests.terminal.errors import Problem, bgfg_command
from bgfg.train.models.network import BaseNetwork
from bgfg.train.models.registry import build_model
from bgfg.train.models.shipped import CHECKPOINT_SUFFIX, shipped_file

CHECKPOINT_FORMAT = "bgfg-checkpoint"
CHECKPOINT_VERSION = 1
LAST, BEST = "last", "best"
_SUFFIX = ".safetensors"

# Key of the description in the metadata of the safetensors header, whose values can only be strings.
_KEY = "bgfg"


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
        """Write the checkpoint at `path`: under a temporary name, flushed to the disk, then renamed.

        Raises:
            Problem: It can't be written; what was at `path` before is still there then.
        """
        tensors = {
            f"{part}/{name}": tensor.detach().cpu().contiguous()
            for part, named in self.parts.items()
            for name, tensor in named.items()
        }
        sealed = {"format": CHECKPOINT_FORMAT, "version": CHECKPOINT_VERSION, **self.description}
        # The process id keeps two processes that write the same checkpoint apart.
        partial = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with partial.open("wb") as file:
                file.write(to_bytes(tensors, {_KEY: json.dumps(sealed)}))
                file.flush()
                os.fsync(file.fileno())
            # On the disk before the name is: a power cut leaves the old file or the new one, both whole.
            partial.replace(path)
            _flush_folder(path.parent)
        except BaseException as error:  # Ctrl-C too must not leave the partial file behind
            partial.unlink(missing_ok=True)
            if isinstance(error, OSError):
                still = "; the one before it is whole" if path.exists() else ""
                again = "mend that and run the same command again"
                raise Problem(f"{path}: can't be written ({error.strerror or error}){still}: {again}") from error
            raise

    @classmethod
    def load(cls, path: Path, parts: Iterable[str] | None = None) -> Checkpoint:
        """Read a checkpoint.

        Args:
            path: Its file.
            parts: Names of the parts to read; None for all.

        Raises:
            Problem: There is no file, or none that can be read as a checkpoint.
        """
        found: dict[str, dict[str, Tensor]] = {}
        try:
            with safe_open(path, framework="pt") as file:
                description = _described(path, file.metadata())
                for key in file.keys():  # noqa: SIM118 (it is no mapping)
                    part, _, name = key.partition("/")
                    if parts is None or part in parts:
                        found.setdefault(part, {})[name] = file.get_tensor(key)
        except FileNotFoundError as error:
            raise Problem(f"{path}: no such checkpoint: run {bgfg_command('train', 'CORPUS', 'RUN')}") from error
        except (SafetensorError, OSError) as error:
            raise Problem(f"{path}: can't be read ({error}): restore it, or delete it and train again") from error
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
    loaded = Checkpoint.load(model_file(source), ["average"])
    model = loaded.description["model"]
    net = build_model(model["name"], **model["options"])
    try:
        net.load_state_dict(loaded.parts["average"])
    except RuntimeError as error:
        made_by = loaded.description.get("versions", {}).get("bgfg", "another version")
        again = f"train again, or use bgfg {made_by}, which trained it"
        raise Problem(f"{model_file(source)}: its weights don't fit the {net.name} of this bgfg: {again}") from error
    return net.to(device).eval(), dict(loaded.description)


def load_weights_from(net: BaseNetwork, source: Path) -> None:
    """Copy the weights of a trained network, as `load_model` finds them, into a network of the same name and options.

    Raises:
        Problem: The two networks differ.
    """
    trained, _ = load_network(source)
    if (trained.name, trained.options) != (net.name, net.options):
        its, this = (" ".join([n.name, *(f"{k}={v}" for k, v in n.options.items())]) for n in (trained, net))
        again = "give --model, --targets, --size and --model-option as its run had them"
        raise Problem(f"--start {source}: it is {its}, and this run's is {this}: {again}", exit_code=2)
    net.load_state_dict(trained.state_dict())


def model_options_of(source: Path) -> dict[str, Any]:
    """Return the options of a run (train/config/options.py) that build the network of a trained one again."""
    model = Checkpoint.load(model_file(source), []).description["model"]
    options = dict(model["options"])
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
            raise Problem(f"{source}: {used}: give the folder of a run, or a {_SUFFIX} file of its checkpoints")
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


def _described(path: Path, metadata: Mapping[str, str] | None) -> dict[str, Any]:
    """Return the description in a file's header; raise Problem where it isn't one that this version can read."""
    try:
        description = json.loads((metadata or {})[_KEY])
        sound = description["format"] == CHECKPOINT_FORMAT
    except (KeyError, TypeError, ValueError):
        sound = False
    if not sound:
        raise Problem(f"{path}: a safetensors file, but no checkpoint of bgfg: give another file, or a run's folder")
    if description["version"] != CHECKPOINT_VERSION:
        raise Problem(
            f"{path}: checkpoint version {description['version']}; this bgfg knows version {CHECKPOINT_VERSION} only"
        )
    return dict(description)


def _flush_folder(folder: Path) -> None:
    """Make a renaming in `folder` outlast a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
