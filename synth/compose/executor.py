"""Runs tasks on processes, threads or a cluster: shards, or parts of an export.

What fails is named and the others go on; a full disk stops the run, since the others would fail too.
"""

from __future__ import annotations

import errno
import traceback
from collections.abc import Callable, Generator, Sequence
from contextlib import AbstractContextManager, closing, nullcontext
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from bgfg.data_manifests.files.failing_call import call_reason, failed_path
from bgfg.data_manifests.machine.worker_processes import WorkerDied, start_workers, workers_starting
from bgfg.data_manifests.objects.mirror_folders import mirrored
from bgfg.data_manifests.terminal.errors import Problem, TryAgain, told
from bgfg.data_manifests.terminal.progress import Progress, no_progress
from bgfg.synth.cluster.engines import CLUSTERS
from bgfg.synth.cluster.workers import Needs
from bgfg.synth.store.done_marks import PARTIAL_FOLDER

_AGAIN = "run the same command again to make what is missing"
_DISK_FULL = (errno.ENOSPC, errno.EDQUOT)


@dataclass(frozen=True)
class TaskResult:
    """What became of one task: done, where `error` is empty.

    Attributes:
        task: Number of the task.
        value: What the work returned.
        error: Why it failed, a line, or several.
        says_again: Whether `error` ends with the step to run the same command again.
        traceback: The traceback of an unexpected failure.
        disk_full: Whether it failed for want of space, as all others would.
    """

    task: int
    value: Any = None
    error: str = ""
    says_again: bool = False
    traceback: str = ""
    disk_full: bool = False


@dataclass(frozen=True)
class Executor:
    """Runs independent tasks and goes on where some of them fail.

    Attributes:
        workers: How many tasks are worked on at a time; on a cluster that is its own business.
        backend: The joblib backend, "loky" (processes) or "threading"; or one of CLUSTERS.
        address: Of the scheduler of a cluster.
        progress: `progress(title, total, done)` is a context manager that gives a function to call with each further
            number done.
        reads: Folders and files that tasks read beside the one that they work on: on a cluster, workers have to see
            them too.
        gpu: Whether each task takes a GPU, on a cluster.
        session: Of several runs whose workers take what lies under URLs as it was for the first of them, on a cluster.
    """

    workers: int = 1
    backend: str = "loky"
    progress: Progress = no_progress
    address: str = ""
    reads: tuple[Path, ...] = ()
    gpu: bool = False
    session: str = ""

    def run(
        self,
        folder: Path,
        work: Callable[[int], Any],
        tasks: Sequence[int],
        on_done: Callable[[TaskResult], None],
    ) -> list[TaskResult]:
        """Run `work(task)` for every task.

        A worker that dies (killed, out of memory) takes the tasks in work with it; they are named, the others go on. On
        a cluster another worker begins them anew, and only those are named of which the scheduler says it's in vain.

        Args:
            folder: The folder that the tasks write into. Its temporary files tell which tasks dead workers had in hand.
            work: Does one task; picklable. On a cluster, paths in it are absolute.
            tasks: Numbers of the tasks.
            on_done: Called with the result of each finished task, in the order in which they finish.

        Returns:
            The results of the tasks that failed, none if all is well.
        """
        failures: list[TaskResult] = []
        left = list(tasks)
        needs = Needs(folder, self.reads, self.gpu, self.session)
        while left:
            try:
                started = self._start_on_cluster(needs, work, left) if self.is_cluster else _start(work, left, self)
                with closing(started) as results:
                    for result in results:
                        left.remove(result.task)
                        if result.error:
                            failures.append(result)
                        else:
                            on_done(result)
                        if result.disk_full:
                            left.clear()
                            break  # closing the generator ends the tasks in work
            except WorkerDied:
                lost = sorted(_tasks_in_work(folder) & set(left)) or left[: self.workers]
                error = "a worker died with it in work (killed, or out of memory)"
                failures += [TaskResult(task, error=error) for task in lost]
                left = [task for task in left if task not in lost]
        there = mirrored(folder)
        if self.is_cluster and there is not None and there.store.is_writable:
            there.fetch()  # the marks that workers of other machines have put there
        return failures

    @property
    def is_cluster(self) -> bool:
        """Whether other machines do the work."""
        return self.backend in CLUSTERS

    @property
    def processes_here(self) -> int:
        """How many processes of this machine may work at a time."""
        return self.workers if self.backend == "loky" else 1

    def starting(self, module: str) -> AbstractContextManager[None]:
        """Return within what processes of this machine are started meanwhile, and import a module."""
        return workers_starting(self.workers, module) if self.processes_here > 1 else nullcontext()

    def path_for_workers(self, path: Path) -> Path:
        """Return a path as workers need it: those of a cluster have working folders of their own.

        Raises:
            Problem: The workers couldn't reach it.
        """
        there = mirrored(path)
        if there is not None and self.backend != "threading" and there.store.url.startswith("memory://"):
            remedy = f"leave out --backend {self.backend}" if self.is_cluster else "give --backend threading"
            raise Problem(f"{there.store.url}: is in the memory of one process alone: {remedy}", exit_code=2)
        return path.absolute() if self.is_cluster else path

    def with_gpus(self, device: str) -> Executor:
        """Return an executor whose tasks take a GPU each, where a device is asked for that is one.

        Args:
            device: "cuda", "cpu", or "auto" for a GPU where any worker of the cluster has one.

        Raises:
            Problem: No worker has one, or it is a device of this machine.
        """
        if device not in ("auto", "cpu", "cuda"):
            line = f"--device {device}: is one of this machine, and a cluster has its own"
            raise Problem(f"{line}: give cuda or cpu, or leave it out", exit_code=2)
        engine = CLUSTERS[self.backend]
        gpu = device != "cpu" and engine.has_gpus(self.address)
        if device == "cuda" and not gpu:
            raise Problem(f"--device cuda: no worker of {self.address} has a GPU to give: {engine.with_gpus}")
        return replace(self, gpu=gpu)

    def _start_on_cluster(
        self, needs: Needs, work: Callable[[int], Any], tasks: Sequence[int]
    ) -> Generator[TaskResult]:
        """Have a cluster work on the tasks and yield their results in the order in which they finish."""
        for task, result in CLUSTERS[self.backend].run(self.address, needs, partial(_attempt, work), tasks):
            yield TaskResult(task, error=result) if isinstance(result, str) else result


