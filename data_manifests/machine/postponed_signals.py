"""Signals that stop a command wait while what is at hand can't be left half done."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@contextmanager
def stops_postponed() -> Iterator[None]:
    """Have STOP_SIGNALS do what they do here after what is within, not amid it.

    Blocking them isn't enough: the system gives a signal to any thread of the process that takes it, and Python acts on
    it in the main thread. In another thread nothing need wait, since Python acts on no signals there.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    came: list[int] = []
    before = {number: handler for number in STOP_SIGNALS if callable(handler := signal.getsignal(number))}
    for number in before:
        signal.signal(number, lambda number, _: came.append(number))
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
        if came:
            signal.raise_signal(came[0])
