"""How many threads are at work in one place at the same time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


class SideBySide:
    """Wraps functions, and counts how many calls of all of them run at once.

    Attributes:
        most: The most that ran at once so far.
    """

    def __init__(self) -> None:
        self.most = self._now = 0
        self._lock = threading.Lock()

    def counted(self, work: Callable[..., T]) -> Callable[..., T]:
        def call(*arguments: object, **named: object) -> T:
            with self._lock:
                self._now += 1
                self.most = max(self.most, self._now)
            time.sleep(0.02)  # others begin now, if they may
            try:
                return work(*arguments, **named)
            finally:
                with self._lock:
                    self._now -= 1

        return call
