"""The precision of a run that is to be the fastest: on a processor it is found out by measuring.

Processors that have units for bfloat16 train some networks faster with them, and others, such as those of depthwise
convolutions, not at all. It is measured at the start of a run, whose record keeps what was found: a run that is gone on
with has the precision that it began with.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from itertools import chain, count, islice

import torch

from bgfg.train.config.options import TrainOptions
from bgfg.train.engine.build import RunBuilder
from bgfg.train.engine.progress import print_note
from bgfg.train.ops.device import Device

_SINGLE, _BFLOAT16 = "32-true", "bf16-mixed"
# In the first step memory is allocated and kernels are chosen.
_WARM_UP_STEPS, _TIMED_STEPS = 1, 3
# bfloat16 has to be faster by this factor: a little isn't worth its rounding, and may be chance.
_LEAST_GAIN = 1.1


def fastest_precision(device: Device, options: TrainOptions, builder_at: Callable[[str], RunBuilder]) -> str:
    """Return the precision in which a run is fastest, and say so where it had to be measured.

    On a GPU that is known. Several ranks on processors, which would measure differently, have single precision.

    Args:
        device: What is trained on.
        options: Options of the run.
        builder_at: Returns the builder of the run at a precision; networks that are trained here are thrown away.
    """
    if device.kind != "cpu" or torch.distributed.is_torchelastic_launched():
        return device.precision
    print_note("measuring which precision is faster here ...")
    single_s, bfloat16_s = (_step_s(builder_at(precision), options) for precision in (_SINGLE, _BFLOAT16))
    chosen = _BFLOAT16 if single_s > _LEAST_GAIN * bfloat16_s else _SINGLE
    print_note(f"a step takes {single_s:.2f} s in single precision and {bfloat16_s:.2f} s with bfloat16: {chosen}")
    return chosen


def _step_s(builder: RunBuilder, options: TrainOptions) -> float:
    """Return the least time of some steps, their batches included."""
    learner, batches = builder.learner(1_000), builder.training_batches()
    steps = chain.from_iterable(batches.steps(options.accumulate) for _ in count())
    times_s, start = [], time.perf_counter()
    for step, step_batches in enumerate(islice(steps, _WARM_UP_STEPS + _TIMED_STEPS)):
        # those steps count that learn all of the network
        learner.step(step_batches, options.freeze_steps + step)
        now = time.perf_counter()
        times_s.append(now - start)
        start = now
    return min(times_s[_WARM_UP_STEPS:])
