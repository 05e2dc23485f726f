"""Measure composing by a Dask and a Ray cluster on this machine, against processes of loky.

`python -m benchmarks.cluster PLAN` composes a corpus of `bgfg plan`. The clusters run before the clock starts, with
workers of one thread each; the command itself is a whole process.
"""

from __future__ import annotations

import os
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import click

from benchmarks.builds.process_cost import with_children
from benchmarks.machine import describe_machine
from benchmarks.table import ResultRow, ResultSection, print_report
from benchmarks.timing import measure_in_turns, timed_bgfg
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.store.corpus import Corpus

_START_S = 60


@dataclass(frozen=True)
class RunningCluster:
    """A cluster that runs on this machine.

    Attributes:
        address: Where it answers.
        pids: Its processes, whose children are its too.
    """

    address: str
    pids: tuple[int, ...]

    def cpu_s(self) -> float:
        """Return the seconds of CPU that its processes have taken so far."""
        return sum(map(_cpu_of, {each for pid in self.pids for each in with_children(pid)}))


@contextmanager
def dask_cluster(workers: int) -> Iterator[RunningCluster]:
    """Run a Dask cluster of processes with a thread each."""
    from distributed import LocalCluster

    with LocalCluster(n_workers=workers, threads_per_worker=1, dashboard_address=":0") as cluster:  # type: ignore[no-untyped-call]
        yield RunningCluster(cluster.scheduler_address, tuple(nanny.pid for nanny in cluster.workers.values()))


@contextmanager
def ray_cluster(workers: int) -> Iterator[RunningCluster]:
    """Run a Ray cluster of one node, and wait until its head answers."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    folder = tempfile.mkdtemp(prefix="ray-")
    words = [sys.executable, "-m", "ray.scripts.scripts", "start", "--block", "--head", f"--port={port}",
             f"--num-cpus={workers}", "--include-dashboard=false", "--disable-usage-stats",
             f"--temp-dir={folder}"]  # fmt: skip
    log = Path(folder, "log")
    with log.open("wb") as file:
        process = subprocess.Popen(words, stdout=file, stderr=file)
    try:
        until = time.monotonic() + _START_S
        while b"Ray runtime started" not in log.read_bytes():
            if process.poll() is not None or time.monotonic() > until:
                raise Problem(f"ray start: {log.read_text(errors='replace').strip()[-300:]}")
            time.sleep(0.1)
        yield RunningCluster(f"127.0.0.1:{port}", (process.pid,))
    finally:
        process.terminate()
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)


_CLUSTERS: dict[str, Callable[[int], AbstractContextManager[RunningCluster]]] = {
    "dask": dask_cluster,
    "ray": ray_cluster,
}


class ComposeTurns:
    """Composes a plan in turns, by the processes of this machine or by clusters.

    Attributes:
        samples: How many the plan has.
        cpu_s: Seconds of CPU of all turns by the name of what worked.
    """

    def __init__(self, plan: Path, work: Path, workers: int) -> None:
        self.samples = len(Corpus(plan))
        self.cpu_s: dict[str, float] = {}
        self._plan, self._corpus, self._workers = plan, work / "corpus", workers

    def compose(self, backend: str, cluster: RunningCluster | None) -> float:
        """Compose everything on a fresh copy of the plan; return samples a second."""
        shutil.copytree(self._plan, self._corpus)
        at = () if cluster is None else ("--address", cluster.address)
        before = self._cpu(cluster)
        seconds = timed_bgfg("compose", self._corpus, "--workers", self._workers, "--backend", backend, *at)
        self.cpu_s[backend] = self.cpu_s.get(backend, 0) + self._cpu(cluster) - before
        shutil.rmtree(self._corpus)
        return self.samples / seconds

    def _cpu(self, cluster: RunningCluster | None) -> float:
        ended = resource.getrusage(resource.RUSAGE_CHILDREN)
        return ended.ru_utime + ended.ru_stime + (0 if cluster is None else cluster.cpu_s())


def measure(plan: Path, work: Path, engines: tuple[str, ...], workers: int, repeats: int) -> ResultSection:
    """Let loky and clusters take turns at composing a plan."""
    turns = ComposeTurns(plan, work, workers)
    with ExitStack() as stack:
        running = {engine: stack.enter_context(_CLUSTERS[engine](workers)) for engine in engines}
        contestants = {"loky": partial(turns.compose, "loky", None)}
        contestants |= {engine: partial(turns.compose, engine, running[engine]) for engine in engines}
        for engine in engines:  # their workers import bgfg with their first task, once for all that come
            contestants[engine]()
        turns.cpu_s.clear()
        speeds = measure_in_turns(contestants, repeats)
    job = f"compose {turns.samples:,} samples, {workers} workers"
    against = {name: {"loky": speeds["loky"]} if name != "loky" else {} for name in speeds}
    rows = tuple(ResultRow(job, name, "samples/s", values, against[name]) for name, values in speeds.items())
    cpu = ", ".join(f"{name} {1e6 * spent / repeats / turns.samples:,.0f} µs" for name, spent in turns.cpu_s.items())
    note = f"CPU a sample, of the command and all workers, but of Ray's command alone, whose workers end with it: {cpu}"
    return ResultSection(rows, (note,))


def _cpu_of(pid: int) -> float:
    """Return the seconds of CPU of a process, 0 where it has ended."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@click.command()
@click.argument("plan", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--engines", multiple=True, type=click.Choice(list(_CLUSTERS)), help="Which clusters.  [default: all]")
@click.option("--workers", default=2, show_default=True, help="Workers of each.")
@click.option("--repeats", default=3, show_default=True, help="Turns of each.")
@click.option("--work", type=click.Path(path_type=Path), help="Where to compose.  [default: a temporary folder]")
def main(plan: Path, engines: tuple[str, ...], workers: int, repeats: int, work: Path | None) -> None:
    """Measure composing PLAN, a corpus of `bgfg plan`."""
    with tempfile.TemporaryDirectory(dir=work) as scratch:
        machine = describe_machine(Path(scratch))
        section = measure(plan.resolve(), Path(scratch).resolve(), engines or tuple(_CLUSTERS), workers, repeats)
    print_report(machine, [section], None)


if __name__ == "__main__":
    main()
