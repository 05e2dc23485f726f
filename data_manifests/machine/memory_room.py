"""Room in memory that threads share: what is small is worked on side by side, what is large one at a time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

MOST_BYTES = 10**9


class MemoryRoom:
    """Room in memory, which those wait for that don't fit.

    Args:
        most_bytes: What all may take that are in it; one alone may take more.
    """

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self._most_bytes, self._taken_bytes, self._is_closed = most_bytes, 0, False
        self._changed = threading.Condition()

    @contextmanager
    def taken(self, size_bytes: int) -> Iterator[None]:
        """Take room for as long as something is done; nobody may close it."""
        self.enter(size_bytes)
        try:
            yield
        finally:
            self.leave(size_bytes)

    def enter(self, size_bytes: int) -> bool:
        """Take room as soon as there is enough, or all of it is free; say False once it is closed."""
        with self._changed:
            self._changed.wait_for(
                lambda: self._is_closed or not self._taken_bytes or self._taken_bytes + size_bytes <= self._most_bytes
            )
            self._taken_bytes += size_bytes
            return not self._is_closed

    def leave(self, size_bytes: int) -> None:
        """Give room back."""
        with self._changed:
            self._taken_bytes -= size_bytes
            self._changed.notify_all()

    def close(self) -> None:
        """Let nobody wait any longer."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()
