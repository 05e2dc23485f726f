"""Processes that work for this one, by joblib: what stops a run is left to the parent, and none outlives it."""

from __future__ import annotations

import gc
import os
import signal
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from importlib import import_module
from multiprocessing import resource_tracker
from typing import Any, TypeVar

import cv2

from bgfg.data_manifests.machine import pyarrow_alone
from bgfg.data_manifests.machine.postponed_signals import stops_postponed
from bgfg.data_manifests.machine.semaphores import clear_semaphores, record_semaphores

Result = TypeVar("Result")


class WorkerDied(Exception):
    """A worker was killed, or out of memory; what it had in hand is lost, and what other workers had."""


def start_workers(
    calls: Iterable[tuple[Any, ...]], workers: int, backend: str = "loky", in_order: bool = False
) -> Generator[Any]:
    """Have workers call functions, and yield what these return.

    Args:
        calls: A function and its arguments each, taken as workers are free.
        workers: How many.
        backend: "loky" (processes) or "threading".
        in_order: Yield in the order of the calls, not in that in which they end.

    Raises:
        WorkerDied: A worker did.
    """
    with _begun(calls, workers, backend, in_order) as results:
        for result in results:  # noqa: UP028  # `yield from` would close them where joblib's warning is told
            yield result


@contextmanager
def workers_starting(workers: int, module: str) -> Iterator[None]:
    """Start worker processes beside what is done within: `start_workers` of as many finds them ready after that.

    Args:
        workers: How many.
        module: What they import meanwhile.

    Raises:
        WorkerDied: A worker did.
    """
    with _begun([(import_module, module)] * workers, workers, "loky", in_order=False) as results:
        yield
        for _ in results:
            pass


@contextmanager
def _begun(calls: Iterable[tuple[Any, ...]], workers: int, backend: str, in_order: bool) -> Iterator[Generator[Any]]:
    """Have workers begin to call functions, and give what will yield what these return."""
    # Here and not above: what needs no other process starts a tenth of a second earlier.
    import joblib

    # Told not to hand over arrays in shared memory, joblib makes no folder there, which could be left behind.
    parallel = joblib.Parallel(
        n_jobs=workers, backend=backend, batch_size=1, return_as="generator" if in_order else "generator_unordered",
        max_nbytes=None, temp_folder=tempfile.gettempdir(),
    )  # fmt: skip
    with ExitStack() as stack:
        with stops_postponed(), _born_without_stops(backend == "loky" and workers > 1):
            results: Generator[Any] = parallel(joblib.delayed(_call_in_worker)(os.getpid(), *call) for call in calls)
            stack.enter_context(_ended(results))
        yield results


@contextmanager
def _ended(results: Generator[Any]) -> Iterator[None]:
    """End the calls that are in work afterwards, and raise WorkerDied where a worker did."""
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    try:
        yield
    except TerminatedWorkerError as error:
        raise WorkerDied(str(error)) from error
    finally:
        with warnings.catch_warnings(), _lost_calls_untold():  # whoever ends early knows of the calls in work
            warnings.filterwarnings("ignore", "[0-9]+ tasks (which were still|have been successfully)")
            results.close()


@contextmanager
def _lost_calls_untold() -> Iterator[None]:
    """Keep loky's thread that hands out calls from printing that it misses one.

    An end takes all calls away. One that was handed in the moment before is still on that thread's list: it fails, as
    it was to end anyway.
    """
    before = threading.excepthook

    def told(failure: threading.ExceptHookArgs) -> None:
        is_lost_call = failure.exc_type is KeyError and getattr(failure.thread, "name", "") == "ExecutorManagerThread"
        if not is_lost_call:
            before(failure)

    threading.excepthook = told
    try:
        yield
    finally:
        threading.excepthook = before


def starmap_in_processes(
    work: Callable[..., Result], calls: Iterable[tuple[Any, ...]], count: int, workers: int, alone_s: float = 2.0
) -> Generator[Result]:
    """Yield `work(*arguments)` for each of some calls in order, by several processes where that takes long.

    Args:
        work: Picklable, as its arguments and results are.
        calls: The arguments of each call; made in this process, by any thread of it.
        count: How many calls there are.
        workers: How many processes there are.
        alone_s: So many seconds this process works by itself, as long as it takes to start others: they are started
            only where twice as long is left.

    Raises:
        WorkerDied: A worker did.
    """
    left, started, done = iter(calls), time.monotonic(), 0
    for arguments in left:
        yield work(*arguments)
        done += 1
        spent_s = time.monotonic() - started
        if workers > 1 and done < count and spent_s > alone_s and spent_s / done * (count - done) > 2 * alone_s:
            break
    jobs = min(workers, count - done)
    if jobs:
        with closing(start_workers(_with_failures(work, left), jobs, in_order=True)) as results:
            yield from results


def _with_failures(work: Callable[..., Any], calls: Iterator[tuple[Any, ...]]) -> Iterator[tuple[Any, ...]]:
    """Yield calls with their arguments; where no more can be made, one that raises why.

    They are made in a thread of joblib, in which no failure would be heard.
    """
    try:
        yield from ((work, *arguments) for arguments in calls)
    except Exception as error:
        yield _raise, error


def _raise(error: Exception) -> None:
    raise error


@contextmanager
def _born_without_stops(processes: bool) -> Iterator[None]:
    """Start workers with Ctrl-C blocked, and what a closed terminal sends: all processes of a run get both.

    They leave them to this one. The standard library's resource tracker, which loky's workers share, would unblock
    Ctrl-C when it starts.
    """
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})
    try:
        if processes:
            clear_semaphores()
            record_semaphores()
            _start_trackers()
        signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _start_trackers() -> None:
    """Start the two helpers that clear up after a run that is killed; they'd warn of each thing that they clear."""
    from joblib.externals.loky.backend import resource_tracker as loky_resource_tracker

    before = os.environ.get("PYTHONWARNINGS")
    os.environ["PYTHONWARNINGS"] = ",".join(filter(None, (before, "ignore:resource_tracker")))
    try:
        resource_tracker.ensure_running()
        loky_resource_tracker.ensure_running()
    finally:
        del os.environ["PYTHONWARNINGS"]
        if before is not None:
            os.environ["PYTHONWARNINGS"] = before


def _call_in_worker(parent_pid: int, work: Callable[..., Result], *arguments: Any) -> Result:
    is_new = os.getpid() != parent_pid and not _settled.is_set()
    if is_new:
        _settle_in(parent_pid)
    result = work(*arguments)
    if is_new:
        gc.freeze()  # where psutil isn't installed, loky collects garbage every second, among all that was imported
    return result


def _settle_in(parent_pid: int) -> None:
    """Make this worker process end with its parent, and keep to one core."""
    _settled.set()
    cv2.setNumThreads(1)  # there are as many workers as cores
    pyarrow_alone.leave_pandas_out()
    threading.Thread(target=_end_with, args=(parent_pid,), daemon=True).start()


_settled = threading.Event()


def _end_with(parent_pid: int) -> None:
    """End this process once its parent is gone: a killed parent can't tell its workers, and they'd work on."""
    while os.getppid() == parent_pid:
        time.sleep(0.2)
    os._exit(1)
