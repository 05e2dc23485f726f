"""What the functions of a corpus have in common: the executor of their work, and notes that become warnings."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Literal

import click

from bgfg.data_manifests.machine.cpu_count import usable_cpu_count
from bgfg.data_manifests.terminal.cli_types import ClusterAddress
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.data_manifests.terminal.progress import no_progress, show_progress
from bgfg.synth.cluster.engines import require_engine
from bgfg.synth.compose.executor import Executor

Backend = Literal["loky", "threading"]

# Of work that a cluster can do.
AnyBackend = Literal["loky", "threading", "dask", "ray"]


def executor_of(workers: int | None, backend: AnyBackend, progress: bool, address: str | None = None) -> Executor:
    """Return what runs the work: on all cores where no number is given, with progress on stderr where it is wanted.

    Raises:
        Problem: The backend isn't installed, or it and the address of a cluster don't go together.
    """
    if address is not None:
        try:
            ClusterAddress().convert(address, None, None)
        except click.BadParameter as error:
            raise Problem(f"address {error.message}", exit_code=2) from error
    require_engine(backend, address)
    shown = show_progress if progress else no_progress
    return Executor(workers or usable_cpu_count(), backend, shown, address or "")


def warn_of(notes: Sequence[str], wrappers: int = 0) -> None:
    """Warn of each note, at the line that called the function of the public face.

    Args:
        notes: The notes.
        wrappers: How many wrappers that function has besides `checked_arguments`.
    """
    for note in notes:
        warnings.warn(note, stacklevel=4 + wrappers)
