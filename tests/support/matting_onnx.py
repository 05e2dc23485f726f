"""Tiny ONNX files with the inputs and outputs of the matting networks that people have: what is red is the object."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bgfg.depth_teacher.ops.encoder_origin import IMAGENET_MEAN, IMAGENET_STD

# Names of a file of U²-Net, as torch.onnx gives them.
U2NET_GIVES = tuple(str(1959 + number) for number in range(7))


def save_matting_onnx(
    file: Path,
    takes: str = "input.1",
    gives: Sequence[str] = U2NET_GIVES,
    shape: Sequence[int | str] = (1, 3, 320, 320),
    mean: Sequence[float] = IMAGENET_MEAN,
    std: Sequence[float] = IMAGENET_STD,
    logits: bool = False,
    half: bool = False,
    properties: dict[str, str] | None = None,
) -> Path:
    """Write a network that is sure of red pixels; skip where onnx isn't installed.

    Args:
        file: Where.
        takes: Name of the input.
        gives: Names of the outputs, all alike but for the main one, which is the first.
        shape: Of the input.
        mean: By which its input is normalised.
        std: Likewise.
        logits: Whether it gives logits, not alpha.
        half: Whether its numbers have 16 bits.
        properties: What it says of itself.
    """
    onnx: Any = pytest.importorskip("onnx", reason="the extra [onnx] isn't installed")
    make, arrays = onnx.helper, onnx.numpy_helper
    dtype, kind = (np.float16, onnx.TensorProto.FLOAT16) if half else (np.float32, onnx.TensorProto.FLOAT)
    # red - (green + blue) / 2 above 0.3, of numbers that are normalised: undone by weights and bias.
    wanted = np.array([1, -0.5, -0.5]) * 40
    weights = np.resize(wanted * std, (1, shape[1] if isinstance(shape[1], int) else 3, 1, 1)).astype(dtype)
    bias = np.array([wanted @ np.array(mean) - 0.3 * 40], dtype)
    nodes = [
        make.make_node("Conv", [takes, "weights", "bias"], ["logits"]),
        make.make_node("Identity" if logits else "Sigmoid", ["logits"], [gives[0]]),
        *(make.make_node("Neg", ["logits"], [name]) for name in gives[1:]),
    ]
    graph = make.make_graph(
        nodes,
        "red",
        [make.make_tensor_value_info(takes, kind, list(shape))],
        [make.make_tensor_value_info(name, kind, None) for name in gives],
        [arrays.from_array(weights, "weights"), arrays.from_array(bias, "bias")],
    )
    model = make.make_model(graph, opset_imports=[make.make_opsetid("", 17)], ir_version=8)
    make.set_model_props(model, properties or {})
    onnx.save(model, file)
    return file
