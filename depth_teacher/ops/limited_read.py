"""Reading in a process of its own, with limits: for libraries that damaged files make crash or run for ever.

The process is a new interpreter, not a fork: threads of the caller and its `__main__` don't matter. It sends back plain
arrays and JSON alone, so that even a library that was taken over by a file can't hand over anything to execute.
"""

from __future__ import annotations

import contextlib
import importlib
import json
import os
import resource
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable, Generator, Iterator, Mapping
from pathlib import Path
from typing import Any

from bgfg.data_manifests.files.regular_file import require_regular
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.depth_teacher.ops.array_frames import BrokenFrame, read_frame, write_frame

# Of computing, not of waiting for a disk: between two items that a reader yields.
TIME_S = 8.0
MEMORY_BYTES = 2**30

Items = Iterator[Mapping[str, Any]]

_START = (
    "import json, sys; asked = json.load(sys.stdin); sys.path[:] = asked['path']; "
    "from bgfg.depth_teacher.ops.limited_read import serve; serve(asked)"
)
_ADVICE = "replace it with a whole copy"


def read_limited(
    path: Path,
    reader: Callable[..., Items],
    *arguments: Any,
    time_s: float = TIME_S,
    memory_bytes: int = MEMORY_BYTES,
) -> Generator[dict[str, Any]]:
    """Yield what a reader yields in a process of its own, which ends when the generator does.

    Args:
        path: The file that it reads; its first argument, as text, and named in errors.
        reader: A function at the top of a module, which yields values by name: arrays of numbers, or what JSON knows.
        *arguments: Its further arguments, of what JSON knows.
        time_s: Seconds that it may compute for each item.
        memory_bytes: What it may take beside the interpreter itself.

    Raises:
        Problem: That of the reader; or it took too long or too much, or the library that it calls crashed.
        RuntimeError: The reader has a defect.
    """
    require_regular(path)
    asked = {
        "path": sys.path,
        "reader": (reader.__module__, reader.__name__),
        "arguments": (os.fspath(path), *arguments),
        "time_s": time_s,
        "memory_bytes": memory_bytes,
    }
    # -P: no module of the folder that bgfg happens to run in. Arrays need no threads, which would reserve memory.
    call = [sys.executable, "-P", "-W", "ignore", "-c", _START]
    environment = os.environ | {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    environment.pop("PYTHONWARNINGS", None)
    pipe = subprocess.PIPE
    with subprocess.Popen(call, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, env=environment) as child:
        try:
            assert child.stdin is not None  # both are pipes
            assert child.stdout is not None
            with contextlib.suppress(BrokenPipeError), child.stdin:  # how it ended is told below
                child.stdin.write(json.dumps(asked).encode())
            while (frame := _next_frame(path, child.stdout, memory_bytes)) is not None:
                if "end" in frame:
                    _raise_end(path, frame["end"], memory_bytes)
                    return
                yield frame
            raise _ended(path, child.wait(), time_s)
        finally:
            child.kill()


def _next_frame(path: Path, stream: Any, memory_bytes: int) -> dict[str, Any] | None:
    try:
        return read_frame(stream, memory_bytes)
    except BrokenFrame as error:
        raise Problem(f"{path}: the library that reads it went astray ({error}): {_ADVICE}") from error


def _raise_end(path: Path, end: Mapping[str, Any], memory_bytes: int) -> None:
    if "lines" in end:
        raise Problem(*end["lines"], exit_code=end["exit_code"])
    if "memory" in end:
        raise Problem(f"{path}: reading it takes more than {memory_bytes / 2**30:g} GiB of memory: {_ADVICE}")
    if "defect" in end:
        raise RuntimeError(end["defect"])


def _ended(path: Path, code: int, time_s: float) -> Exception:
    if code == -signal.SIGPROF:
        return Problem(f"{path}: reading it doesn't end (stopped after {time_s:g} s): {_ADVICE}")
    if code < 0:
        return Problem(f"{path}: the library that reads it crashed ({signal.Signals(-code).name}): {_ADVICE}")
    return RuntimeError(f"{path}: its reader ended with exit code {code}")


def serve(asked: Mapping[str, Any]) -> None:
    """Run a reader in the process that was made for it, and write what it yields to standard output."""
    stream = os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # libraries that print are not to break a frame
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # of Ctrl-C the caller tells
    module, name = asked["reader"]
    with contextlib.suppress(BrokenPipeError):  # the caller has gone
        try:
            reader = getattr(importlib.import_module(module), name)
            _limit_memory(asked["memory_bytes"])
            _start_clock(asked["time_s"])
            for item in reader(*asked["arguments"]):
                write_frame(stream, item)
                _start_clock(asked["time_s"])
            end: dict[str, Any] = {}
        except BrokenPipeError:
            raise
        except Problem as problem:
            end = {"lines": problem.lines, "exit_code": problem.exit_code}
        except MemoryError:
            end = {"memory": True}
        except Exception:
            end = {"defect": traceback.format_exc()}
        write_frame(stream, {"end": end})
    os._exit(0)  # libraries that a damaged file has confused are not asked to tidy up


def _start_clock(time_s: float) -> None:
    """Let the process be ended after so many seconds of computing from now, even deep in a library."""
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.setitimer(signal.ITIMER_PROF, time_s)


def _limit_memory(more_bytes: int) -> None:
    """Refuse the process more than so many bytes beside those that it has; where the system doesn't say, don't."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except OSError:
        return
    limit = pages * resource.getpagesize() + more_bytes
    resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
