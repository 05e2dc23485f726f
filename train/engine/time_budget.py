"""Minutes -> steps: a run's length is fixed before its start, by measuring how fast it is here.

So the course of a run depends on its steps alone, and one that goes on after a kill is the one that would have been; a
clock that decided on the way would make every run another one.
"""

from __future__ import annotations

import time
from itertools import chain, count

from bgfg.train.config.options import Options
from bgfg.train.engine.build import Workshop
from bgfg.train.engine.learner import Learner
from bgfg.train.engine.loader import Supply
from bgfg.train.engine.progress import note
from bgfg.train.engine.trainer import VALIDATIONS

# Of the time given: for the measurement, after some steps in which memory and kernels are made; and for nothing, since
# a machine isn't always as fast as at its start.
_MEASURE_SHARE, _SPARE_SHARE = 0.04, 0.05
_WARM_UP_STEPS = 3

# Of the time given, what the steps get at least; where it is less, that is said.
_STEPS_SHARE = 0.5


def steps_within(minutes: float, workshop: Workshop, options: Options) -> int:
    """Return how many steps a run has time for, the measurement and its validations taken off; at least one.

    A network is trained for it that is thrown away. Where less than half of the time is left for the steps, a line
    says what takes the rest.
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
    left_s, every = minutes * 60 * (1 - _SPARE_SHARE) - spent_s, options.validate_every
    if every is None:
        steps = max(1, int((left_s - VALIDATIONS * validation_s) / step_s))
    else:  # and one at the run's end
        steps = max(1, int((left_s - validation_s) / (step_s + validation_s / every)))
    if steps * step_s < _STEPS_SHARE * minutes * 60:
        validations = VALIDATIONS if every is None else 1 + steps // every
        note(_what_takes_the_rest(minutes, spent_s, validations, validation_s, steps, step_s))
    return steps


def _what_takes_the_rest(
    minutes: float, spent_s: float, validations: int, validation_s: float, steps: int, step_s: float
) -> str:
    """Say in a line why a run has time for so few steps, and what to do about it."""
    taken, remedy = f"measuring took {spent_s:.1f} s", "give more minutes"
    if validation_s:
        taken += f", up to {validations} validations take {validation_s:.1f} s each"
        remedy += ", fewer --validation-samples or a higher --validate-every"
    left = f"{steps:,} step{'s' if steps > 1 else ''} of {step_s:.2f} s"
    return f"--minutes {minutes:g}: {taken}, which leaves {left}: {remedy}"


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
