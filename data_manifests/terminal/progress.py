"""Progress of long work: items a second and the time left, on a terminal, in a notebook or in a log.

A function that takes a `Progress` calls it with a title, the number of all items and the number of those already done,
and gets a context manager whose value is called with the number of items that were finished since.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import rich.progress
    from rich.progress import ProgressColumn

Advance = Callable[[int], None]
Progress = Callable[[str, int, int], AbstractContextManager[Advance]]

LOG_EVERY_S = 15.0
_NOTEBOOK_EVERY_S = 1.0


@contextmanager
def no_progress(_title: str, _total: int, _done: int) -> Iterator[Advance]:
    """Show no progress."""
    yield lambda _n: None


def tell_progress(tell: Callable[[int, int, float], None]) -> Progress:
    """Return a progress that tells after each step how many items are done, of how many, and the seconds left."""

    @contextmanager
    def telling(_title: str, total: int, done: int) -> Iterator[Advance]:
        start, made = time.monotonic(), 0

        def advance(n: int) -> None:
            nonlocal made
            made += n
            tell(done + made, total, max(0, total - done - made) * (time.monotonic() - start) / max(1, made))

        yield advance

    return telling


def show_progress(title: str, total: int, done: int) -> AbstractContextManager[Advance]:
    """Show progress on stderr: a live bar on a terminal, in a notebook a line that changes, else one every 15 s."""
    if sys.stderr.isatty():
        return _bar(title, total, done)
    return _log(title, total, done, in_one_line=is_notebook())


def is_notebook() -> bool:
    """Say whether this runs in the kernel of a notebook: of Jupyter, or of what is made of it, as Colab and Kaggle."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return any(kind.__name__ == "ZMQInteractiveShell" for kind in type(shell).__mro__)


def live_bar(*columns: ProgressColumn) -> rich.progress.Progress:
    """Return a bar of rich on stderr, of these columns, that is live while its context lasts."""
    # Here and not above: a short command need not wait for rich.
    from rich.console import Console
    from rich.progress import Progress

    return Progress(*columns, console=Console(stderr=True))


@contextmanager
def _bar(title: str, total: int, done: int) -> Iterator[Advance]:
    from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[rate]}"))
    start, made = time.monotonic(), 0
    with live_bar(*columns, TimeRemainingColumn(elapsed_when_finished=True)) as bar:
        task = bar.add_task(title, total=total, completed=done, rate="")

        def advance(n: int) -> None:
            nonlocal made
            made += n
            bar.update(task, advance=n, rate=_rate(made, time.monotonic() - start))

        yield advance


@contextmanager
def _log(title: str, total: int, done: int, in_one_line: bool) -> Iterator[Advance]:
    """Write lines, or one that is written over: the output of a cell obeys a carriage return, but isn't a terminal."""
    start = said = time.monotonic()
    made = 0
    every_s = _NOTEBOOK_EVERY_S if in_one_line else LOG_EVERY_S

    def say() -> None:
        seconds = time.monotonic() - start
        left_s = (total - done - made) * seconds / made if made else 0.0
        took = f"{seconds:.0f} s" if seconds >= 1 else "less than a second"
        ending = f"{left_s:.0f} s left" if done + made < total else f"in {took}"
        line = f"{title}: {done + made:,} of {total:,}, {_rate(made, seconds)}, {ending}"
        is_last = done + made >= total
        # At once: a Ctrl-C between the two would put its own words on this line.
        sys.stderr.write(f"\r{line:<79}" + "\n" * is_last if in_one_line else line + "\n")
        sys.stderr.flush()

    def advance(n: int) -> None:
        nonlocal made, said
        made += n
        if time.monotonic() - said >= every_s or done + made == total:
            said = time.monotonic()
            say()

    yield advance


def _rate(made: int, seconds: float) -> str:
    rate = made / max(seconds, 1e-9)
    return f"{rate:,.0f}/s" if rate >= 10 else f"{rate:.1f}/s"
