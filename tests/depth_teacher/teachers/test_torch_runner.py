"""Batches through a network: results in order, and memory that runs out halves the batch."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch")

import torch
from torch import Tensor, nn

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.depth_teacher.teachers.teacher import RgbBatch
from bgfg.depth_teacher.teachers.torch_runner import TorchRunner, is_out_of_memory

CPU = torch.device("cpu")


class Meagre:
    """Sees the red channel as depth; has memory for a few pictures at a time."""

    def __init__(self, room: int) -> None:
        self.room, self.counts = room, list[int]()

    def __call__(self, net: nn.Module, pictures: Tensor) -> Tensor:
        if len(pictures) > self.room:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB")
        self.counts.append(len(pictures))
        seen: Tensor = net(pictures[..., 0].float())
        return seen


def pictures(count: int, start: int = 0) -> RgbBatch:
    return np.broadcast_to(
        np.arange(start, start + count, dtype=np.uint8)[:, None, None, None], (count, 3, 5, 3)
    ).copy()


def run(forward: Meagre, batches: list[RgbBatch]) -> tuple[list[float], list[str]]:
    said: list[str] = []
    runner = TorchRunner(nn.Identity(), CPU, forward, None, said.append)
    return [float(value) for depth in runner.predict_batches(batches) for value in depth[:, 0, 0]], said


def test_depth_comes_in_the_order_of_the_pictures() -> None:
    found, said = run(Meagre(99), [pictures(4), pictures(3, 4), pictures(1, 7)])
    assert found == [0, 1, 2, 3, 4, 5, 6, 7]
    assert said == []


def test_memory_that_runs_out_halves_the_batch_for_good_and_says_so() -> None:
    forward = Meagre(3)
    found, said = run(forward, [pictures(8), pictures(8, 8)])
    assert found == list(range(16))
    assert forward.counts == [2] * 8
    assert [line.split(": ", 1)[1] for line in said] == [
        "out of memory with 8 pictures at a time: going on with 4",
        "out of memory with 4 pictures at a time: going on with 2",
    ]


def test_too_little_memory_for_one_picture_is_one_line() -> None:
    with pytest.raises(Problem, match="too little memory for a single picture: give a smaller --input-size"):
        run(Meagre(0), [pictures(4)])


def test_other_failures_are_not_taken_for_want_of_memory() -> None:
    def fail(_net: nn.Module, _pictures: Tensor) -> Tensor:
        raise RuntimeError("shape mismatch")

    with pytest.raises(RuntimeError, match="shape mismatch"):
        list(TorchRunner(nn.Identity(), CPU, fail, None, print).predict_batches([pictures(2)]))
    assert is_out_of_memory(RuntimeError("MPS backend out of memory (MPS allocated: 1 GB)"))
    assert is_out_of_memory(RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"))


def test_pytorch_has_its_own_number_of_threads_between_batches_and_afterwards() -> None:
    within, before = [], torch.get_num_threads()

    def forward(_net: nn.Module, seen: Tensor) -> Tensor:
        within.append(torch.get_num_threads())
        return seen[..., 0].float()

    try:
        torch.set_num_threads(3)
        found = TorchRunner(nn.Identity(), CPU, forward, 1, print).predict_batches([pictures(2), pictures(2)])
        next(found)
        assert torch.get_num_threads() == 3
        list(found)
        assert torch.get_num_threads() == 3
    finally:
        torch.set_num_threads(before)
    assert within == [1, 1]
