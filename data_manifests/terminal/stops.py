"""Signals that stop a command: Ctrl-C, SIGTERM, and a terminal that was closed.

The first one unwinds the command, which tidies up. The second one, while that lasts, ends the process at once. Once the
command has ended there is nothing left to stop: they change nothing. A process that was stopped ends with its last exit
handler, before Python takes itself down: that unwinds threads of libraries amid their C++, which aborts the process.
"""

from __future__ import annotations

import atexit
import contextlib
import enum
import os
import signal
import sys
from types import CodeType, FrameType
from typing import NoReturn

from bgfg.data_manifests.machine.postponed_signals import STOP_SIGNALS

STOPPED = "stopped; what is finished is kept, run the same command again to go on"
STOPPED_CODE = 130

_SHOW_CURSOR = "\x1b[?25h"  # a live bar has hidden it


class Stopped(BaseException):
    """The command is to end. Not a KeyboardInterrupt, to which click has its own answer."""


class _Stage(enum.Enum):
    WORKS = enum.auto()
    UNWINDS = enum.auto()
    TOLD = enum.auto()  # that it was stopped; threads of libraries may take their time to end
    DONE = enum.auto()


class Stops:
    """What the signals do to the command of this process, from its beginning to the end of the process."""

    def __init__(self, outermost: CodeType) -> None:
        """Take the code of the function that runs the command: imports from there on are the command's."""
        self._outermost, self._stage = outermost, _Stage.WORKS

    def listen(self) -> None:
        """Let the first signal from now on raise `Stopped` in the main thread, which calls this."""
        for number in STOP_SIGNALS:
            if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN:  # as nohup has it
                signal.signal(number, self._handle)
        self._dropped, sys.unraisablehook = sys.unraisablehook, self._drop
        atexit.register(self._leave_where_stopped)  # handlers that are registered later come before it

    def end(self) -> None:
        """Say that the command has ended: from now on the signals change neither what it did nor its exit code."""
        self._stage = _Stage.DONE
        # Python hands signals back to the system while it takes itself down, which would kill the process.
        atexit.register(_ignore)

    def end_at_once(self) -> None:
        """Let a further signal end the process of a command that was stopped, and has said so, without any wait."""
        self._stage = _Stage.TOLD

    def _handle(self, _signal: int, frame: FrameType | None) -> None:
        if self._stage is _Stage.DONE:
            return
        # Amid an import at once too, for libraries in C++ can't be stopped there: they abort the process.
        if self._stage is not _Stage.WORKS or self._imports(frame):
            self._leave_at_once()
        self._stage = _Stage.UNWINDS
        raise Stopped

    def _drop(self, unraisable: sys.UnraisableHookArgs) -> None:
        """Take what Python drops, as it does where something is being deleted: a stop can't unwind from there."""
        if issubclass(unraisable.exc_type, Stopped):
            self._leave_at_once()
        self._dropped(unraisable)

    def _leave_at_once(self) -> None:
        if self._stage is _Stage.TOLD:
            os._exit(STOPPED_CODE)
        leave_at_once(STOPPED, STOPPED_CODE)

    def _leave_where_stopped(self) -> None:
        if self._stage is _Stage.TOLD:
            with contextlib.suppress(OSError, ValueError):  # of a pipe or a stream that was closed
                sys.stdout.flush()
                sys.stderr.flush()
            os._exit(STOPPED_CODE)

    def _imports(self, frame: FrameType | None) -> bool:
        """Say whether an import is under way in a command."""
        while frame is not None and frame.f_code is not self._outermost:
            if frame.f_code.co_filename.startswith("<frozen importlib"):
                return True
            frame = frame.f_back
        return False


def leave_at_once(line: str, exit_code: int) -> NoReturn:
    """End the process with a line on why, and without unwinding anything."""
    show = _SHOW_CURSOR if os.isatty(2) else ""
    with contextlib.suppress(OSError):  # of a terminal that was closed: nobody is left to be told
        os.write(2, f"{show}Error: {line}\n".encode())
    os._exit(exit_code)


def _ignore() -> None:
    for number in STOP_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
