"""Copies to a device, with a stand-in for a GPU: one begins while the last is in use, and is waited for before use."""

from __future__ import annotations

from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="the extra [train] isn't installed")

from bgfg.train.stream.buffer_pool import BufferPool  # noqa: E402
from bgfg.train.stream.to_device import copy_to_device, page_lock  # noqa: E402


class Gpu:
    """Stands in for torch.cuda and for tensors; writes down what is done, in order."""

    def __init__(self) -> None:
        self.done: list[str] = []

    def install(self, monkeypatch: pytest.MonkeyPatch) -> None:
        cuda = SimpleNamespace(
            Stream=lambda _device: self, stream=lambda _side: nullcontext(), current_stream=lambda _device: "main"
        )
        monkeypatch.setattr(torch, "cuda", cuda)

    def tensor(self, name: str) -> Any:
        def to(_device: Any, non_blocking: bool) -> Any:
            assert non_blocking
            self.done.append(f"begin {name}")
            self.latest = name
            return SimpleNamespace(record_stream=lambda stream: self.done.append(f"{name} used on {stream}"))

        return SimpleNamespace(to=to)

    def record_event(self) -> Any:
        name = self.latest
        return SimpleNamespace(synchronize=lambda: self.done.append(f"{name} arrived"))


def test_a_copy_begins_before_the_last_one_is_used_and_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    gpu = Gpu()
    gpu.install(monkeypatch)
    batches = ({"image": gpu.tensor(str(n))} for n in range(3))
    for n, _batch in enumerate(copy_to_device(batches, torch.device("cuda"))):
        gpu.done.append(f"step {n}")
    expected = "begin 0, begin 1, 0 arrived, 0 used on main, step 0, begin 2, 1 arrived, 1 used on main, step 1, "
    assert ", ".join(gpu.done) == expected + "2 arrived, 2 used on main, step 2"


def test_no_batch_gives_none(monkeypatch: pytest.MonkeyPatch) -> None:
    Gpu().install(monkeypatch)
    assert list(copy_to_device([], torch.device("cuda"))) == []


def test_other_devices_get_copies_too() -> None:
    batch = {"image": torch.arange(3)}
    (copy,) = copy_to_device([batch], torch.device("meta"))
    assert copy["image"].device.type == "meta"


def test_pages_are_locked_for_as_long_as_the_pool_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    locked: set[int] = set()

    def register(address: int, size_bytes: int, _flags: int) -> int:
        locked.add(address)
        return 0 if size_bytes > 100 else 2

    runtime = SimpleNamespace(cudaHostRegister=register, cudaHostUnregister=locked.remove)
    monkeypatch.setattr(torch, "cuda", SimpleNamespace(cudart=lambda: runtime))
    pool = BufferPool({"mask": ((13, 17), np.dtype(np.uint8))}, batch_size=2, rows=3)
    page_lock(pool)
    assert locked == {pool.arrays["mask"].ctypes.data}
    del pool
    assert locked == set()
    with pytest.warns(UserWarning, match=r"24 bytes of mask can't be page-locked \(CUDA error 2\)"):
        page_lock(BufferPool({"mask": ((2, 2), np.dtype(np.uint8))}, batch_size=2, rows=3))
