"""Runs tasks on processes or threads, and makes the shards of a corpus that aren't done: work, write, mark.

A task is a shard, or a part of an export. What fails is named and the others go on; a full disk stops the run, since
the others would fail too. Finished shards are never touched.
"""

from __future__ import annotations

import errno
import os
import shutil
import signal
import tempfile
import threading
import time
import traceback
import warnings
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from multiprocessing import resource_tracker
from pathlib import Path
from typing import Any

import cv2
import joblib
from joblib.externals.loky.backend import resource_tracker as loky_resource_tracker
from joblib.externals.loky.process_executor import TerminatedWorkerError

from bgfg.data_manifests.files.failing_call import call_reason, failed_path
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.data_manifests.terminal.progress import Progress, no_progress
from bgfg.synth.compose.semaphores import clear_semaphores, record_semaphores
from bgfg.synth.store.corpus import Corpus
from bgfg.synth.store.done_marks import PARTIAL_FOLDER, combined_statistics
from bgfg.synth.store.unflushed import flushed_together, may_be_torn, unmark_torn_shards

_DISK_FULL = (errno.ENOSPC, errno.EDQUOT)

# Factor on the estimate of disk space, for compression varies from picture to picture.
_SPARE = 1.05


@dataclass(frozen=True)
class TaskResult:
    """What became of one task: done, where `error` is empty.

    Attributes:
        task: Number of the task.
        value: What the work returned.
        error: Why it failed, a line.
        traceback: The traceback of an unexpected failure.
        disk_full: Whether it failed for want of space, as all others would.
    """

    task: int
    value: Any = None
    error: str = ""
    traceback: str = ""
    disk_full: bool = False


@dataclass(frozen=True)
class Executor:
    """Runs independent tasks on processes or threads of one machine, and goes on where some of them fail.

    Attributes:
        workers: How many tasks are worked on at a time.
        backend: The joblib backend, "loky" (processes) or "threading".
        progress: `progress(title, total, done)` is a context manager that gives a function to call with each further
            number done.
    """

    workers: int = 1
    backend: str = "loky"
    progress: Progress = no_progress

    def run(
        self,
        folder: Path,
        work: Callable[[int], Any],
        tasks: Sequence[int],
        on_done: Callable[[TaskResult], None],
    ) -> list[TaskResult]:
        """Run `work(task)` for every task.

        A worker that dies (killed, out of memory) takes the tasks in work with it; they are named, the others go on.

        Args:
            folder: The folder that the tasks write into. Its temporary files tell which tasks dead workers had in hand.
            work: Does one task; picklable.
            tasks: Numbers of the tasks.
            on_done: Called with the result of each finished task, in the order in which they finish.

        Returns:
            The results of the tasks that failed, none if all is well.
        """
        failures: list[TaskResult] = []
        left = list(tasks)
        while left:
            try:
                with warnings.catch_warnings(), closing(_start(work, left, self)) as results:
                    warnings.filterwarnings("ignore", "[0-9]+ tasks (which were still|have been successfully)")
                    for result in results:
                        left.remove(result.task)
                        if result.error:
                            failures.append(result)
                        else:
                            on_done(result)
                        if result.disk_full:
                            return failures  # closing the generator ends the tasks in work
            except TerminatedWorkerError:
                lost = sorted(_tasks_in_work(folder) & set(left)) or left[: self.workers]
                error = "a worker died with it in work (killed, or out of memory)"
                failures += [TaskResult(task, error=error) for task in lost]
                left = [task for task in left if task not in lost]
        return failures


def make_missing_shards(
    corpus: Corpus,
    arrays: Sequence[str],
    work: Callable[[int], Any],
    executor: Executor,
    bytes_per_sample: Callable[[], float],
    on_made: Callable[[Any], None] = lambda _value: None,
) -> None:
    """Make every shard that isn't marked done in all of `arrays`, then gather their statistics.

    Where parts of the corpus are being made and nothing is left of them, they become parts of it. The caller holds the
    writer lock.

    Args:
        corpus: The corpus.
        arrays: Names of arrays that are made together.
        work: Writes and marks one shard; picklable, a pure function of the corpus on disk and the shard's number.
        executor: What runs the shards.
        bytes_per_sample: Estimates what a sample of these arrays takes on disk; called only if something is to be made.
        on_made: Called with what `work` returned of each shard.

    Raises:
        Problem: Shards failed, a line for each reason, or there is too little free disk.
    """
    make_shards(corpus, arrays, work, executor, bytes_per_sample, on_made)
    if corpus.pending:
        needed = (*corpus.composed_arrays, *(("depth",) if corpus.manifest.teacher else ()))
        if all(corpus.done_shards(array) == set(corpus.shards) for array in needed):
            corpus.list_pending(statistics_of(corpus, needed, corpus.shards))
            return
    listed = range(corpus.pending[0].first_shard) if corpus.pending else corpus.shards
    everything = dict(sorted({**corpus.manifest.statistics, **statistics_of(corpus, arrays, listed)}.items()))
    if everything != corpus.manifest.statistics:
        corpus.save_manifest(replace(corpus.manifest, statistics=everything))


def make_shards(
    corpus: Corpus,
    arrays: Sequence[str],
    work: Callable[[int], Any],
    executor: Executor,
    bytes_per_sample: Callable[[], float],
    on_made: Callable[[Any], None] = lambda _value: None,
) -> None:
    """Make every shard that isn't marked done in all of `arrays`; arguments and errors are `make_missing_shards`'s."""
    corpus.clear_partial()
    torn = may_be_torn(corpus, arrays)
    unmark_torn_shards(corpus, arrays, executor.progress)
    done = set.intersection(*(corpus.done_shards(array) for array in arrays))
    left = [shard for shard in corpus.shards if shard not in done]
    if left:
        _require_space(corpus, sum(len(corpus.samples_of(shard)) for shard in left) * bytes_per_sample())
    if left or torn:
        with flushed_together(corpus, arrays):
            _run_shards(corpus, left, work, executor, on_made, " + ".join(arrays))


