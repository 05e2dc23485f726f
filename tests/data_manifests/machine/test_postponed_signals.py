"""Stops wait for the end of what is at hand, whichever thread the system gives them to."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Iterator

import pytest

from bgfg.data_manifests.machine.postponed_signals import stops_postponed


@pytest.fixture
def heard() -> Iterator[list[int]]:
    """What a handler of the stops hears of them."""
    heard: list[int] = []
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    for number in before:
        signal.signal(number, lambda number, _: heard.append(number))
    yield heard
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_is_heard_after_what_is_within(heard: list[int], number: signal.Signals) -> None:
    with stops_postponed():
        os.kill(os.getpid(), number)
        time.sleep(0.02)
        assert heard == []
    assert heard == [number]
    os.kill(os.getpid(), number)
    assert heard == [number, number]


def test_of_several_the_first_is_heard(heard: list[int]) -> None:
    with stops_postponed():
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGINT):
            os.kill(os.getpid(), number)
    assert heard == [signal.SIGTERM]


def test_a_failure_within_stays_beside_the_stop(heard: list[int]) -> None:
    signal.signal(signal.SIGINT, signal.default_int_handler)  # whoever started the tests may have it ignored

    def fail_amid_a_stop() -> None:
        with stops_postponed():
            os.kill(os.getpid(), signal.SIGINT)
            raise ValueError("within")

    with pytest.raises(KeyboardInterrupt) as raised:
        fail_amid_a_stop()
    assert isinstance(raised.value.__context__, ValueError)


def test_a_stop_that_another_thread_takes_waits_too(heard: list[int]) -> None:
    ended = threading.Event()
    taker = threading.Thread(target=ended.wait)
    taker.start()
    with stops_postponed():
        signal.pthread_kill(taker.ident or 0, signal.SIGINT)
        time.sleep(0.02)
        assert heard == []
    assert heard == [signal.SIGINT]
    ended.set()
    taker.join()


def test_in_another_thread_signals_are_left_alone() -> None:
    failures: list[Exception] = []

    def work() -> None:
        handler = signal.getsignal(signal.SIGINT)
        try:
            with stops_postponed():
                assert signal.getsignal(signal.SIGINT) is handler
        except Exception as error:
            failures.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert not failures


def test_a_signal_that_is_ignored_stays_ignored(heard: list[int]) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    with stops_postponed():
        os.kill(os.getpid(), signal.SIGTERM)
        assert signal.getsignal(signal.SIGTERM) == signal.SIG_IGN
    assert heard == []
