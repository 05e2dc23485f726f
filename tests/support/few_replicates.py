"""Intervals of few replicates: otherwise they take most of the time of an evaluation of few pictures."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import pytest

from bgfg.train.evaluation.bootstrap import PigeonholeBootstrap

REPLICATES = 100


@contextmanager
def few_replicates() -> Iterator[None]:
    """Let evaluations on corpora draw REPLICATES, as a fixture may for a module."""
    with pytest.MonkeyPatch.context() as patch:
        few = partial(PigeonholeBootstrap, replicates=REPLICATES)
        for of in ("corpus", "classes", "instances"):
            patch.setattr(f"bgfg.train.evaluation.{of}.PigeonholeBootstrap", few)
        yield
