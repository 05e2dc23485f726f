"""Working ahead changes no order, passes errors on, and ends with its consumer."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from bgfg.depth_teacher.ops.prefetch import prefetch


def test_items_come_in_their_order() -> None:
    assert list(prefetch(iter(range(50)), 3)) == list(range(50))


def test_the_thread_is_at_most_so_far_ahead() -> None:
    made = []

    def items() -> Iterator[int]:
        for i in range(20):
            made.append(i)
            yield i

    source = prefetch(items(), 3)
    assert next(source) == 0
    time.sleep(0.3)
    assert 2 <= len(made) <= 5  # three wait, one is in hand, one was taken
    source.close()


def test_an_error_comes_at_its_place() -> None:
    def items() -> Iterator[int]:
        yield 1
        raise ZeroDivisionError("a defect")

    source = prefetch(items(), 2)
    assert next(source) == 1
    with pytest.raises(ZeroDivisionError, match="a defect"):
        next(source)


def test_leaving_early_closes_the_source_and_ends_the_thread() -> None:
    closed = threading.Event()

    def items() -> Iterator[int]:
        try:
            while True:
                yield 1
        finally:
            closed.set()

    before = threading.active_count()
    source = prefetch(items(), 2)
    next(source)
    source.close()
    assert closed.wait(5)
    assert threading.active_count() == before
