"""What the functions of a corpus have in common: the executor of their work, and notes that become warnings."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Literal

from bgfg.data_manifests.machine.cpu_count import usable_cpu_count
from bgfg.data_manifests.terminal.progress import no_progress, show_progress
from bgfg.synth.compose.executor import Executor

Backend = Literal["loky", "threading"]


def executor_of(workers: int | None, backend: Backend, progress: bool) -> Executor:
    """Return what runs the work: on all cores where no number is given, with progress on stderr where it is wanted."""
    return Executor(workers or usable_cpu_count(), backend, show_progress if progress else no_progress)


def warn_of(notes: Sequence[str], wrappers: int = 0) -> None:
    """Warn of each note, at the line that called the function of the public face; wrappers: how many that one has."""
    for note in notes:
        warnings.warn(note, stacklevel=3 + wrappers)
