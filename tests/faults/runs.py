"""Runs of commands under the shim, in the children of a server that has imported bgfg already."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.faults.server import LIGHT
from tests.faults.shim import Call, Orders, Shim
from tests.support.project import ROOT

TIMEOUT_S = 120.0

# One thread a library: rounds are short, and the machine is shared.
QUIET = {
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONHASHSEED": "0",
    "MALLOC_ARENA_MAX": "2",
}


@dataclass(frozen=True)
class Ended:
    """How a run of a command ended.

    Attributes:
        status: Its exit code, or minus the signal that ended it.
        stdout: What it printed.
        stderr: What it said.
        calls: How many calls of each kind the shim counted.
        hits: How many of them it hurt.
        left: Command lines of helpers that didn't end with it.
        shared: Files that it left in shared memory.
        wall_s: How long it took.
    """

    status: int
    stdout: str
    stderr: str
    calls: Mapping[Call, int]
    hits: int
    left: Sequence[str] = ()
    shared: Sequence[Path] = ()
    wall_s: float = 0.0


class Runner:
    """Runs commands of bgfg in a folder, hurt or not."""

    def __init__(self, folder: Path) -> None:
        """Start the server.

        Args:
            folder: Where its own files lie: not the folder in which commands run.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self.shim = Shim(folder)
        self.temporary = folder / "tmp"
        self.temporary.mkdir(exist_ok=True)
        self.pid_file = folder / "pid"
        environment = {**os.environ, **QUIET, **self.shim.environment, "TMPDIR": str(self.temporary)}
        self._server = subprocess.Popen(
            [sys.executable, "-m", "tests.faults.server"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment, cwd=ROOT, start_new_session=True,
        )  # fmt: skip
        self._imported: set[str] = set()
        self._answer()
        self.need(LIGHT)

    def need(self, modules: Sequence[str]) -> None:
        """Have modules imported in the server, once, so that no run waits for them."""
        if set(modules) - self._imported:
            self._ask({"modules": list(modules)})
            self._imported.update(modules)

    def run(
        self,
        folder: Path,
        arguments: Sequence[str],
        orders: Orders | None = None,
        root: Path | None = None,
        log: bool = False,
        stop: tuple[float, int] | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> Ended:
        """Run a command.

        Args:
            folder: Where it runs.
            arguments: What follows `bgfg`.
            orders: What the shim does; None for nothing.
            root: The folder whose files count; None for `folder`.
            log: Whether the calls are written to the shim's log.
            stop: Seconds after which a signal is sent, and which.
            environment: Further variables.
        """
        out, err = self._folder / "stdout", self._folder / "stderr"
        if orders:
            self.shim.arm(root or folder, orders, log)
        shared_before = _shared_memory()
        answer = self._ask(
            {
                "folder": str(folder), "arguments": list(arguments), "stdout": str(out), "stderr": str(err),
                "pid_file": str(self.pid_file), "environment": dict(environment or {}),
                "timeout_s": TIMEOUT_S, "stop_s": stop and stop[0], "signal": stop and stop[1],
            }
        )  # fmt: skip
        calls, hits = self.shim.disarm()
        left = list(answer["left"])
        if answer["timed_out"]:
            left.append(f"itself: it was still running after {TIMEOUT_S:.0f} s")
        shared = _left_of(answer["pid"], _shared_memory() - shared_before)
        said, printed = err.read_text(errors="replace"), out.read_text(errors="replace")
        return Ended(answer["status"], printed, said, calls, hits, left, shared, answer["wall_s"])

    def close(self) -> None:
        """End the server."""
        if self._server.stdin:
            self._server.stdin.close()
        try:
            self._server.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(self._server.pid, signal.SIGKILL)
            self._server.wait()
        if self._server.stdout:
            self._server.stdout.close()

    def __enter__(self) -> Runner:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        self.close()

    def _ask(self, request: dict[str, Any]) -> Any:
        assert self._server.stdin
        self._server.stdin.write(json.dumps(request) + "\n")
        self._server.stdin.flush()
        return self._answer()

    def _answer(self) -> Any:
        assert self._server.stdout
        line = self._server.stdout.readline()
        if not line:
            raise RuntimeError(f"the server of the rounds has ended, with {self._server.wait()}")
        return json.loads(line)


def _shared_memory() -> set[str]:
    return set(os.listdir("/dev/shm")) if Path("/dev/shm").is_dir() else set()


def _left_of(pid: int, names: set[str]) -> list[Path]:
    """Names in shared memory that hold the number of a process that is gone: semaphores and folders of loky."""
    return [Path("/dev/shm", name) for name in sorted(names) if str(pid) in name.replace("_", "-").split("-")]
