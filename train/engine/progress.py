"""Progress of a training run: loss, samples a second, share of waiting for data, time left."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass

_LOG_EVERY_S = 15.0


@dataclass(frozen=True)
class Pace:
    """Where a run is: the step reached, the loss there, and since the last time it was asked its speed.

    samples_per_s: samples trained on a second, over all ranks. wait_share: share of the time, 0..1, in which the
    device waited for data.
    """

    step: int
    loss: float
    samples_per_s: float
    wait_share: float

    def __str__(self) -> str:
        return f"loss {self.loss:.4f}, {self.samples_per_s:,.0f} samples/s, {self.wait_share:.0%} waiting for data"


Show = Callable[[Pace], None]
Display = Callable[[int, int], AbstractContextManager[Show]]


@contextmanager
def silent(_steps: int, _done: int) -> Iterator[Show]:
    """Show nothing."""
    yield lambda _pace: None


def shown(steps: int, done: int) -> AbstractContextManager[Show]:
    """Show progress on stderr: a live bar on a terminal, else a line now and then."""
    return _bar(steps, done) if sys.stderr.isatty() else _lines(steps, done)


def note(text: str) -> None:
    """Print a line on stderr, above the bar where there is one."""
    print(text, file=sys.stderr, flush=True)


@contextmanager
def _bar(steps: int, done: int) -> Iterator[Show]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (BarColumn(), MofNCompleteColumn(), TextColumn("{task.description}"), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        task = bar.add_task("steps", total=steps, completed=done)
        yield lambda pace: bar.update(task, completed=pace.step, description=str(pace))


@contextmanager
def _lines(steps: int, done: int) -> Iterator[Show]:
    start = said = time.monotonic()

    def show(pace: Pace) -> None:
        nonlocal said
        now = time.monotonic()
        if now - said < _LOG_EVERY_S and pace.step < steps:
            return
        said = now
        left_s = (steps - pace.step) * (now - start) / max(1, pace.step - done)
        ending = f"{left_s:,.0f} s left" if pace.step < steps else f"in {now - start:,.0f} s"
        note(f"step {pace.step:,} of {steps:,}: {pace}, {ending}")

    yield show
