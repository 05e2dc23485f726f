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
from bgfg.data_manifests.terminal.errors import Problem, command
from bgfg.train.models.network import Net
from bgfg.train.models.registry import build
from bgfg.train.models.shipped import CHECKPOINT, shipped
from safetensors import SafetensorError, safe_open
from safetensors.torch import save as to_bytes
from torch import Tensor

FORMAT = "bgfg-checkpoint"
VERSION = 1
LAST, BEST = "last", "best"
_SUFFIX = ".safetensors"

# The key of the description in the header of the file, whose values are strings.
_KEY = "bgfg"


@dataclass(frozen=True)
class Checkpoint:
    """What a checkpoint holds: named parts of named tensors, on the CPU, and the description."""

    parts: Mapping[str, Mapping[str, Tensor]]
    description: Mapping[str, Any]

    def save(self, path: Path) -> None:
        """Write the checkpoint at `path`: under a temporary name, flushed to the disk, then renamed.

        Raises Problem where it can't be written; what was at `path` before is still there then.
        """
        tensors = {
            f"{part}/{name}": tensor.detach().cpu().contiguous()
            for part, named in self.parts.items()
            for name, tensor in named.items()
        }
        sealed = {"format": FORMAT, "version": VERSION, **self.description}
        partial = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with partial.open("wb") as file:
                file.write(to_bytes(tensors, {_KEY: json.dumps(sealed)}))
                file.flush()
                os.fsync(file.fileno())
            partial.replace(path)
            _flush_folder(path.parent)
        except BaseException as error:
            partial.unlink(missing_ok=True)
            if isinstance(error, OSError):
                still = "; the one before it is whole" if path.exists() else ""
                again = "mend that and run the same command again"
                raise Problem(f"{path}: can't be written ({error.strerror or error}){still}: {again}") from error
            raise

    @classmethod
    def load(cls, path: Path, parts: Iterable[str] | None = None) -> Checkpoint:
        """Read a checkpoint, or some of its parts; raise Problem where there is none, or none that can be read."""
        found: dict[str, dict[str, Tensor]] = {}
        try:
            with safe_open(path, framework="pt") as file:
                description = _described(path, file.metadata())
                for key in file.keys():  # noqa: SIM118 (it is no mapping)
                    part, _, name = key.partition("/")
                    if parts is None or part in parts:
                        found.setdefault(part, {})[name] = file.get_tensor(key)
        except FileNotFoundError as error:
            raise Problem(f"{path}: no such checkpoint: run {command('train', 'CORPUS', 'RUN')}") from error
        except (SafetensorError, OSError) as error:
            raise Problem(f"{path}: can't be read ({error}): restore it, or delete it and train again") from error
        return cls(found, description)


def load_model(source: Path, device: torch.device | str = "cpu") -> tuple[Net, dict[str, Any]]:
    """Return the trained network of a run, or of a checkpoint file, and its description.

    Of a run it is the best one, or the last where none was validated yet; in either the averaged weights. The network
    is on `device`, set to evaluate. Raises Problem where there is no checkpoint, where its model isn't known, and where
    the weights don't fit it.
    """
    loaded = Checkpoint.load(model_file(source), ["average"])
    model = loaded.description["model"]
    net = build(model["name"], **model["options"])
    try:
        net.load_state_dict(loaded.parts["average"])
    except RuntimeError as error:
        made_by = loaded.description.get("versions", {}).get("bgfg", "another version")
        again = f"train again, or use bgfg {made_by}, which trained it"
        raise Problem(f"{model_file(source)}: its weights don't fit the {net.name} of this bgfg: {again}") from error
    return net.to(device).eval(), dict(loaded.description)


def begin_with(net: Net, source: Path) -> None:
    """Give a network the weights of a trained one, as `load_model` finds them; raise Problem where it is another."""
    trained, _ = load_model(source)
    if (trained.name, trained.options) != (net.name, net.options):
        its, this = (" ".join([n.name, *(f"{k}={v}" for k, v in n.options.items())]) for n in (trained, net))
        again = "give --model, --targets, --size and --model-option as its run had them"
        raise Problem(f"--start {source}: it is {its}, and this run's is {this}: {again}", exit_code=2)
    net.load_state_dict(trained.state_dict())


def recipe_of(source: Path) -> dict[str, Any]:
    """Return the options of a run (train/config/options.py) that build the network of a trained one again."""
    model = Checkpoint.load(model_file(source), []).description["model"]
    options = dict(model["options"])
    built = {"model": model["name"], "targets": tuple(options.pop("targets")), "size_px": options.pop("input_px", None)}
    return {**built, "model_options": options}


def model_file(source: Path) -> Path:
    """Return the file of the network of a run: the best one's, or the last one's.

    Of a checkpoint file itself, and of a network that comes with bgfg its own. Raises Problem for a file that isn't a
    checkpoint by its name.
    """
    if not source.is_dir():
        if source.is_file() and source.suffix != _SUFFIX:
            used = "is for " + command("predict", source, "IMAGE") if source.suffix == ".onnx" else "is no checkpoint"
            raise Problem(f"{source}: {used}: give the folder of a run, or a {_SUFFIX} file of its checkpoints")
        return shipped(source, CHECKPOINT)
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
        # In the memory order of the weights (channels last), as it was: another one rounds differently.
        laid = torch.empty_like(like, device="cpu").copy_(tensor) if tensor.shape == like.shape else tensor.clone()
        state.setdefault(int(index), {})[name] = laid
    optimizer.load_state_dict({"state": state, "param_groups": optimizer.state_dict()["param_groups"]})


def _described(path: Path, metadata: Mapping[str, str] | None) -> dict[str, Any]:
    try:
        description = json.loads((metadata or {})[_KEY])
        sound = description["format"] == FORMAT
    except (KeyError, TypeError, ValueError):
        sound = False
    if not sound:
        raise Problem(f"{path}: a safetensors file, but no checkpoint of bgfg: give another file, or a run's folder")
    if description["version"] != VERSION:
        raise Problem(f"{path}: checkpoint version {description['version']}; this bgfg knows version {VERSION} only")
    return dict(description)


def _flush_folder(folder: Path) -> None:
    """Make a renaming in `folder` outlast a power cut."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
