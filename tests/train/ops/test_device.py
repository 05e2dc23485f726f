"""The device: the best there is, or the one asked for, or a line that says what to do."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="the extra [train] isn't installed")

import torch

from bgfg.data_manifests.terminal.errors import Problem, counted
from bgfg.depth_teacher.ops import device
from bgfg.train.ops.device import Device, fabric_on, pick


def only(monkeypatch: pytest.MonkeyPatch, *kinds: str) -> None:
    monkeypatch.setattr(device, "is_available", lambda kind: kind in kinds)
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda: "NVIDIA H200")
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 4)


def test_a_gpu_comes_first_and_says_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, "cuda", "cpu")
    assert pick() == Device("cuda", "NVIDIA H200", 4)
    assert str(pick()) == "cuda (NVIDIA H200)"
    assert pick("cpu").kind == "cpu"


def test_without_one_it_is_apples_or_the_processor(monkeypatch: pytest.MonkeyPatch) -> None:
    only(monkeypatch, "mps", "cpu")
    assert pick().kind == "mps"
    only(monkeypatch, "cpu")
    assert str(pick()) == f"cpu ({counted(torch.get_num_threads(), 'thread')})"


@pytest.mark.parametrize("kind", ["cuda", "mps"])
def test_what_is_asked_for_and_not_there_is_one_line(monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    only(monkeypatch, "cpu")
    with pytest.raises(Problem, match=f"--device {kind}: PyTorch .* finds none here: leave the option out") as caught:
        pick(kind)
    assert caught.value.exit_code == 2


def test_an_unknown_kind_or_precision_is_one_line() -> None:
    with pytest.raises(Problem, match="--device tpu: give one of cuda, mps, cpu"):
        pick("tpu")
    with pytest.raises(Problem, match="--precision 8: give one of 32-true, 16-mixed, bf16-mixed"):
        fabric_on(Device("cpu", "here"), "8")


def test_precision_is_what_the_device_is_good_at(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [Device(kind, "").precision for kind in ("cpu", "mps")] == ["32-true", "32-true"]
    for has, precision in ((True, "bf16-mixed"), (False, "16-mixed")):
        monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation, has=has: has)
        assert Device("cuda", "").precision == precision


def test_fabric_runs_here_alone_unless_torchrun_started_more() -> None:
    fabric = fabric_on(Device("cpu", "here"), "32-true")
    assert (fabric.world_size, fabric.global_rank, fabric.device.type) == (1, 0, "cpu")
