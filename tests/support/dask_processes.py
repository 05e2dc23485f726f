"""A Dask cluster on this machine, of processes of its own: a scheduler, and workers that can be killed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bgfg.synth.cluster.dask_cluster import import_distributed
from tests.support.project import ROOT


@dataclass
class DaskProcesses:
    """A running scheduler and how workers are added to it."""

    folder: Path
    address: str
    scheduler: subprocess.Popen[bytes]
    stack: ExitStack
    environment: Mapping[str, str] = field(default_factory=dict)
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def add_worker(
        self, before: Sequence[str] = (), path: Sequence[Path] = (ROOT,), gpus: int = 0
    ) -> subprocess.Popen[bytes]:
        """Start a worker of one thread, by the words `before` if there are any; nothing starts it again.

        Args:
            before: What stands before its own words.
            path: Where it looks for bgfg.
            gpus: How many GPUs it says that it has to give; there need be none.
        """
        options = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--local-directory", str(self.folder))
        given = ("--resources", f"GPU={gpus}") if gpus else ()
        words = (*before, sys.executable, "-m", "distributed.cli.dask_worker", self.address, *options, *given)
        search = {"PYTHONPATH": os.pathsep.join(map(str, path)), **self.environment}
        worker = self.stack.enter_context(_running(words, self.folder, search))
        self.workers.append(worker)
        return worker

    def refill(self, workers: int) -> None:
        """Start workers in the place of those that have ended or left, so that there are so many."""
        with import_distributed().Client(self.address, set_as_default=False) as client:
            there = set(client.run(os.getpid, on_error="ignore").values())
        for left in [worker for worker in self.workers if worker.pid not in there]:
            left.kill()  # one that was asked to end takes its time
            left.wait()
            self.workers.remove(left)
        for _ in range(workers - len(self.workers)):
            self.add_worker()
        self.wait(workers)

    def wait(self, workers: int) -> None:
        """Wait until so many workers have come."""
        with import_distributed().Client(self.address, set_as_default=False) as client:
            client.wait_for_workers(workers, timeout=60)


@contextmanager
def dask_processes(
    folder: Path, workers: int, with_gpu: int = 0, environment: Mapping[str, str] | None = None
) -> Iterator[DaskProcesses]:
    """Start a scheduler, which gives a task up when its second worker has died, and so many workers.

    Args:
        folder: Where they put their files.
        workers: How many workers.
        with_gpu: How many of them say that they have a GPU.
        environment: Further variables of workers.
    """
    with ExitStack() as stack:
        found = folder / "scheduler.json"
        options = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(found))
        settings = {
            "DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "1",
            "DASK_DISTRIBUTED__SCHEDULER__WORKER_SATURATION": "1.0",  # no task waits at a worker, and dies with another
            "DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "3s",  # to a worker that has died with a result
        }
        words = (sys.executable, "-m", "distributed.cli.dask_scheduler", *options)
        scheduler = stack.enter_context(_running(words, folder, settings))
        cluster = DaskProcesses(folder, _address_in(found, scheduler), scheduler, stack, environment or {})
        for number in range(workers):
            cluster.add_worker(gpus=int(number < with_gpu))
        cluster.wait(workers)
        yield cluster


def _address_in(found: Path, scheduler: subprocess.Popen[bytes]) -> str:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert scheduler.poll() is None, (found.parent / "log").read_text()
        try:
            return str(json.loads(found.read_text())["address"])
        except (FileNotFoundError, ValueError):  # not yet, or not whole
            time.sleep(0.05)
    raise TimeoutError(f"{found}: the scheduler never wrote it")


@contextmanager
def _running(words: Sequence[str], folder: Path, environment: Mapping[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """Run a process in a group of its own, so that nobody else gets a signal that is meant for its group."""
    with (folder / "log").open("ab") as log:
        process = subprocess.Popen(
            words, cwd=folder, env={**os.environ, **environment}, stdout=log, stderr=log, start_new_session=True
        )
    try:
        yield process
    finally:
        process.kill()
        process.wait()
