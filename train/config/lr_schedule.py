"""Learning-rate schedules: a warm-up, then cosine, steps or constant. A pure function of the step, with no state."""

from __future__ import annotations

import math
from dataclasses import dataclass

LR_SCHEDULES = ("cosine", "step", "constant")


@dataclass(frozen=True)
class LRSchedule:
    """The learning rate of a run.

    Attributes:
        kind: "cosine" (to `final` of the peak at the last step; Loshchilov and Hutter, "SGDR", 2017), "step" (times
            `gamma` every `stair_steps` steps: PyTorch's StepLR) or "constant".
        peak: Highest learning rate.
        steps: Length of the run.
        warmup_steps: So many first steps rise linearly to what the kind says there (Goyal et al., "Accurate, large
            minibatch SGD", 2017).
        final: Share of the peak that "cosine" ends at.
        stair_steps: Steps between two decays of "step".
        gamma: Factor of each decay of "step".
    """

    kind: str
    peak: float
    steps: int
    warmup_steps: int = 0
    final: float = 0.01
    stair_steps: int = 1
    gamma: float = 0.1

    def rate(self, step: int) -> float:
        """Return the learning rate of step 0..steps-1; it is above 0 at every one of them."""
        warmed = min(1.0, (step + 1) / (self.warmup_steps + 1))
        return self.peak * warmed * self._share(step)

    def _share(self, step: int) -> float:
        if self.kind == "cosine":
            progress = max(0, step - self.warmup_steps) / max(1, self.steps - 1 - self.warmup_steps)
            return self.final + (1 - self.final) * (1 + math.cos(math.pi * min(1.0, progress))) / 2
        if self.kind == "step":
            return float(self.gamma ** (step // self.stair_steps))
        return 1.0
