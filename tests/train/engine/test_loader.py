"""The loader of batches."""

from __future__ import annotations

import time
from contextlib import nullcontext
from itertools import islice
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("torch", reason="the extra [train] isn't installed")

import torch

from bgfg.synth.store.corpus import Corpus
from tests.support.stream_batches import load_batches
from tests.support.stream_corpus import make_stream_corpus


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return make_stream_corpus(tmp_path_factory.mktemp("loaded"))


def test_a_step_takes_its_batches_and_leaves_out_what_is_too_few(corpus: Corpus) -> None:
    one = [batch.samples.tolist() for batch in load_batches(corpus)]
    steps = list(load_batches(corpus).steps(4))
    assert len(one) == 6
    assert [[batch.samples.tolist() for batch in step] for step in steps] == [one[:4]]


def test_a_repeated_batch_is_the_first_as_often_as_there_are_batches(corpus: Corpus) -> None:
    first = next(iter(load_batches(corpus)))
    again = list(load_batches(corpus, repeated=True))
    assert len(again) == 6
    assert all(torch.equal(batch.samples, first.samples) and torch.equal(batch.bg_fg, first.bg_fg) for batch in again)


def test_the_time_of_fetching_is_told_once_and_not_that_of_the_work(corpus: Corpus) -> None:
    given = load_batches(corpus)
    start = time.perf_counter()
    for _ in islice(given, 3):
        time.sleep(0.1)
    assert 0 < given.waited_s() <= time.perf_counter() - start - 0.3
    assert given.waited_s() == 0.0


class Gpu:
    """Stands in for torch.cuda and its streams; writes down what is asked of them, in order."""

    def __init__(self, busy: bool) -> None:
        self.busy, self.done = busy, [""]
        self.name = "beside"

    def stream(self, side: Gpu) -> Any:
        self.done.append("begin")
        return nullcontext()

    def Stream(self, device: Any) -> Gpu:  # noqa: N802
        return self

    def current_stream(self, device: Any) -> Any:
        event = SimpleNamespace(query=lambda: not self.busy)
        return SimpleNamespace(
            name="main", record_event=lambda: event, wait_stream=lambda other: self.done.append("main waits")
        )

    def wait_stream(self, other: Any) -> None:
        self.done.append(f"beside waits for {other.name}")


@pytest.mark.parametrize("busy", [True, False])
def test_a_gpu_gets_batches_beside_its_work_and_waits_only_where_it_was_idle(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch, busy: bool
) -> None:
    given, gpu = load_batches(corpus), Gpu(busy)
    monkeypatch.setattr(given, "_cuda", gpu)
    monkeypatch.setattr(given, "_beside", gpu)
    used: list[str] = []
    monkeypatch.setattr(torch.Tensor, "record_stream", lambda tensor, stream: used.append(stream.name))
    for n, _ in enumerate(given):
        gpu.done.append(f"step {n}")
    steps = "".join(f"begin, main waits, step {n}, " for n in range(6))
    assert ", ".join(gpu.done[1:]) == f"beside waits for main, {steps}begin"
    assert used == ["main"] * 6 * 6
    assert (given.waited_s() == 0) == busy
