"""Workers' results come in order, what fails is raised here, and short work is done without them."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from multiprocessing import active_children

import pytest

from bgfg.data_manifests.machine.worker_processes import (
    WorkerDied,
    _lost_calls_untold,
    starmap_in_processes,
    start_workers,
    workers_starting,
)


def square(number: int) -> tuple[int, int]:
    return number * number, os.getpid()


def process(module: str) -> tuple[int, bool]:
    return os.getpid(), module in sys.modules


def pairs(stop: int) -> list[tuple[int]]:
    return [(number,) for number in range(stop)]


def calls_that_fail() -> Iterator[tuple[int]]:
    yield from pairs(3)
    raise ValueError("no more of them")


def die(number: int) -> int:
    if number == 4:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def test_short_work_is_done_in_this_process() -> None:
    done = list(starmap_in_processes(square, pairs(20), 20, workers=2))
    assert done == [(n * n, os.getpid()) for n in range(20)]


def test_long_work_is_shared_out_and_its_results_come_in_order() -> None:
    done = list(starmap_in_processes(square, pairs(20), 20, workers=2, alone_s=0))
    assert [value for value, _ in done] == [n * n for n in range(20)]
    assert {pid for _, pid in done[:1]} == {os.getpid()}
    assert os.getpid() not in {pid for _, pid in done[1:]}


def test_one_worker_is_this_process() -> None:
    assert {pid for _, pid in starmap_in_processes(square, pairs(5), 5, workers=1, alone_s=0)} == {os.getpid()}


def test_a_failure_of_making_calls_is_raised_here() -> None:
    with pytest.raises(ValueError, match="no more of them"):
        list(starmap_in_processes(square, calls_that_fail(), 9, workers=2, alone_s=0))


def test_a_killed_worker_is_told() -> None:
    with pytest.raises(WorkerDied):
        list(starmap_in_processes(die, pairs(9), 9, workers=2, alone_s=0))


def test_whoever_ends_early_hears_no_warning(recwarn: pytest.WarningsRecorder) -> None:
    results = starmap_in_processes(square, pairs(50), 50, workers=2, alone_s=0)
    assert [next(results)[0], next(results)[0]] == [0, 1]
    results.close()
    assert not recwarn.list


def test_workers_that_were_started_beforehand_do_the_work() -> None:
    with workers_starting(3, "sched"):
        began = {each.pid for each in active_children()}
    found = list(start_workers([(process, "sched")] * 9, 3))
    assert {pid for pid, _ in found} <= began
    assert any(is_imported for _, is_imported in found)


def test_a_failure_beside_workers_that_start_is_raised_as_it_is(recwarn: pytest.WarningsRecorder) -> None:
    with pytest.raises(ValueError, match="beside"), workers_starting(2, "colorsys"):
        raise ValueError("beside")
    assert not recwarn.list


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Ctrl-C raises, also where whoever started the tests has it ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def calls_with_a_stop(number: int) -> Iterator[tuple[Callable[[float], None], float]]:
    """Yield calls; before that of a number comes Ctrl-C."""
    for each in range(20):
        if each == number:
            os.kill(os.getpid(), signal.SIGINT)
        yield time.sleep, 0.02


@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize("number", range(5))
def test_a_stop_while_workers_start_leaves_no_word_of_theirs(
    capfd: pytest.CaptureFixture[str], recwarn: pytest.WarningsRecorder, number: int
) -> None:
    """Before the calls of all workers are handed in, or by the first that ends."""
    for _ in range(3):
        with pytest.raises(KeyboardInterrupt):
            list(start_workers(calls_with_a_stop(number), 2))
    assert capfd.readouterr() == ("", "")
    assert not recwarn.list


def test_a_call_that_is_lost_at_the_end_is_not_told(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(threading, "excepthook", lambda failure: told.append(failure.thread.name))

    def end(name: str, error: Exception) -> None:
        thread = threading.Thread(target=raise_it, args=(error,), name=name)
        thread.start()
        thread.join()

    with _lost_calls_untold():
        end("ExecutorManagerThread", KeyError(3))
        assert told == []
        end("ExecutorManagerThread", ValueError("else"))
        end("other", KeyError(3))
    end("ExecutorManagerThread", KeyError(3))
    assert told == ["ExecutorManagerThread", "other", "ExecutorManagerThread"]


def raise_it(error: Exception) -> None:
    raise error
