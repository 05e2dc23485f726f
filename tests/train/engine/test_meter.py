"""What the steps between two rows of figures came to."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="the extra [train] isn't installed")

import torch

from bgfg.train.engine.batch import Batch
from bgfg.train.engine.meter import Meter, NonFiniteLoss

NAMES = ["loss", "loss_mask"]


def batch(samples: int) -> Batch:
    return Batch(torch.arange(samples), torch.empty(0), torch.empty(0), {})


class Clock:
    """A clock that is set by hand."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now_s = 50.0
        monkeypatch.setattr("bgfg.train.engine.meter.time.perf_counter", lambda: self.now_s)


def test_losses_are_means_over_passes_and_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    meter = Meter(NAMES, lambda: 1.0)
    meter.add(1, [batch(3), batch(3)], torch.tensor([[1.0, 10.0], [3.0, 30.0]]))
    meter.add(2, [batch(3), batch(3)], torch.tensor([[4.0, 40.0], [4.0, 40.0]]))
    clock.now_s += 4.0
    assert meter.flush() == {"loss": 3.0, "loss_mask": 30.0, "samples_per_s": 3.0, "wait_share": 0.25}
    meter.add(3, [batch(2)], torch.tensor([[7.0, 8.0]]))
    clock.now_s += 0.5
    assert meter.flush() == {"loss": 7.0, "loss_mask": 8.0, "samples_per_s": 4.0, "wait_share": 1.0}


def test_what_is_no_number_is_told_a_step_later_or_at_the_flush() -> None:
    for comes_flush in (False, True):
        meter = Meter(NAMES, lambda: 0.0)
        bad = batch(5)
        meter.add(7, [bad], torch.tensor([[float("inf"), 2.0]]))
        with pytest.raises(NonFiniteLoss) as caught:
            meter.flush() if comes_flush else meter.add(8, [batch(1)], torch.ones(1, 2))
        assert (caught.value.step, caught.value.batches) == (7, [bad])
        assert caught.value.losses == {"loss": float("inf"), "loss_mask": 2.0}


def test_what_came_before_a_restart_is_not_the_speed_of_training(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    meter = Meter(NAMES, lambda: 0.0)
    clock.now_s += 1000.0
    meter.restart()
    meter.add(1, [batch(6)], torch.ones(1, 2))
    clock.now_s += 2.0
    assert meter.flush()["samples_per_s"] == 3.0
