"""A process that has imported bgfg and forks a child for each run of a command, far quicker than Python starts.

Reads a line of JSON for each run from its standard input, and answers with a line. The shim is preloaded into it; since
the orders lie in a file that is mapped, they hold in its children and in what those start.
"""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import gc
import importlib
import json
import os
import select
import signal
import sys
import threading
import time
from pathlib import Path
from typing import Any

# What most commands need. Not ONNX Runtime, whose threads don't survive a fork.
LIGHT = (
    "bgfg.cli", "cv2", "zarr", "zarrs", "tensorstore", "pandas", "pyarrow.parquet", "h5py", "joblib", "scipy.fftpack",
    "imagehash", "pycocotools.mask", "fractions", "unittest.mock", "PIL.PngImagePlugin", "bgfg.synth.cli.plan",
    "bgfg.synth.plan.plan", "bgfg.synth.compose.shards", "bgfg.synth.export.runner", "bgfg.synth.preview",
    "bgfg.synth.verify.audit_pictures", "bgfg.synth.kit.build", "bgfg.depth_teacher.labelling.label",
)  # fmt: skip
TORCH = ("torch", "tests.support.tiny_runs")

_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER of prctl: orphans come to this process, which so knows of them
_SETTLE_S = 5.0  # what a killed command's helpers may take to notice and to end


class InChild(BaseException):
    """Leaves the loop of the server in a forked child, so that it ends as a Python of its own would."""


def serve() -> None:
    ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)
    print(json.dumps("ready"), flush=True)
    for line in sys.stdin:
        request = json.loads(line)
        if "modules" in request:
            for module in request["modules"]:
                importlib.import_module(module)
            gc.freeze()  # a collection in a child would copy all that was imported
            print(json.dumps("imported"), flush=True)
        else:
            print(json.dumps(_run(request)), flush=True)


def _run(request: dict[str, Any]) -> dict[str, Any]:
    start = time.monotonic()
    child = os.fork()
    if not child:
        _become(request)
        raise InChild
    timed_out, status = False, None
    for stop_s, number in ((request.get("stop_s"), request.get("signal", 0)), (request["timeout_s"], signal.SIGKILL)):
        if status is None and stop_s is not None:
            status = _wait(child, start + stop_s)
            if status is None:
                timed_out = number == signal.SIGKILL
                os.kill(child, number)
    status = _wait(child, time.monotonic() + 10) if status is None else status
    left = _orphans(child)
    return {
        "pid": child,
        "status": -9999 if status is None else os.waitstatus_to_exitcode(status),
        "timed_out": timed_out,
        "left": left,
        "wall_s": time.monotonic() - start,
    }


def _become(request: dict[str, Any]) -> None:
    """Make this forked child what a shell would have started."""
    os.setsid()
    os.chdir(request["folder"])
    os.environ.update(request["environment"])
    Path(request["pid_file"]).write_text(str(os.getpid()))
    for number, name in ((0, "/dev/null"), (1, request["stdout"]), (2, request["stderr"])):
        descriptor = os.open(name, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(descriptor, number)
        os.close(descriptor)
    sys.argv = ["bgfg", *request["arguments"]]
    sys.stdin = open(0, closefd=False)  # noqa: SIM115


def _wait(child: int, until: float) -> int | None:
    """Wait for a child; return how it ended, or None where it hasn't by then."""
    descriptor = os.pidfd_open(child)
    try:
        select.select([descriptor], [], [], max(0.0, until - time.monotonic()))
    finally:
        os.close(descriptor)
    pid, status = os.waitpid(child, os.WNOHANG)
    return status if pid else None


def _orphans(group: int) -> list[str]:
    """Wait for the helpers of a command that has ended; name and kill those that don't end."""
    until = time.monotonic() + _SETTLE_S
    while time.monotonic() < until:
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return []
        time.sleep(0.005)
    left = [_command_line(pid) for pid in _children()]
    for pid in _children():
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    return left


def _children() -> list[int]:
    return [int(pid) for pid in Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()]


def _command_line(pid: int) -> str:
    return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()


def _command() -> int:
    """Run the command to its end; return its exit code."""
    try:
        importlib.import_module("bgfg.cli").main()
    except SystemExit as end:
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


if __name__ == "__main__":
    with contextlib.suppress(InChild):
        serve()
        os._exit(0)
    code = _command()
    # All that Python does at its end but for taking its modules down one by one, which takes longer than a command.
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(ValueError, OSError):  # closed, since nobody reads it any more
            stream.flush()
    os._exit(code)
