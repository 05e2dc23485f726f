"""`bgfg` with the tiny network, which notes the samples of each step: `python noted_training.py FILE train ...`.

A line of FILE is a step's number and the samples that this rank learnt from.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bgfg.cli import main
from bgfg.train.engine.batch import Batch
from bgfg.train.engine.learner import Learner
from tests.support import tiny_runs  # noqa: F401  registers the network

_step = Learner.step


def _noted_step(self: Learner, batches: Sequence[Batch], step: int) -> Any:
    learnt = _step(self, batches, step)
    with _NOTES.open("a", encoding="utf-8") as notes:
        notes.write(f"{step} {' '.join(str(i) for batch in batches for i in batch.samples.tolist())}\n")
    return learnt


if __name__ == "__main__":
    _NOTES = Path(f"{sys.argv.pop(1)}{os.environ.get('RANK', '')}")
    Learner.step = _noted_step  # type: ignore[method-assign]
    main()
