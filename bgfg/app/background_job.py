"""Work that pages wait for: done once, on a thread, while a page says how far it is."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from bgfg.data_manifests.terminal.errors import Problem

Result = TypeVar("Result")
Told = Callable[[int], None]

# So long a page waits itself, so that what is quick needs no second look.
_WAIT_S = 0.4


class Job(Generic[Result]):
    """Work on a thread of its own, which ends with the process.

    Args:
        work: Does it; is given what is to be told how many more items are done.
        total: How many items there are.
    """

    def __init__(self, work: Callable[[Told], Result], total: int) -> None:
        self._work, self._total, self._made = work, total, 0
        self._result: Result | None = None
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    @property
    def percent(self) -> int:
        """How far it is."""
        return min(99, 100 * self._made // max(1, self._total))

    @property
    def has_failed(self) -> bool:
        """Whether it ended in an error."""
        return self._error is not None

    def is_done(self) -> bool:
        """Say whether it has ended, after a short wait; raise what it raised."""
        self._thread.join(_WAIT_S)
        if self._error is not None:
            raise self._error
        return not self._thread.is_alive()

    def result(self) -> Result | None:
        """Return what it gave, None while it is under way; raise what it raised."""
        return self._result if self.is_done() else None

    def _run(self) -> None:
        try:
            self._result = self._work(self._advance)
        except Problem as problem:
            self._error = problem
        except Exception as error:
            logging.getLogger(__name__).exception("work for a page failed")
            self._error = error

    def _advance(self, items: int) -> None:
        self._made += items
