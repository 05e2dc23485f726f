"""Of one thread all is done in turn; of more, work goes on beside who handed it over."""

from __future__ import annotations

import threading

import pytest

from bgfg.train.ops.side_work import ahead, side_work


def test_of_one_thread_work_is_done_when_it_is_handed_over() -> None:
    with side_work(1, most=4) as pool:
        found = pool.submit(threading.get_ident)
        assert found.done()
        assert found.result() == threading.get_ident()
    assert ahead(1, 4) == 0


def test_an_error_of_such_work_is_raised_where_its_result_is_asked_for() -> None:
    with side_work(1, most=4) as pool:
        failed = pool.submit(int, "no number")
        with pytest.raises(ValueError, match="no number"):
            failed.result()


@pytest.mark.parametrize("threads", [None, 2])
def test_of_more_threads_work_goes_on_elsewhere(threads: int | None) -> None:
    with side_work(threads, most=4) as pool:
        assert pool.submit(threading.get_ident).result() != threading.get_ident()
    assert ahead(threads, 4) == 4