def statistics_of(corpus: Corpus, arrays: Sequence[str], shards: Sequence[int]) -> dict[str, Any]:
    """Return the statistics of arrays over some shards, from their marks."""
    return {array: combined_statistics(corpus.mark(array, shard) for shard in shards) for array in arrays}


def _run_shards(
    corpus: Corpus,
    shards: Sequence[int],
    work: Callable[[int], Any],
    executor: Executor,
    on_made: Callable[[Any], None],
    title: str,
) -> None:
    samples = {shard: len(corpus.samples_of(shard)) for shard in shards}

    def on_done(result: TaskResult) -> None:
        on_made(result.value)
        advance(samples[result.task])

    with executor.progress(title, len(corpus), len(corpus) - sum(samples.values())) as advance:
        failures = executor.run(corpus.path, work, shards, on_done)
    try:
        corpus.clear_partial()
    finally:
        raise_failures(failures)


def raise_failures(failures: Sequence[TaskResult], noun: str = "shard") -> None:
    """Turn failures into one error.

    Args:
        failures: Results of tasks that failed.
        noun: What a task is.

    Raises:
        Problem: There are failures: a line for each reason, which names its tasks.
    """
    reasons: dict[str, list[int]] = {}
    for failure in failures:
        reasons.setdefault(failure.error, []).append(failure.task)
    if reasons:
        again = "run the same command again to make what is missing"
        problem = Problem(
            *(f"{noun} {', '.join(map(str, sorted(s)))}: {reason}; {again}" for reason, s in reasons.items())
        )
        problem.__cause__ = next((RuntimeError(f.traceback) for f in failures if f.traceback), None)
        raise problem


def _require_space(corpus: Corpus, bytes_needed: float) -> None:
    free = shutil.disk_usage(corpus.path).free
    if free < bytes_needed * _SPARE:
        raise Problem(
            f"{corpus.path}: about {bytes_needed * _SPARE / 1e6:,.0f} MB are needed and {free / 1e6:,.0f} MB are free: "
            "make room, or choose another disk"
        )


def _start(work: Callable[[int], Any], tasks: Sequence[int], executor: Executor) -> Generator[TaskResult]:
    """Start the tasks and yield their results in the order in which they finish."""
    attempts = (joblib.delayed(_attempt)(work, task, os.getpid()) for task in tasks)
    jobs = max(1, min(executor.workers, len(tasks)))
    # Told not to hand over arrays in shared memory, joblib makes no folder there, which could be left behind.
    parallel = joblib.Parallel(
        n_jobs=jobs, backend=executor.backend, batch_size=1, return_as="generator_unordered", max_nbytes=None,
        temp_folder=tempfile.gettempdir(),
    )  # fmt: skip
    # A terminal sends Ctrl-C to all processes of a run: workers are born with it blocked and leave it to their parent.
    # The standard library's resource tracker, which loky's workers share, would unblock it when it starts.
    if executor.backend == "loky" and jobs > 1:
        clear_semaphores()
        record_semaphores()
        _start_trackers()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        results: Generator[TaskResult] = parallel(attempts)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
    return results


def _start_trackers() -> None:
    """Start the two helpers that clear up after a run that is killed; they'd warn of each thing that they clear."""
    before = os.environ.get("PYTHONWARNINGS")
    os.environ["PYTHONWARNINGS"] = ",".join(filter(None, (before, "ignore:resource_tracker")))
    try:
        resource_tracker.ensure_running()
        loky_resource_tracker.ensure_running()
    finally:
        del os.environ["PYTHONWARNINGS"]
        if before is not None:
            os.environ["PYTHONWARNINGS"] = before


def _attempt(work: Callable[[int], Any], task: int, parent_pid: int) -> TaskResult:
    if os.getpid() != parent_pid:
        _settle_in(parent_pid)
    try:
        return TaskResult(task, work(task))
    except OSError as error:
        where = f"{name}: " if (name := failed_path(error)) else ""
        return TaskResult(task, error=f"{where}{call_reason(error)}", disk_full=error.errno in _DISK_FULL)
    except Problem as problem:
        return TaskResult(task, error=str(problem))
    except Exception as error:  # whatever it is, it is named and the other shards go on
        return TaskResult(task, error=f"{type(error).__name__}: {error}", traceback=traceback.format_exc())


def _settle_in(parent_pid: int) -> None:
    """Make this worker process end with its parent, and keep to one core."""
    if _settled.is_set():
        return
    _settled.set()
    cv2.setNumThreads(1)  # there are as many workers as cores
    threading.Thread(target=_end_with, args=(parent_pid,), daemon=True).start()


_settled = threading.Event()


def _end_with(parent_pid: int) -> None:
    """End this process once its parent is gone: a killed parent can't tell its workers, and they'd work on."""
    while os.getppid() == parent_pid:
        time.sleep(0.2)
    os._exit(1)


def _tasks_in_work(folder: Path) -> set[int]:
    """Return the tasks whose temporary files, <kind>-<task>.<pid>, are there: those that dead workers had in hand."""
    return {int(path.name.split(".")[0].split("-")[1]) for path in (folder / PARTIAL_FOLDER).glob("*-*.*")}
