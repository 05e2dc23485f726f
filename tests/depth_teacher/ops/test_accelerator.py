"""A GPU is asked of PyTorch only where there may be one."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bgfg.depth_teacher.ops import accelerator
from bgfg.depth_teacher.ops.accelerator import may_have_accelerator


def test_without_a_driver_and_a_device_there_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(accelerator, "_NVIDIA_DRIVER", "libno_such_driver.so.1")
    monkeypatch.setattr(accelerator, "_AMD_DEVICE", tmp_path / "kfd")
    assert not may_have_accelerator()


def test_with_one_of_them_or_on_another_system_there_may_be_one(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(accelerator, "_AMD_DEVICE", tmp_path / "kfd")
    monkeypatch.setattr(accelerator, "_NVIDIA_DRIVER", "libno_such_driver.so.1")
    monkeypatch.setattr(sys, "platform", "darwin")
    assert may_have_accelerator()
    monkeypatch.setattr(sys, "platform", "linux")
    (tmp_path / "kfd").touch()
    assert may_have_accelerator()
    (tmp_path / "kfd").unlink()
    monkeypatch.setattr(accelerator, "_NVIDIA_DRIVER", None)  # the program itself, which is always there
    assert may_have_accelerator()


def test_torchs_devices_are_found_where_there_are_any() -> None:
    torch = pytest.importorskip("torch", reason="the extra [train] isn't installed")
    assert may_have_accelerator() or not torch.cuda.is_available()


@pytest.mark.skipif(may_have_accelerator(), reason="this machine may have a GPU, of which PyTorch is asked")
def test_without_a_gpu_the_compact_teacher_is_loaded_without_torch() -> None:
    code = """
import sys
from bgfg.depth_teacher.labelling.load_teacher import load_teacher
from bgfg.depth_teacher.labelling.teacher_options import TeacherOptions
teacher = load_teacher(TeacherOptions("compact"), False, print)
print(teacher.where, "torch" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-P", "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout == "cpu, float32, ONNX Runtime False\n"
