"""Threads share memory: what fits is worked on side by side, what doesn't fit waits."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor

from bgfg.data_manifests.machine.memory_room import MemoryRoom


def test_never_more_is_in_a_room_than_fits_but_for_one_alone() -> None:
    room, inside, lock = MemoryRoom(10), [], threading.Lock()

    def work(size: int) -> None:
        with room.taken(size):
            with lock:
                inside.append(size)
                assert sum(inside) <= 10 or sum(each > 0 for each in inside) == 1
            time.sleep(0.001)
            with lock:
                inside.remove(size)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(work, [3, 11, 1, 10, 0, 5, 5, 20, 2, 2, 2, 2, 7] * 3))
    assert inside == []


def test_what_fits_is_worked_on_at_the_same_time() -> None:
    room, meeting = MemoryRoom(10), threading.Barrier(2, timeout=20)

    def work(_number: int) -> None:
        with room.taken(5):
            meeting.wait()  # broken, and raises, unless both are in

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, range(2)))


def test_room_is_given_back_when_work_fails() -> None:
    room = MemoryRoom(10)
    try:
        with room.taken(10):
            raise ZeroDivisionError
    except ZeroDivisionError:
        pass
    with room.taken(10):
        pass


def test_a_room_that_closes_lets_nobody_wait() -> None:
    room = MemoryRoom(10)
    assert room.enter(10)
    with ThreadPoolExecutor(1) as pool:
        waits = pool.submit(room.enter, 1)
        room.close()
        assert waits.result(20) is False
