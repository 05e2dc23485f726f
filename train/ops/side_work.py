"""Work beside the one at hand: on threads, or, where a single core is to do it all, at once by who hands it over."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

import cv2

P = ParamSpec("P")
T = TypeVar("T")


class InTurn(Executor):
    """Does what it is given before `submit` returns, in the thread that calls it; errors are the future's."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Call a function and return a future that is done."""
        future: Future[T] = Future()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


def side_work(threads: int | None, most: int) -> Executor:
    """Return what does work beside the one at hand.

    Args:
        threads: How many threads may be used in all; with 1 all is done in turn. None for one a core.
        most: Threads that this work has use for.
    """
    return InTurn() if threads == 1 else ThreadPoolExecutor(most)


class ThreadLimit:
    """How many threads a library uses in all of this process: a number, or again its own, from before any limit."""

    def __init__(self, current: Callable[[], int], hold: Callable[[int], None]) -> None:
        """Take what says how many threads the library uses, and what holds it to a number."""
        self._current, self._hold = current, hold
        self._own: int | None = None

    def set(self, threads: int | None) -> None:
        """Hold the library to a number of threads; None gives it back its own, if it was held at all."""
        if threads is not None:
            self._own = self._current() if self._own is None else self._own
            self._hold(threads)
        elif self._own is not None:
            self._hold(self._own)
            self._own = None


_OPENCV = ThreadLimit(cv2.getNumThreads, cv2.setNumThreads)


def limit_opencv(threads: int | None) -> None:
    """Hold OpenCV to a number of threads, in all of this process; None for its own number, one a core."""
    _OPENCV.set(threads)


def ahead(threads: int | None, count: int) -> int:
    """Return how many items are made ahead by a thread of their own: none where all is to be done in turn."""
    return 0 if threads == 1 else count
