"""Progress of long work: samples a second and the time left, on a terminal or in a log."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

Advance = Callable[[int], None]
Progress = Callable[[str, int, int], AbstractContextManager[Advance]]

_LOG_EVERY_S = 15.0


@contextmanager
def silent(_title: str, _total: int, _done: int) -> Iterator[Advance]:
    """Show nothing."""
    yield lambda _n: None


def shown(title: str, total: int, done: int) -> AbstractContextManager[Advance]:
    """Show progress on stderr: a live bar on a terminal, else a line now and then."""
    return _bar(title, total, done) if sys.stderr.isatty() else _log(title, total, done)


@contextmanager
def _bar(title: str, total: int, done: int) -> Iterator[Advance]:
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TaskProgressColumn(), TextColumn("{task.fields[rate]}"))
    start, made = time.monotonic(), 0
    with Progress(*columns, TimeRemainingColumn(elapsed_when_finished=True), console=Console(stderr=True)) as bar:
        task = bar.add_task(title, total=total, completed=done, rate="")

        def advance(n: int) -> None:
            nonlocal made
            made += n
            bar.update(task, advance=n, rate=_rate(made, time.monotonic() - start))

        yield advance


@contextmanager
def _log(title: str, total: int, done: int) -> Iterator[Advance]:
    start = said = time.monotonic()
    made = 0

    def say() -> None:
        seconds = time.monotonic() - start
        left_s = (total - done - made) * seconds / made if made else 0.0
        ending = f"{left_s:.0f} s left" if done + made < total else f"in {seconds:.0f} s"
        line = f"{title}: {done + made:,} of {total:,}, {_rate(made, seconds)}, {ending}"
        print(line, file=sys.stderr, flush=True)

    def advance(n: int) -> None:
        nonlocal made, said
        made += n
        if time.monotonic() - said >= _LOG_EVERY_S or done + made == total:
            said = time.monotonic()
            say()

    yield advance


def _rate(made: int, seconds: float) -> str:
    rate = made / max(seconds, 1e-9)
    return f"{rate:,.0f}/s" if rate >= 10 else f"{rate:.1f}/s"
