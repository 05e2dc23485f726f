"""What is no model, or can't be run here, is one line."""

from __future__ import annotations

from pathlib import Path

import pytest

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.inference.runtime import load_model


def test_nothing_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(Problem, match=r"m\.onnx: no such model: give the folder of a run .*, a checkpoint, an .onnx"):
        load_model(tmp_path / "m.onnx")


@pytest.mark.parametrize("content", [b"", b"junk" * 99, b"\x08\x07" + bytes(40)])
def test_what_is_no_onnx_file_is_one_line(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "m.onnx").write_bytes(content)
    with pytest.raises(Problem, match=r"m\.onnx: can't be read as ONNX \(.*\): export it again") as caught:
        load_model(tmp_path / "m.onnx")
    assert len(caught.value.lines) == 1


def test_a_device_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    import onnxruntime

    if "CoreMLExecutionProvider" in onnxruntime.get_available_providers():
        pytest.skip("this machine has it")
    (tmp_path / "m.onnx").write_bytes(b"junk")
    with pytest.raises(Problem, match=r"--device mps: ONNX Runtime .* has none here: leave the option out"):
        load_model(tmp_path / "m.onnx", "mps")
