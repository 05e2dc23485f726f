"""Learning rates, held to PyTorch's own schedulers."""

from __future__ import annotations

import pytest

pytest.importorskip("torch", reason="the extra [train] isn't installed")

import torch

from bgfg.train.config.lr_schedule import LRSchedule


def rates_of_torch(make: type, peak: float, steps: int, **given: float) -> list[float]:
    optimizer = torch.optim.SGD([torch.zeros(1, requires_grad=True)], lr=peak)
    scheduler, found = make(optimizer, **given), []
    for _ in range(steps):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return found


def test_stairs_are_those_of_step_lr() -> None:
    schedule = LRSchedule("step", 0.3, 23, stair_steps=5, gamma=0.1)
    expected = rates_of_torch(torch.optim.lr_scheduler.StepLR, 0.3, 23, step_size=5, gamma=0.1)
    assert [schedule.rate(step) for step in range(23)] == pytest.approx(expected)


def test_the_cosine_is_that_of_cosine_annealing() -> None:
    schedule = LRSchedule("cosine", 0.3, 17, final=0.01)
    expected = rates_of_torch(torch.optim.lr_scheduler.CosineAnnealingLR, 0.3, 17, T_max=16, eta_min=0.003)
    assert [schedule.rate(step) for step in range(17)] == pytest.approx(expected)


def test_the_warm_up_rises_evenly_to_the_peak() -> None:
    schedule = LRSchedule("cosine", 1.0, 50, warmup_steps=4)
    assert [schedule.rate(step) for step in range(5)] == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0])
    assert schedule.rate(5) < 1.0


@pytest.mark.parametrize("kind", ["cosine", "step", "constant"])
@pytest.mark.parametrize("steps", [1, 2, 13])
def test_every_step_has_a_rate_above_nothing(kind: str, steps: int) -> None:
    schedule = LRSchedule(kind, 1e-3, steps, warmup_steps=steps // 4)
    assert all(0 < schedule.rate(step) <= 1e-3 for step in range(steps))
