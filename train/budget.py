"""Minutes -> steps: a run's length is fixed before its start, by measuring how fast it is here.

So the course of a run depends on its steps alone, and one that goes on after a kill is the one that would have been; a
clock that decided on the way would make every run another one.
"""

from __future__ import annotations

import time
from itertools import chain, count

from train.fit import VALIDATIONS
from train.learner import Learner
from train.options import Options
from train.supply import Supply
from train.workshop import Workshop

# Of the time given: for the measurement, after some steps in which memory and kernels are made; and for nothing, since
# a machine isn't always as fast as at its start.
_MEASURE_SHARE, _SPARE_SHARE = 0.04, 0.05
_WARM_UP_STEPS = 3


def steps_within(minutes: float, workshop: Workshop, options: Options) -> int:
    """Return how many steps a run has time for, the measurement and its validations taken off; at least one.

    A network is trained for it that is thrown away.
    """
    began = time.perf_counter()
    learner, validation = workshop.learner(1_000), workshop.validation()
    validation_s = 0.0
    if validation is not None:
        for _ in range(2):  # the second time counts
            start = time.perf_counter()
            validation.judge(learner.average.net)
            validation_s = time.perf_counter() - start
    step_s = _seconds_a_step(learner, workshop.supply(), options.accumulate, minutes * 60 * _MEASURE_SHARE)
    spent_s = time.perf_counter() - began
    left_s = minutes * 60 * (1 - _SPARE_SHARE) - spent_s - (VALIDATIONS + 1) * validation_s
    return max(1, int(left_s / step_s))


def _seconds_a_step(learner: Learner, supply: Supply, passes: int, seconds: float) -> float:
    """Train for some seconds, epoch after epoch if need be, and return how long a step takes."""
    start = time.perf_counter()
    for step, batches in enumerate(chain.from_iterable(supply.steps(passes) for _ in count())):
        learner.step(batches, step).tolist()
        timed = step + 1 - _WARM_UP_STEPS
        if timed == 0:
            start = time.perf_counter()
        elif timed > 0 and time.perf_counter() - start >= seconds:
            break
    return (time.perf_counter() - start) / timed
