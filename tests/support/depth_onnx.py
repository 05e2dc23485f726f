"""Tiny ONNX files with the inputs and outputs of the depth networks that people have; what they give is simple."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

Shape = Sequence[int | str | None]


def save_depth_onnx(
    file: Path,
    takes: str,
    gives: Sequence[str],
    shape: Shape = ("n", 3, "h", "w"),
    constants: Mapping[str, NDArray] | None = None,
    beside: Sequence[str] = (),
    properties: Mapping[str, str] | None = None,
    half: bool = False,
) -> Path:
    """Write a file whose outputs are the mean over the channels of its pictures, (n, h, w), but for constants.

    Args:
        file: Where.
        takes: Name of the pictures.
        gives: Names of the outputs.
        shape: Of the pictures.
        constants: What some outputs are.
        beside: Names of further inputs, whole numbers.
        properties: What it says of itself.
        half: Whether its numbers have 16 bits.
    """
    kind = TensorProto.FLOAT16 if half else TensorProto.FLOAT
    constants = constants or {}
    axes = numpy_helper.from_array(np.array([1]), "axes")
    nodes = [
        helper.make_node("Constant", [], [name], value=numpy_helper.from_array(constants[name]))
        if name in constants
        else helper.make_node("ReduceMean", [takes, "axes"], [name], keepdims=0)
        for name in gives
    ]
    inputs = [helper.make_tensor_value_info(takes, kind, shape)]
    inputs += [helper.make_tensor_value_info(name, TensorProto.INT64, []) for name in beside]
    outputs = [
        helper.make_tensor_value_info(name, TensorProto.FLOAT if name in constants else kind, None) for name in gives
    ]
    model = helper.make_model(
        helper.make_graph(nodes, "depth", inputs, outputs, [axes]),
        opset_imports=[helper.make_opsetid("", 18)],
        ir_version=8,
    )
    helper.set_model_props(model, dict(properties or {}))
    onnx.save(model, file)
    return file
