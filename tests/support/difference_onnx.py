"""An ONNX file of bgfg that needs no training: the person is where two shots differ."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from bgfg.train.inference.onnx_model import CARD_KEY
from bgfg.train.models.model_card import ModelCard


def write_difference_onnx(path: Path, card: ModelCard) -> Path:
    """Write the network as the card says: two shots in, the mask out, of any size; skip where onnx isn't installed."""
    onnx: Any = pytest.importorskip("onnx", reason="the extra [onnx] isn't installed")
    make, floats = onnx.helper, onnx.TensorProto.FLOAT
    nodes = [
        make.make_node("Sub", ["bg_fg", "bg"], ["change"]),
        make.make_node("Abs", ["change"], ["size"]),
        make.make_node("ReduceMax", ["size"], ["most"], axes=[1], keepdims=1),
        make.make_node("Greater", ["most", "least"], ["differs"]),
        make.make_node("Cast", ["differs"], ["mask"], to=floats),
    ]
    shots = [make.make_tensor_value_info(name, floats, ["n", 3, "height", "width"]) for name in card.inputs]
    mask = make.make_tensor_value_info("mask", floats, ["n", 1, "height", "width"])
    least = make.make_tensor("least", floats, [], [0.02])
    graph = make.make_graph(nodes, "differs", shots, [mask], [least])
    model = make.make_model(graph, opset_imports=[make.make_opsetid("", 17)], ir_version=8)
    make.set_model_props(model, {CARD_KEY: card.as_json()})
    onnx.checker.check_model(model)
    onnx.save(model, path)
    return path
