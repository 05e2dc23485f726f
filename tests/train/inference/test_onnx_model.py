"""A file that ONNX Runtime can't take, that is damaged or that isn't of bgfg, is one line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bgfg.data_manifests.files.seal import UNSEALED, seal
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.inference.onnx_model import CARD_KEY, SEAL_MARK, OnnxModel
from tests.support.difference_onnx import write_difference_onnx
from tests.support.doors import damaged, refusal
from tests.support.stub_models import stub_card

SMALL = np.zeros((1, 3, 4, 5), np.float32)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write_difference_onnx(tmp_path / "m.onnx", stub_card(outputs=("mask",)))


def sealed(file: Path) -> bytes:
    import onnx

    model = onnx.load(file)
    model.doc_string = SEAL_MARK.decode() + UNSEALED
    return seal(model.SerializeToString(), SEAL_MARK)


def with_card(file: Path, text: str) -> None:
    import onnx

    model: Any = onnx.load(file)
    onnx.helper.set_model_props(model, {CARD_KEY: text})
    onnx.save(model, file)


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


def test_a_file_of_before_has_no_digest_and_runs(file: Path) -> None:
    assert OnnxModel(file, "cpu", 1).run([SMALL, SMALL])["mask"].shape == (1, 1, 4, 5)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_onnx_runtime_never_sees_what_is_damaged(file: Path, data: st.DataObject, handed_over: list[bytes]) -> None:
    whole = sealed(file)
    broken = file.with_name("broken.onnx")
    broken.write_bytes(data.draw(damaged(whole)))
    handed_over.clear()
    line = refusal(lambda: OnnxModel(broken, "cpu", 1))
    if line.startswith(f"{broken}: is damaged (not what its SHA-256 says): restore it from a copy, or export"):
        assert not handed_over
    else:  # the word before the digest itself was hit
        assert SEAL_MARK not in broken.read_bytes()


@pytest.fixture
def handed_over(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """What is handed over to ONNX Runtime."""
    import onnxruntime

    seen: list[bytes] = []
    session = onnxruntime.InferenceSession

    def watched(content: bytes, *rest: Any, **more: Any) -> Any:
        seen.append(content)
        return session(content, *rest, **more)

    monkeypatch.setattr(onnxruntime, "InferenceSession", watched)
    return seen


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"inputs": ["image"]}, "takes bg, bg_fg and gives mask, which isn't what its card says"),
        ({"outputs": ["mask", "depth"]}, "takes bg, bg_fg and gives mask, which isn't what its card says"),
        ({"input_px": -1}, "incomplete or damaged (card.input_px is -1)"),
    ],
)
def test_a_card_of_another_network_is_one_line(file: Path, changed: dict[str, Any], said: str) -> None:
    content = json.loads(stub_card(outputs=("mask",)).as_json())
    with_card(file, json.dumps(content | changed))
    assert said in refusal(lambda: OnnxModel(file, "cpu", 1))


def test_an_output_that_is_no_map_of_its_kind_is_one_line(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx", reason="the extra [onnx] isn't installed")
    file = write_difference_onnx(tmp_path / "m.onnx", stub_card(outputs=("mask",)))
    model = onnx.load(file)
    model.graph.node[-1].output[0] = "matte"
    model.graph.output[0].name = "matte"
    onnx.save(model, file)
    with_card(file, stub_card(outputs=("matte",)).as_json())
    line = refusal(lambda: OnnxModel(file, "cpu", 1).run([SMALL, SMALL]))
    assert "gives matte as (1, 1, 4, 5), which isn't what its card says" in line


def test_weights_in_another_file_are_not_read(file: Path) -> None:
    import onnx

    model = onnx.load(file)
    model.graph.initializer[0].raw_data = bytes(4)
    onnx.external_data_helper.set_external_data(model.graph.initializer[0], "nowhere.bin")
    file.write_bytes(model.SerializeToString())
    assert "has weights in other files, which bgfg doesn't read" in refusal(lambda: OnnxModel(file, "cpu", 1))
