"""Working ahead changes no order, passes errors on, and ends with its consumer."""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Iterator

import pytest

from bgfg.depth_teacher.ops.prefetch import prefetch, prefetch_within


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


def test_none_ahead_is_none_made_before_it_is_asked_for_and_no_thread() -> None:
    makers = []

    def make(number: int) -> int:
        makers.append(threading.get_ident())
        return number

    for source in (prefetch(map(make, range(3)), 0), prefetch_within(make, range(3), lambda _: 5, 0, most_bytes=8)):
        makers.clear()
        assert next(source) == 0
        assert makers == [threading.get_ident()]
        assert list(source) == [1, 2]
        assert set(makers) == {threading.get_ident()}


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


class _Picture:
    def __init__(self, number: int) -> None:
        self.number = number


def test_large_items_are_made_when_the_one_before_is_let_go() -> None:
    alive: weakref.WeakSet[_Picture] = weakref.WeakSet()
    most_alive = []

    def make(number: int) -> _Picture:
        most_alive.append(len(alive))
        picture = _Picture(number)
        alive.add(picture)
        return picture

    sizes = [6, 6, 20, 6, 1, 1, 1]
    numbers = []
    for picture in prefetch_within(make, range(7), sizes.__getitem__, 2, most_bytes=10):
        numbers.append(picture.number)
        time.sleep(0.02)  # the thread would go ahead now
        del picture
    assert numbers == list(range(7))
    assert most_alive[:4] == [0, 0, 0, 0]
    assert max(most_alive[4:]) <= 3


def test_a_thread_that_waits_for_room_ends_when_nobody_asks_any_longer() -> None:
    before = threading.active_count()
    source = prefetch_within(lambda number: number + 1, range(5), lambda number: 6, 2, most_bytes=10)
    assert next(source) == 1
    source.close()
    assert threading.active_count() == before
