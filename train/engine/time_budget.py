"""Length of a run by minutes: the number of steps is fixed before the start, by measuring how fast they are.

So what a run learns depends on its steps alone, and a run that is killed and resumed ends as it would have undisturbed.
If a clock ended it, no run could be repeated.
"""

from __future__ import annotations

import time
from itertools import chain, count

from bgfg.train.config.options import TrainOptions
from bgfg.train.engine.build import RunBuilder
from bgfg.train.engine.learner import Learner
from bgfg.train.engine.loader import Batches
from bgfg.train.engine.progress import print_note
from bgfg.train.engine.trainer import DEFAULT_VALIDATIONS

# Shares of the time given: for measuring steps, and to spare, since a machine isn't always as fast as at its start.
_MEASURE_SHARE, _SPARE_SHARE = 0.04, 0.05
_WARM_UP_STEPS = 3  # not measured: memory is allocated and kernels are chosen

# Where less than this share of the time is left for the steps, that is said.
_STEPS_SHARE = 0.5


def steps_within(minutes: float, builder: RunBuilder, options: TrainOptions) -> int:
    """Return how many steps a run has time for beside this measurement and its validations; at least one.

    The network that is trained to measure it is thrown away. Where less than half of the time is left for the steps, a
    note says what takes the rest.

    Args:
        minutes: Time of the whole run.
        builder: Builds the parts of the run.
        options: Its options.
    """
    began = time.perf_counter()
    learner, validator = builder.learner(1_000), builder.validator()
    validation_s = 0.0
    if validator is not None:
        for _ in range(2):  # the second time counts, when files are cached and kernels chosen
            start = time.perf_counter()
            validator.validate(learner.ema.net)
            validation_s = time.perf_counter() - start
    step_s = _seconds_a_step(learner, builder.training_batches(), options, minutes * 60 * _MEASURE_SHARE)
    spent_s = time.perf_counter() - began
    left_s, every = minutes * 60 * (1 - _SPARE_SHARE) - spent_s, options.validate_every
    if every is None:
        steps = max(1, int((left_s - DEFAULT_VALIDATIONS * validation_s) / step_s))
    else:  # and one at the run's end
        steps = max(1, int((left_s - validation_s) / (step_s + validation_s / every)))
    if steps * step_s < _STEPS_SHARE * minutes * 60:
        validations = DEFAULT_VALIDATIONS if every is None else 1 + steps // every
        print_note(_budget_note(minutes, spent_s, validations, validation_s, steps, step_s))
    return steps


def _budget_note(
    minutes: float, spent_s: float, validations: int, validation_s: float, steps: int, step_s: float
) -> str:
    """Return a line that says why a run has time for so few steps, and what to do about it."""
    taken, remedy = f"measuring took {spent_s:.1f} s", "give more minutes"
    if validation_s:
        taken += f", up to {validations} validations take {validation_s:.1f} s each"
        remedy += ", fewer --validation-samples or a higher --validate-every"
    left = f"{steps:,} step{'s' if steps > 1 else ''} of {step_s:.2f} s"
    return f"--minutes {minutes:g}: {taken}, which leaves {left}: {remedy}"


def _seconds_a_step(learner: Learner, batches: Batches, options: TrainOptions, seconds: float) -> float:
    """Train for some seconds, epoch after epoch where one is too short, and return the time of a step."""
    start = time.perf_counter()
    for step, step_batches in enumerate(chain.from_iterable(batches.steps(options.accumulate) for _ in count())):
        # waits for the device; those steps count that learn all of the network
        learner.step(step_batches, options.freeze_steps + step).tolist()
        timed = step + 1 - _WARM_UP_STEPS
        if timed == 0:
            start = time.perf_counter()
        elif timed > 0 and time.perf_counter() - start >= seconds:
            break
    return (time.perf_counter() - start) / timed
