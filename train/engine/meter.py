"""Mean losses, speed and share of waiting over the steps between two rows of metrics.csv; finds losses like NaN."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from bgfg.train.engine.batch import Batch


class NonFiniteLoss(Exception):
    """A loss that is no finite number.

    Attributes:
        step: The step, counted from 1.
        batches: The batches of the step.
        losses: All losses of the step by name.
    """

    def __init__(self, step: int, batches: Sequence[Batch], losses: dict[str, float]) -> None:
        self.step, self.batches, self.losses = step, batches, losses
        super().__init__(f"loss at step {step}: {losses}")


class Meter:
    """Averages the losses of steps, and measures their speed, without making the device wait.

    A step's losses are read only when the next step has been handed to the device, which then has work meanwhile.
    """

    def __init__(self, names: Sequence[str], waited_s: Callable[[], float]) -> None:
        """Start the clock.

        Args:
            names: Names of the losses, "loss" first.
            waited_s: Returns for how many seconds the device waited for data since its last call.
        """
        self._names, self._waited_s = names, waited_s
        self._pending: tuple[int, Sequence[Batch], Tensor, Any] | None = None
        self._sums = [0.0] * len(names)
        self._steps = self._samples = 0
        self.restart()

    def add(self, step: int, batches: Sequence[Batch], losses: Tensor) -> None:
        """Add the losses of a step.

        Args:
            step: The step, counted from 1.
            batches: Its batches.
            losses: (len(batches), len(names)), on the device.

        Raises:
            NonFiniteLoss: Where a loss of the step before is no finite number.
        """
        means = losses.mean(dim=0)
        arrived = None
        if means.is_cuda:  # queued here, before the next step is: its reading waits for this step alone
            means = means.to("cpu", non_blocking=True)
            arrived = torch.cuda.current_stream(losses.device).record_event()
        self._read_pending()
        self._pending = step, batches, means, arrived

    def flush(self) -> dict[str, float]:
        """Return the mean losses by name, samples_per_s (of this rank) and wait_share since the last flush.

        Raises:
            NonFiniteLoss: Where a loss of the last step is no finite number.
        """
        self._read_pending()
        seconds = max(time.perf_counter() - self._since, 1e-9)
        figures = {name: total / self._steps for name, total in zip(self._names, self._sums, strict=True)}
        figures |= {"samples_per_s": self._samples / seconds, "wait_share": min(1.0, self._waited_s() / seconds)}
        self._sums = [0.0] * len(self._names)
        self._steps = self._samples = 0
        self.restart()
        return figures

    def restart(self) -> None:
        """Restart the clock, so that a validation or a checkpoint doesn't count as time of training."""
        self._waited_s()
        self._since = time.perf_counter()

    def _read_pending(self) -> None:
        if self._pending is None:
            return
        (step, batches, read, arrived), self._pending = self._pending, None
        if arrived is not None:
            arrived.synchronize()
        means: list[float] = read.tolist()
        if not all(math.isfinite(mean) for mean in means):
            raise NonFiniteLoss(step, batches, dict(zip(self._names, means, strict=True)))
        self._sums = [total + mean for total, mean in zip(self._sums, means, strict=True)]
        self._steps += 1
        self._samples += sum(len(batch.samples) for batch in batches)
