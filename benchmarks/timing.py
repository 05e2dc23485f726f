"""Time contestants in turns, so that whatever else the machine does slows all of them alike."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from bgfg.data_manifests.terminal.errors import Problem

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class MedianRange:
    """The median of some repeats, with the least and the greatest."""

    median: float
    least: float
    most: float

    @classmethod
    def of(cls, values: Sequence[float]) -> MedianRange:
        """Summarise the values of all repeats; at least one."""
        return cls(statistics.median(values), min(values), max(values))


def measure_in_turns(contestants: Mapping[str, Callable[[], float]], repeats: int) -> dict[str, tuple[float, ...]]:
    """Let contestants take turns, A B C A B C ..., and return what each of them measured, a value for each repeat.

    A contestant prepares, holds its own clock, cleans up, and returns its speed or its time. Before each turn all that
    was written is flushed to the disk, so that none waits for what the one before has written.
    """
    values: dict[str, list[float]] = {name: [] for name in contestants}
    for repeat in range(1, repeats + 1):
        for name, contestant in contestants.items():
            os.sync()
            values[name].append(contestant())
            click.echo(f"{repeat} of {repeats}: {name}: {values[name][-1]:,.4g}", err=True)
    return {name: tuple(found) for name, found in values.items()}


def paired_ratios(values: Sequence[float], peers: Sequence[float]) -> tuple[float, ...]:
    """Divide each value by its peer's of the same repeat."""
    return tuple(value / peer for value, peer in zip(values, peers, strict=True))


def timed_bgfg(*arguments: object) -> float:
    """Run a command of bgfg as a whole process and return its wall time in seconds; raise Problem where it fails."""
    return timed_process(sys.executable, "-m", "bgfg", *arguments)


def timed_process(*command: object, folder: Path = ROOT) -> float:
    """Run a process in the repository's root, or the folder of another tree, and return its wall time in s.

    So it is that tree that is measured. Raises Problem with its last line on stderr where it fails.
    """
    words = [str(word) for word in command]
    start = time.perf_counter()
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    seconds = time.perf_counter() - start
    if done.returncode != 0:
        lines = done.stderr.strip().splitlines() or [f"exit code {done.returncode}"]
        raise Problem(f"{' '.join(words[1:])}: {lines[-1]}")
    return seconds
