"""Work that pages wait for: done once, on a thread, while a page says how far it is."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, wait
from typing import Generic, TypeVar

Result = TypeVar("Result")
Told = Callable[[int], None]

# So long a page waits itself, so that what is quick needs no second look.
_WAIT_S = 0.4


class Job(Generic[Result]):
    """Work on a thread of its own, which ends with the process.

    Args:
        work: Does it; is given what is to be told how many more items are done.
        count: Says how many items there are.
    """

    def __init__(self, work: Callable[[Told], Result], count: Callable[[], int]) -> None:
        self._work, self._count, self._total, self._made = work, count, 1, 0
        self._future: Future[Result] = Future()
        threading.Thread(target=self._run, daemon=True).start()

    @property
    def percent(self) -> int:
        """How far it is."""
        return min(99, 100 * self._made // max(1, self._total))

    @property
    def has_failed(self) -> bool:
        """Whether it ended in an error."""
        return self._future.done() and self._future.exception() is not None

    def result(self) -> Result | None:
        """Return what it gave, None where it is still under way after a short wait; raise what it raised."""
        return self._future.result() if wait([self._future], _WAIT_S).done else None

    def _run(self) -> None:
        try:
            self._total = self._count()
            self._future.set_result(self._work(self._advance))
        except Exception as error:
            self._future.set_exception(error)

    def _advance(self, items: int) -> None:
        self._made += items
