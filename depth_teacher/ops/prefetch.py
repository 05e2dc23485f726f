"""Prefetching iterator: a thread makes the next items while the consumer is busy with the present one."""

from __future__ import annotations

import threading
from collections.abc import Generator, Iterable
from queue import Empty, Full, Queue
from typing import TypeVar

T = TypeVar("T")

_POLL_S = 0.1


class _End:
    """What the thread puts last: the error that stopped it, or None."""

    def __init__(self, error: BaseException | None) -> None:
        self.error = error


def prefetch(items: Iterable[T], count: int) -> Generator[T]:
    """Yield items in their order, made by a thread that is at most `count` items ahead.

    An error of the iterable is raised here, after the items before it. Leaving early ends the thread at its next item.

    Args:
        items: What is to be made.
        count: How many items may wait.
    """
    queue: Queue[T | _End] = Queue(count)
    left = threading.Event()
    thread = threading.Thread(target=_fill, args=(items, queue, left), daemon=True)
    thread.start()
    try:
        while True:
            item = queue.get()
            if isinstance(item, _End):
                if item.error is not None:
                    raise item.error
                return
            yield item
    finally:
        left.set()
        _empty(queue)  # a thread that waits for room in the queue gets it, and sees that it is to end
        thread.join()


def _fill(items: Iterable[T], queue: Queue[T | _End], left: threading.Event) -> None:
    error: BaseException | None = None
    source = iter(items)
    try:
        for item in source:
            if not _put(queue, item, left):
                break
    except BaseException as caught:  # whatever it is, the consumer gets it
        error = caught
    finally:
        if isinstance(source, Generator):
            source.close()
        _put(queue, _End(error), left)


def _put(queue: Queue[T | _End], item: T | _End, left: threading.Event) -> bool:
    while not left.is_set():
        try:
            queue.put(item, timeout=_POLL_S)
            return True
        except Full:
            continue
    return False


def _empty(queue: Queue[T | _End]) -> None:
    while True:
        try:
            queue.get_nowait()
        except Empty:
            return
