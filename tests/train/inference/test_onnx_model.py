"""A file that ONNX Runtime can't take, or that isn't of bgfg, is one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.inference.onnx_model import OnnxModel


def test_a_model_of_somebody_else_and_one_cut_short_are_one_line(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx", reason="the extra [onnx] isn't installed")
    value = onnx.helper.make_tensor_value_info("x", onnx.TensorProto.FLOAT, [1])
    same = onnx.helper.make_tensor_value_info("y", onnx.TensorProto.FLOAT, [1])
    graph = onnx.helper.make_graph([onnx.helper.make_node("Relu", ["x"], ["y"])], "g", [value], [same])
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8)
    file = tmp_path / "m.onnx"
    file.write_bytes(model.SerializeToString())
    with pytest.raises(Problem, match=r"m\.onnx: a model, but not of bgfg"):
        OnnxModel(file)
    file.write_bytes(file.read_bytes()[:-9])
    with pytest.raises(Problem, match=r"m\.onnx: can't be read as ONNX"):
        OnnxModel(file)
