"""Threads that label shards, and how they are left: whoever stops waits until none of them is in a library any more."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from bgfg.data_manifests.terminal.errors import TryAgain

T = TypeVar("T")


class ShardThreads:
    """Counts the threads that are at work, and ends them.

    A process that ends unwinds the stack of each thread that comes back to Python from a library. The C++ of ONNX
    Runtime can't be unwound, which aborts the process: so its threads have to be out of it before.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._at_work = 0
        self._ending = False

    def run(self, work: Callable[[int], T], task: int) -> T:
        """Return `work(task)`, counted as at work meanwhile; raise Problem where no more is to begin."""
        with self._changed:
            self.require_going_on()
            self._at_work += 1
        try:
            return work(task)
        finally:
            with self._changed:
                self._at_work -= 1
                self._changed.notify_all()

    def require_going_on(self) -> None:
        """Raise Problem where the threads are to end: called by them as often as can be."""
        if self._ending:
            raise TryAgain("stopped: run the same command again to go on")

    def end(self) -> None:
        """Let all threads end at their next step, and wait for the last of them."""
        with self._changed:
            self._ending = True
            self._changed.wait_for(lambda: not self._at_work)
