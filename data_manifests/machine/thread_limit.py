"""How many threads a library uses: limits on it, after which it has its own number again."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import cv2


class ThreadLimit:
    """How many threads a library uses in all of this process: a number, or again its own, from before any limit."""

    def __init__(self, current: Callable[[], int], hold: Callable[[int], None]) -> None:
        """Take what says how many threads the library uses, and what holds it to a number."""
        self._current, self._hold = current, hold
        self._own: int | None = None
        self._lock = threading.Lock()
        self._held, self._before = 0, 0

    def set(self, threads: int | None) -> None:
        """Hold the library to a number of threads; None gives it back its own, if it was held at all."""
        if threads is not None:
            self._own = self._current() if self._own is None else self._own
            self._hold(threads)
        elif self._own is not None:
            self._hold(self._own)
            self._own = None

    @contextmanager
    def during(self, threads: int | None) -> Iterator[None]:
        """Hold the library to a number of threads for a while; where several threads do so, until the last is done.

        Args:
            threads: The number; None leaves it as it is.
        """
        if threads is None:
            yield
            return
        with self._lock:
            self._before = self._before if self._held else self._current()
            self._held += 1
            self._hold(threads)  # some libraries keep a number for each thread beside that of those to come
        try:
            yield
        finally:
            with self._lock:
                self._held -= 1
                if not self._held:
                    self._hold(self._before)


OPENCV_THREADS = ThreadLimit(cv2.getNumThreads, cv2.setNumThreads)
