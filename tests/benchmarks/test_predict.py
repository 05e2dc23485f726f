"""The benchmark of predict measures what it says; no speed is held to anything here."""

from __future__ import annotations

from pathlib import Path

import pytest

pytest.importorskip("torch", reason="the extra [train] isn't installed")
pytest.importorskip("onnx", reason="the extra [onnx] isn't installed")

from benchmarks import predict


@pytest.mark.slow
def test_both_libraries_are_measured_at_both_jobs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(predict, "NETWORK_OPTIONS", {"small": {"width": 8, "input_px": 32, "encoder": "test_resnet"}})
    monkeypatch.setattr(predict, "HEIGHT_PX", 37)
    monkeypatch.setattr(predict, "WIDTH_PX", 53)
    section = predict.measure(tmp_path, pictures=1, repeats=1, threads=1)
    assert [(row.job, row.contestant) for row in section.rows] == [
        ("predict 53×37, all of it", "PyTorch, small"),
        ("predict 53×37, all of it", "ONNX Runtime, small"),
        ("the network alone", "PyTorch, small"),
        ("the network alone", "ONNX Runtime, small"),
    ]
    assert all(min(row.values) > 0 for row in section.rows)
    assert list(section.rows[1].against) == ["PyTorch, small"]
    assert (tmp_path / "out/cutout/0.png").exists()
