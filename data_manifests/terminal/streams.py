"""Standard streams of a command: a closed one is opened on nothing, one that fails is named or passed over."""

from __future__ import annotations

import io
import os
import sys
from typing import Any

from bgfg.data_manifests.files.failing_call import call_line
from bgfg.data_manifests.terminal.errors import Problem


def open_closed() -> None:
    """Open the standard streams that who called has closed, as daemons do, on nothing: workers need all three."""
    for number, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        if getattr(sys, name) is None:
            descriptor = os.open(os.devnull, os.O_RDWR)
            os.dup2(descriptor, number)
            if descriptor != number:
                os.close(descriptor)
            os.set_inheritable(number, True)
            setattr(sys, name, open(number, mode, closefd=False))  # noqa: SIM115


def guard() -> None:
    """Let a failing standard output be an error that names it, and a failing standard error be none.

    Results that nobody gets are a failure; words on the way to finished work are not.
    """
    if sys.stdout is sys.__stdout__:  # else who called has put something of its own there
        sys.stdout = _around(_Results, sys.stdout)
    if sys.stderr is sys.__stderr__:
        sys.stderr = _around(_Words, sys.stderr)


class _Results(io.FileIO):
    """Standard output: its first error is told, and what is still buffered then is let go."""

    _has_failed = False

    def write(self, data: Any, /) -> int:
        """Write some bytes; return how many were written."""
        if self._has_failed:
            return len(data)
        try:
            return super().write(data)
        except OSError as error:
            self._has_failed = True
            raise Problem(_line_of(error)) from error  # click would end the process where nobody reads


class _Words(io.FileIO):
    """Standard error: what can't be written there is let go, for there is nowhere to tell."""

    def write(self, data: Any, /) -> int:
        """Write some bytes; return how many were written, or were to be."""
        try:
            return super().write(data)
        except OSError:
            return len(data)


def _line_of(error: OSError) -> str:
    if isinstance(error, BrokenPipeError):
        return "stdout: was closed before all was written; what is finished is kept"
    return call_line(OSError(error.errno, error.strerror, "stdout"))


def _around(kind: type[io.FileIO], stream: Any) -> io.TextIOWrapper:
    """Return a text stream on the same descriptor, with the manners of `stream`."""
    stream.flush()
    return io.TextIOWrapper(
        io.BufferedWriter(kind(stream.fileno(), "w", closefd=False)),
        encoding=stream.encoding,
        errors=stream.errors,
        line_buffering=stream.line_buffering or stream.write_through,  # the latter of `python -u`
    )
