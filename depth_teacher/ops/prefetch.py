"""Prefetching iterator: a thread makes the next items while the consumer is busy with the present one."""

from __future__ import annotations

import threading
from collections.abc import Callable, Generator, Iterable, Iterator
from queue import Empty, Full, Queue
from typing import TypeVar

from bgfg.data_manifests.machine.memory_room import MOST_BYTES, MemoryRoom

S = TypeVar("S")
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
        count: How many items may wait; with 0 each is made when it is asked for, without a thread.
    """
    if not count:
        yield from items
        return
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
            handed = [item]
            del item
            yield handed.pop()  # nothing here holds it while it is used, nor while the next one is made
    finally:
        left.set()
        _empty(queue)  # a thread that waits for room in the queue gets it, and sees that it is to end
        thread.join()


def prefetch_within(
    make: Callable[[S], T], sources: Iterable[S], bytes_of: Callable[[S], int], count: int, most_bytes: int = MOST_BYTES
) -> Generator[T]:
    """Yield what is made of each source, as `prefetch` does; large items aren't made ahead.

    An item is done with when the next one is asked for; whoever asks has let it go by then.

    Args:
        make: Makes an item.
        sources: What they are made of.
        bytes_of: The memory that an item takes while it is made and used.
        count: How many items may wait, as `prefetch` has it.
        most_bytes: What all may take that are being made, wait or are used; one alone may take more.
    """
    room = MemoryRoom(most_bytes)

    def made() -> Iterator[tuple[T, int]]:
        for source in sources:
            size_bytes = bytes_of(source)
            if not room.enter(size_bytes):
                return
            yield make(source), size_bytes

    ahead = prefetch(made(), count)
    try:
        while (found := next(ahead, None)) is not None:
            handed, size_bytes = [found[0]], found[1]
            del found
            yield handed.pop()
            room.leave(size_bytes)
    finally:
        room.close()  # a thread that waits to enter sees that it is to end
        ahead.close()


def _fill(items: Iterable[T], queue: Queue[T | _End], left: threading.Event) -> None:
    error: BaseException | None = None
    source = iter(items)
    try:
        for item in source:
            if not _put(queue, item, left):
                break
            del item
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