def raise_failures(failures: Sequence[TaskResult], noun: str = "shard") -> None:
    """Turn failures into one error.

    Args:
        failures: Results of tasks that failed.
        noun: What a task is.

    Raises:
        Problem: There are failures: a line for each reason, which names its tasks.
    """
    alike: dict[str, list[TaskResult]] = {}
    for failure in failures:
        alike.setdefault(failure.error, []).append(failure)
    if alike:
        problem = Problem(*(line for same in alike.values() for line in _lines_of(same, noun)))
        problem.__cause__ = next((RuntimeError(f.traceback) for f in failures if f.traceback), None)
        raise problem


def _lines_of(same: Sequence[TaskResult], noun: str) -> list[str]:
    """Return the lines for tasks that failed for one reason, of which the last ends with the next step."""
    who = f"{noun} {', '.join(map(str, sorted(failure.task for failure in same)))}"
    error = same[0].error if same[0].says_again else f"{same[0].error}; {_AGAIN}"
    return [f"{who}: {line}" for line in error.split("\n")]


def _start(work: Callable[[int], Any], tasks: Sequence[int], executor: Executor) -> Generator[TaskResult]:
    """Start the tasks and yield their results in the order in which they finish."""
    calls = ((_attempt, work, task) for task in tasks)
    return start_workers(calls, max(1, min(executor.workers, len(tasks))), executor.backend)


def _attempt(work: Callable[[int], Any], task: int) -> TaskResult:
    try:
        return TaskResult(task, work(task))
    except OSError as error:
        where = f"{name}: " if (name := failed_path(error)) else ""
        return TaskResult(task, error=told(f"{where}{call_reason(error)}"), disk_full=error.errno in _DISK_FULL)
    except Problem as problem:
        return TaskResult(task, error=str(problem), says_again=isinstance(problem, TryAgain))
    except Exception as error:  # whatever it is, it is named and the other shards go on
        return TaskResult(task, error=f"{type(error).__name__}: {error}", traceback=traceback.format_exc())


def _tasks_in_work(folder: Path) -> set[int]:
    """Return the tasks of which temporary files, <kind>-<task>.<digits>, are there: dead workers had them in hand."""
    return {int(path.name.split(".")[0].split("-")[1]) for path in (folder / PARTIAL_FOLDER).glob("*-*.*")}
