"""Progress of a training run: loss, samples a second, share of waiting for data, time left."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

from bgfg.data_manifests.terminal.errors import printable
from bgfg.data_manifests.terminal.progress import LOG_EVERY_S, live_bar


@dataclass(frozen=True)
class TrainProgress:
    """Where a run is, and its speed since the last time.

    Attributes:
        step: Optimizer steps taken.
        loss: The mean loss since the last time.
        samples_per_s: Samples a second, over all ranks.
        wait_share: Share of the time, 0..1, in which the device waited for data.
    """

    step: int
    loss: float
    samples_per_s: float
    wait_share: float

    def __str__(self) -> str:
        return f"loss {self.loss:.4f}, {self.samples_per_s:,.0f} samples/s, {self.wait_share:.0%} waiting for data"


ShowProgress = Callable[[TrainProgress], None]
ProgressDisplay = Callable[[int, int], AbstractContextManager[ShowProgress]]


@contextmanager
def no_train_progress(_steps: int, _done: int) -> Iterator[ShowProgress]:
    """Show nothing."""
    yield lambda _progress: None


def show_train_progress(steps: int, done: int) -> AbstractContextManager[ShowProgress]:
    """Show progress on stderr: a live bar on a terminal, else a line now and then."""
    return _bar(steps, done) if sys.stderr.isatty() else _lines(steps, done)


def print_note(text: str) -> None:
    """Print a line on stderr."""
    print(printable(text), file=sys.stderr, flush=True)


@contextmanager
def _bar(steps: int, done: int) -> Iterator[ShowProgress]:
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn

    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"), TimeRemainingColumn())
    with live_bar(*columns) as bar:
        task = bar.add_task("steps", total=steps, completed=done)
        yield lambda progress: bar.update(task, completed=progress.step, description=str(progress))


@contextmanager
def _lines(steps: int, done: int) -> Iterator[ShowProgress]:
    start = said = time.monotonic()

    def show(progress: TrainProgress) -> None:
        nonlocal said
        now = time.monotonic()
        if now - said < LOG_EVERY_S and progress.step < steps:
            return
        said = now
        left_s = (steps - progress.step) * (now - start) / max(1, progress.step - done)
        ending = f"{left_s:,.0f} s left" if progress.step < steps else f"in {now - start:,.0f} s"
        print_note(f"step {progress.step:,} of {steps:,}: {progress}, {ending}")

    yield show
