"""The precision of a run that is to be the fastest is measured, and kept."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import repeat
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("torch", reason="the extra [train] isn't installed")

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.engine import launch
from bgfg.train.engine.precision import fastest_precision
from bgfg.train.engine.run_dir import RunDir
from bgfg.train.ops.device import Device
from tests.support.stream_corpus import make_stream_corpus
from tests.support.tiny_runs import tiny_options, train_tiny

PROCESSOR = Device("cpu", "here")


@dataclass
class Steps:
    """A builder whose steps take a known time; the first takes longer, as the first of a run does."""

    seconds: float

    def learner(self, _steps: int) -> Any:
        return SimpleNamespace(step=lambda _batches, step: time.sleep(self.seconds + 0.2 * (step == 0)))

    def training_batches(self) -> Any:
        def two(_accumulate: int) -> Iterator[object]:
            return repeat((), 2)  # an epoch of two steps: it is gone through again

        return SimpleNamespace(steps=two)


@pytest.mark.parametrize(
    ("single_s", "bfloat16_s", "chosen"),
    [(0.05, 0.02, "bf16-mixed"), (0.02, 0.05, "32-true"), (0.05, 0.049, "32-true")],
)
def test_bfloat16_is_chosen_where_it_is_clearly_faster(single_s: float, bfloat16_s: float, chosen: str) -> None:
    builders: Any = {"32-true": Steps(single_s), "bf16-mixed": Steps(bfloat16_s)}
    assert fastest_precision(PROCESSOR, tiny_options(), builders.__getitem__) == chosen


def test_on_a_gpu_it_is_known(monkeypatch: pytest.MonkeyPatch) -> None:
    def never(_precision: str) -> Any:
        raise AssertionError("measured")

    assert fastest_precision(Device("mps", "Apple GPU"), tiny_options(), never) == "32-true"
    monkeypatch.setattr("torch.distributed.is_torchelastic_launched", lambda: True)
    assert fastest_precision(PROCESSOR, tiny_options(), never) == "32-true"


def test_a_run_keeps_the_precision_that_it_began_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "made").mkdir()
    corpus = make_stream_corpus(tmp_path / "made")
    run = tmp_path / "run"
    train_tiny(corpus, run, steps=2, precision="auto")
    found = RunDir(run).read_record()
    assert found is not None
    assert found.options.precision in ("32-true", "bf16-mixed")
    RunDir(run).write_record(replace(found, options=replace(found.options, precision="bf16-mixed")))

    def never(*_: object) -> str:
        raise Problem("measured")

    monkeypatch.setattr(launch, "fastest_precision", never)
    train_tiny(corpus, run, steps=2, precision="auto")
    again = RunDir(run).read_record()
    assert again is not None
    assert again.options.precision == "bf16-mixed"
