"""Tracing: a PyTorch module is written as an ONNX graph, by what it does with an example."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

_OPSET = 17

# Beginnings of warnings that PyTorch and torchvision's detection give on each export, and that don't apply: no index
# here is negative.
_SAID_WHILE_TRACING = (
    "Constant folding - Only steps=1 can be constant folded",
    "You are using the legacy TorchScript-based ONNX export",
    "The feature will be removed",
    "To copy construct from a tensor",
    "`torch.jit.script` is deprecated",
    "Exporting aten::index operator of advanced indexing",
)


def trace(
    module: nn.Module,
    example: Sequence[Tensor],
    path: Path,
    inputs: Sequence[str],
    outputs: Sequence[str],
    free_axes: Mapping[str, Mapping[int, str]],
    sizes_checked: bool = False,
) -> None:
    """Write a module as an ONNX file.

    By tracing, since that takes every network of the registry, and a second where the exporter by torch.export, whose
    graphs run no faster, takes ten. PyTorch says on each call that it may go one day.

    Args:
        module: What is written, in evaluation mode.
        example: What it is called with.
        path: The file.
        inputs: Names of the inputs.
        outputs: Names of the outputs.
        free_axes: By input and output which of its axes are free, and what they are called.
        sizes_checked: Whether the caller compares the file at other sizes, so that warnings of each are left out.
    """
    with warnings.catch_warnings():
        for start in _SAID_WHILE_TRACING:
            warnings.filterwarnings("ignore", start)
        if sizes_checked:
            tracing: Any = torch.jit
            warnings.filterwarnings("ignore", category=tracing.TracerWarning)
        torch.onnx.export(
            module,
            tuple(example),
            path,
            dynamo=False,
            opset_version=_OPSET,
            input_names=list(inputs),
            output_names=list(outputs),
            dynamic_axes={name: dict(axes) for name, axes in free_axes.items()},
        )
