"""Minutes made into steps."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("torch", reason="the extra [train] isn't installed")

import torch

from bgfg.train.config.options import TrainOptions
from bgfg.train.engine.time_budget import steps_within
from bgfg.train.engine.trainer import DEFAULT_VALIDATIONS

STEP_S, VALIDATE_S = 0.02, 0.05


class SleepingBuilder:
    """A stand-in for RunBuilder whose parts sleep in place of working; an epoch has four steps."""

    def __init__(self, validates: bool) -> None:
        self._validates = validates

    def learner(self, steps: int) -> Any:
        def step(batches: Any, number: int) -> torch.Tensor:
            time.sleep(STEP_S)
            return torch.zeros(1, 2)

        return SimpleNamespace(step=step, ema=SimpleNamespace(net=None))

    def training_batches(self) -> Any:
        def steps(passes: int) -> Iterator[list[int]]:
            return iter([[0] * passes] * 4)

        return SimpleNamespace(steps=steps)

    def validator(self) -> Any:
        return SimpleNamespace(validate=lambda net: time.sleep(VALIDATE_S)) if self._validates else None


@pytest.mark.parametrize("validates", [True, False])
def test_a_run_has_as_many_steps_as_fit_beside_its_validations(validates: bool) -> None:
    given: Any = SleepingBuilder(validates)
    started = time.perf_counter()
    steps = steps_within(0.1, given, TrainOptions())
    spent_s = time.perf_counter() - started
    needed_s = spent_s + steps * STEP_S + validates * DEFAULT_VALIDATIONS * VALIDATE_S
    assert 0.5 * 6 < needed_s < 6.0  # sleeping takes longer than asked for, never shorter


def test_as_many_validations_are_counted_as_are_asked_for() -> None:
    given: Any = SleepingBuilder(True)
    often, seldom = (steps_within(0.05, given, TrainOptions(validate_every=every)) for every in (1, 1_000))
    assert often * (STEP_S + VALIDATE_S) < 3.0
    assert 2 * often < seldom


def test_there_is_one_step_at_least_and_a_line_says_what_took_the_time(capsys: pytest.CaptureFixture[str]) -> None:
    given: Any = SleepingBuilder(True)
    assert steps_within(0.001, given, TrainOptions()) == 1
    (line,) = capsys.readouterr().err.splitlines()
    measured = rf"measuring took \d\.\d s, up to {DEFAULT_VALIDATIONS} validations take 0\.\d s each"
    remedy = "give more minutes, fewer --validation-samples or a higher --validate-every"
    assert re.fullmatch(rf"--minutes 0\.001: {measured}, which leaves 1 step of 0\.\d\d s: {remedy}", line)


def test_without_validations_more_minutes_alone_help(capsys: pytest.CaptureFixture[str]) -> None:
    given: Any = SleepingBuilder(False)
    steps_within(0.001, given, TrainOptions())
    assert capsys.readouterr().err.endswith(" s: give more minutes\n")


def test_where_the_steps_have_most_of_the_time_nothing_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    given: Any = SleepingBuilder(True)
    steps_within(0.1, given, TrainOptions())
    assert capsys.readouterr().err == ""
