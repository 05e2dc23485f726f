"""Work beside the one at hand: on threads, or, where a single core is to do it all, at once by who hands it over."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from bgfg.data_manifests.machine.thread_limit import OPENCV_THREADS

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


def limit_opencv(threads: int | None) -> None:
    """Hold OpenCV to a number of threads, in all of this process; None for its own number, one a core."""
    OPENCV_THREADS.set(threads)


def ahead(threads: int | None, count: int) -> int:
    """Return how many items are made ahead by a thread of their own: none where all is to be done in turn."""
    return 0 if threads == 1 else count
