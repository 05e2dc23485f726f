"""A library that is held to a number of threads has its own number again afterwards."""

from __future__ import annotations

from threading import Barrier, Thread

import cv2
import pytest

from bgfg.data_manifests.machine.thread_limit import ThreadLimit


def test_opencv_has_its_own_number_of_threads_again_where_none_is_asked_for() -> None:
    before, limit = cv2.getNumThreads(), ThreadLimit(cv2.getNumThreads, cv2.setNumThreads)
    try:
        cv2.setNumThreads(3)
        for asked, found in ((None, 3), (1, 1), (2, 2), (None, 3), (None, 3), (1, 1), (None, 3)):
            limit.set(asked)
            assert cv2.getNumThreads() == found
    finally:
        cv2.setNumThreads(before)


class Library:
    """A library that uses three threads unless it is told otherwise."""

    threads = 3

    def limit(self) -> ThreadLimit:
        return ThreadLimit(lambda: self.threads, lambda threads: setattr(self, "threads", threads))


def test_for_a_while_it_is_held_and_whatever_becomes_of_that_has_the_number_of_before_again() -> None:
    library = Library()
    limit = library.limit()
    with limit.during(None):
        assert library.threads == 3
    with limit.during(1):
        assert library.threads == 1
    with pytest.raises(ZeroDivisionError), limit.during(1):
        _ = 1 // 0
    assert library.threads == 3
    limit.set(2)
    with limit.during(1), limit.during(1):
        assert library.threads == 1
    assert library.threads == 2
    limit.set(None)
    assert library.threads == 3


def test_of_several_that_hold_it_the_last_one_gives_it_back() -> None:
    library, both, one_left = Library(), Barrier(2), Barrier(2)
    limit, found = library.limit(), []

    def longer() -> None:
        with limit.during(1):
            both.wait()
            one_left.wait()
            found.append(library.threads)

    thread = Thread(target=longer)
    thread.start()
    with limit.during(1):
        both.wait()
    one_left.wait()
    thread.join()
    assert found == [1]
    assert library.threads == 3
