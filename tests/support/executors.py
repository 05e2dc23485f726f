"""How the tests run long work: one worker, in this process."""

from __future__ import annotations

from bgfg.synth.compose.executor import Executor

IN_PROCESS = Executor(workers=1, backend="threading")
