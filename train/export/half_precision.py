"""Weights in half precision on disk: half the bytes. What is computed with them stays in single precision."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch

from bgfg.data_manifests.files.origin import ORIGIN_KEY, Origin
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.depth_teacher.ops.started_from import require_licence
from bgfg.synth.store.outputs import require_file
from bgfg.train.inference.closer_look import closer_step_px
from bgfg.train.models.checkpoint import Checkpoint, load_network, model_file
from bgfg.train.models.shipped import CHECKPOINT_SUFFIX

_PART = "average"
_ORIGIN = Origin("halve")

# Constants of a graph with fewer numbers stay as they are: a cast of its own would take more bytes than it spares.
_LEAST_NUMBERS = 1024


def halve_checkpoint(source: Path, out: Path, licence: str | None = None, closer_look: bool | None = None) -> None:
    """Write a trained network as a checkpoint for use: its averaged weights alone, kernels in half precision.

    Biases and batch normalisation stay in single precision, whose few numbers matter more.

    Args:
        source: Folder of a run, a checkpoint file, or the name of a network that comes with bgfg.
        out: The checkpoint file.
        licence: Licence of the weights and whose pictures are in them, in the place of what the network says; None
            leaves that.
        closer_look: Whether single pictures are to be looked at once more, closer, around what was found in them; None
            leaves what the network says.

    Raises:
        Problem: `licence` is blank, `out` has another suffix, is the network itself or a file that this function didn't
            make, the network can't be read or has no closer look, or a weight is too large for half precision.
    """
    require_licence(licence)
    if out.suffix != CHECKPOINT_SUFFIX:
        raise Problem(
            f"{out}: a checkpoint's name ends in {CHECKPOINT_SUFFIX}: give {out.name}.safetensors", exit_code=2
        )
    file = model_file(source)
    require_file(out, _ORIGIN, "OUT", file, makes_folder=True)
    whole = Checkpoint.load(file, [_PART])
    weights = {name: _halved(tensor) for name, tensor in whole.parts.get(_PART, {}).items()}
    large = next((name for name, tensor in weights.items() if not torch.isfinite(tensor).all()), None)
    if large is not None:
        raise Problem(f"{file}: {large} is too large for half precision: use the file as it is")
    if closer_look:
        _require_closer_look(file)
    stated = {"licence": licence, "closer_look": closer_look}
    said = {name: value for name, value in stated.items() if value is not None}
    Checkpoint({_PART: weights}, {**whole.description, **said, ORIGIN_KEY: str(_ORIGIN)}).save(out)


def _require_closer_look(file: Path) -> None:
    """Raise Problem where a network can't look closer."""
    net, _ = load_network(file)
    if closer_step_px(net.targets, net.step_px) is None:
        size = ", in pictures of one size" if net.step_px is None else ""
        line = f"--closer-look: {file}: {net.name} finds {' and '.join(net.targets)}{size}"
        raise Problem(f"{line}: leave it out, it is for networks of masks alone, in pictures of any size", exit_code=2)


def is_half(file: Path) -> bool:
    """Say whether a checkpoint file has weights in half precision."""
    return any(tensor.dtype == torch.float16 for tensor in Checkpoint.load(file, [_PART]).parts.get(_PART, {}).values())


def halve_constants(model: Any) -> None:
    """Store the large constants of an ONNX model in half precision, each followed by its cast to single precision.

    Args:
        model: An onnx.ModelProto; changed.
    """
    from onnx import TensorProto, helper, numpy_helper  # imported here: halving a checkpoint needs none of it

    graph, casts = model.graph, []
    for constant in graph.initializer:
        if constant.data_type != TensorProto.FLOAT or np.prod(constant.dims) < _LEAST_NUMBERS:
            continue
        name = constant.name
        halved = numpy_helper.to_array(constant).astype(np.float16)
        constant.CopyFrom(numpy_helper.from_array(halved, f"{name}_half"))
        casts.append(helper.make_node("Cast", [constant.name], [name], to=TensorProto.FLOAT))
    nodes = list(graph.node)
    del graph.node[:]
    graph.node.extend([*casts, *nodes])  # in the order of their use


def _halved(tensor: torch.Tensor) -> torch.Tensor:
    return tensor.half() if tensor.is_floating_point() and tensor.ndim > 1 else tensor
