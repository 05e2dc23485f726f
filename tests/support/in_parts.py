"""Samples of an evaluation in parts, as workers of a cluster score them, but in this process."""

from __future__ import annotations

import pytest

from bgfg.synth.compose.executor import Executor
from tests.support.executors import IN_PROCESS


def workers_in_process(monkeypatch: pytest.MonkeyPatch) -> Executor:
    """Return what stands for a cluster."""
    monkeypatch.setattr(Executor, "with_gpus", lambda self, _device: self)
    return IN_PROCESS
