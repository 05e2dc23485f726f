"""Batches on their way to the network."""

from __future__ import annotations

import json
import time
from contextlib import nullcontext
from itertools import islice
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="the extra [train] isn't installed")

import torch
from bgfg.synth.store.store import Corpus
from bgfg.train.augment.config import Strengths
from bgfg.train.augment.pipeline import Augmentation
from bgfg.train.engine.loader import Batch, Preparation, Supply, save_batches
from bgfg.train.stream.stream import Stream
from bgfg.train.targets.objective import Objective, arrays_for, default_targets
from safetensors import safe_open

from tests.conftest import H, W
from tests.support.stream_corpus import make_corpus


@pytest.fixture(scope="module")
def corpus(tmp_path_factory: pytest.TempPathFactory) -> Corpus:
    return make_corpus(tmp_path_factory.mktemp("supplied"))


def supply(corpus: Corpus, repeated: bool = False, condition: str | None = None) -> Supply:
    stream = Stream(corpus, batch=16, arrays=("image", "mask", "depth"))
    objective = Objective.of(corpus, ("mask", "depth"))
    plain = Augmentation((H, W), Strengths())
    return Supply(stream, Preparation(plain, objective, (H, W), stream.backgrounds, condition=condition), repeated)


def test_undisturbed_a_batch_is_what_the_corpus_holds(corpus: Corpus) -> None:
    for batch in supply(corpus):
        for j, i in enumerate(batch.samples.tolist()):
            sample = corpus[i]
            for shot, picture in zip(batch.shots, (sample.background, sample.image), strict=True):
                assert np.allclose(shot[j].permute(1, 2, 0).numpy() * 255, picture, atol=1e-3)
            assert np.allclose(batch.truths["mask"][j, 0].numpy() * 255, sample.mask, atol=1e-3)
            target, known = (part[j, 0].numpy() for part in batch.truths["depth"])
            assert sample.depth_m is not None
            assert np.array_equal(known, sample.depth_m > 0)
            assert np.allclose(1 / target[known], sample.depth_m[known], rtol=1e-5)
        assert batch.shots[0].is_contiguous(memory_format=torch.channels_last)


def test_a_condition_of_the_evaluation_disturbs_the_shots_and_not_the_truth(corpus: Corpus) -> None:
    plain, harsh = (next(iter(supply(corpus, condition=condition))) for condition in (None, "harsh"))
    assert torch.equal(plain.samples, harsh.samples)
    assert not torch.allclose(plain.shots[0], harsh.shots[0], atol=0.01)
    assert torch.equal(plain.truths["mask"], harsh.truths["mask"])


def test_a_step_takes_its_batches_and_leaves_out_what_is_too_few(corpus: Corpus) -> None:
    one = [batch.samples.tolist() for batch in supply(corpus)]
    steps = list(supply(corpus).steps(4))
    assert len(one) == 6
    assert [[batch.samples.tolist() for batch in step] for step in steps] == [one[:4]]


def test_a_repeated_batch_is_the_first_as_often_as_there_are_batches(corpus: Corpus) -> None:
    first = next(iter(supply(corpus)))
    again = list(supply(corpus, repeated=True))
    assert len(again) == 6
    assert all(torch.equal(batch.samples, first.samples) and torch.equal(batch.bg_fg, first.bg_fg) for batch in again)


def test_the_time_of_fetching_is_told_once_and_not_that_of_the_work(corpus: Corpus) -> None:
    given = supply(corpus)
    start = time.perf_counter()
    for _ in islice(given, 3):
        time.sleep(0.1)
    assert 0 < given.waited_s() <= time.perf_counter() - start - 0.3
    assert given.waited_s() == 0.0


def test_batches_are_saved_with_what_is_said_of_them(tmp_path: Path) -> None:
    truths = {"mask": torch.ones(2, 1, 3, 3), "depth": (torch.zeros(2, 1, 3, 3), torch.ones(2, 1, 3, 3) > 0)}
    batch = Batch(torch.tensor([4, 7]), torch.rand(2, 3, 3, 3), torch.rand(2, 3, 3, 3), truths)
    save_batches([batch, batch], tmp_path / "bad.safetensors", {"step": 3})
    with safe_open(tmp_path / "bad.safetensors", framework="pt") as file:
        assert json.loads(file.metadata()["about"]) == {"step": 3}
        names = ("samples", "bg", "bg_fg", "mask", "depth", "depth_known")
        assert set(file.keys()) == {f"{i}.{name}" for i in (0, 1) for name in names}
        assert file.get_tensor("1.samples").tolist() == [4, 7]


def test_targets_default_to_what_the_corpus_has(corpus: Corpus, composed: Path) -> None:
    assert default_targets(corpus) == ("mask", "depth")
    assert default_targets(Corpus(composed)) == ("mask",)
    assert arrays_for(("mask",)) == ("image", "mask")
    assert arrays_for(("depth",)) == ("image", "mask", "depth")


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
    given, gpu = supply(corpus), Gpu(busy)
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
