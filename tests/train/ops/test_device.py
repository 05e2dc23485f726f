"""The device: the best there is, or the one asked for, or a line that says what to do."""

from __future__ import annotations

import logging

import pytest

pytest.importorskip("torch", reason="the extra [train] isn't installed")

import torch

from bgfg.data_manifests.terminal.errors import Problem, counted
from bgfg.depth_teacher.ops import device
from bgfg.train.ops.device import Device, fabric_on, pick, require_precision


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


def test_a_processor_refuses_half_precision() -> None:
    said = "--precision 16-mixed: half precision is for GPUs, and slow on a processor: give auto, bf16-mixed or 32-true"
    with pytest.raises(Problem, match=said) as caught:
        fabric_on(Device("cpu"), "16-mixed")
    assert caught.value.exit_code == 2
    require_precision(Device("cuda"), "16-mixed")


def test_a_processor_is_called_by_the_threads_that_it_has_by_now() -> None:
    threads, chosen = torch.get_num_threads(), pick("cpu")
    try:
        torch.set_num_threads(threads + 1)
        assert str(chosen) == f"cpu ({threads + 1} threads)"
    finally:
        torch.set_num_threads(threads)


def test_lightning_says_nothing_of_a_precision(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", "lightning_fabric")
    logger = logging.getLogger("lightning_fabric")
    logger.addHandler(caplog.handler)
    try:
        fabric_on(Device("cpu"), "bf16-mixed")
    finally:
        logger.removeHandler(caplog.handler)
    assert caplog.messages == []


def test_precision_is_what_the_device_is_good_at(monkeypatch: pytest.MonkeyPatch) -> None:
    assert [Device(kind, "").precision for kind in ("cpu", "mps")] == ["32-true", "32-true"]
    for has, precision in ((True, "bf16-mixed"), (False, "16-mixed")):
        monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation, has=has: has)
        assert Device("cuda", "").precision == precision


def test_fabric_runs_here_alone_unless_torchrun_started_more() -> None:
    fabric = fabric_on(Device("cpu", "here"), "32-true")
    assert (fabric.world_size, fabric.global_rank, fabric.device.type) == (1, 0, "cpu")
