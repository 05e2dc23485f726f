"""A Ray cluster on this machine, of processes of its own: a head, and nodes that join it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.project import ROOT


@dataclass
class RayProcesses:
    """A running head and how nodes are added to it."""

    folder: Path
    address: str
    stack: ExitStack
    environment: Mapping[str, str] = field(default_factory=dict)

    def add_node(self, path: Sequence[Path] = (ROOT,), gpus: int = 0) -> subprocess.Popen[bytes]:
        """Start a node of one processor, which says that it has so many GPUs; there need be none."""
        words = (*_START, f"--address={self.address}", f"--num-gpus={gpus}")
        return self.stack.enter_context(_running(words, self.folder, path, self.environment))


# Ray's own command, but not by its shebang: its name says nothing of the environment.
_START = (sys.executable, "-m", "ray.scripts.scripts", "start", "--block", "--num-cpus=1", "--disable-usage-stats",
          "--object-store-memory=80000000")  # fmt: skip


@contextmanager
def ray_processes(environment: Mapping[str, str] | None = None) -> Iterator[RayProcesses]:
    """Start a head with one processor, without its dashboard; its folder has a short name, for its sockets.

    Args:
        environment: Further variables of it and of nodes.
    """
    folder = Path(tempfile.mkdtemp(prefix="ray-"))
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    head = ("--head", f"--port={port}", "--include-dashboard=false", f"--temp-dir={folder}")
    try:
        with ExitStack() as stack:
            stack.enter_context(_running((*_START, *head), folder, (ROOT,), environment or {}))
            yield RayProcesses(folder, f"127.0.0.1:{port}", stack, environment or {})
    finally:
        shutil.rmtree(folder)


@contextmanager
def _running(
    words: Sequence[str], folder: Path, path: Sequence[Path], given: Mapping[str, str]
) -> Iterator[subprocess.Popen[bytes]]:
    """Run a node, and end all its processes at the end: they are its group's."""
    environment = {**os.environ, **given, "PYTHONPATH": os.pathsep.join(map(str, path))}
    log = folder / f"log-{time.monotonic_ns()}"
    with log.open("wb") as file:
        process = subprocess.Popen(words, env=environment, stdout=file, stderr=file, start_new_session=True)
    try:
        deadline = time.monotonic() + 60
        while b"Ray runtime started" not in log.read_bytes():
            assert process.poll() is None, log.read_text()
            assert time.monotonic() < deadline, log.read_text()
            time.sleep(0.1)
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
