"""Tasks on the workers of a Dask cluster, each handed out by its scheduler, and again where the worker of it died.

By Dask's own client, not by joblib's backend for it: that one gives up all tasks with the first whose workers died, and
says nothing of who the workers are. A worker has to have this version of bgfg and see the folder that is worked on: a
token lies there for as long as the run goes on, so that neither a copy at the same path nor a task that has outlived
its run is worked on.
"""

from __future__ import annotations

import errno
import os
import secrets
import socket
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import cv2

from bgfg.data_manifests.files.atomic_write import held_partial
from bgfg.data_manifests.files.failing_call import call_reason
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.data_manifests.terminal.version import BGFG_VERSION

Result = TypeVar("Result")

# Tasks that the scheduler knows of at a time: enough for any cluster, and its memory doesn't grow with the corpus.
_KNOWN_TASKS = 2_000

# How long a scheduler may take to answer, and the first worker to come.
_ANSWER_S, _WORKER_S = 10, 30


def run_on_dask(
    address: str, folder: Path, attempt: Callable[[int], Result], tasks: Sequence[int]
) -> Generator[tuple[int, Result | str]]:
    """Run `attempt(task)` for every task on the workers of a cluster.

    Args:
        address: Of the scheduler, such as tcp://10.0.0.5:8786.
        folder: The folder that is worked on, absolute.
        attempt: Does one task, and raises nothing; picklable.
        tasks: Numbers of the tasks.

    Yields:
        Each task and what came of it, in the order in which they finish; why, in words, where nothing did. What is in
        work when the generator is closed is finished by its worker; what isn't begun never is.

    Raises:
        Problem: No scheduler answers, it has no workers or is lost, or some of them can't do the work.
    """
    distributed = import_distributed()
    import cloudpickle  # comes with it

    with _connected(distributed, address) as client, _token_in(folder) as token:
        _require_fit_workers(client, address, folder, token)
        left, run, start = iter(tasks), secrets.token_hex(6), _make_start()
        packed = cloudpickle.dumps(partial(_attempt_here, attempt, BGFG_VERSION, folder, token))
        in_work: dict[Any, int] = {}

        def submit(task: int) -> Any:
            future = client.submit(start, packed, task, key=f"bgfg-{run}-{task}", pure=False)
            in_work[future] = task
            return future

        finished = distributed.as_completed(map(submit, islice(left, _KNOWN_TASKS)), loop=client.loop)
        try:
            for future in finished:
                yield in_work.pop(future), _result_of(distributed, future, address)
                finished.update(map(submit, islice(left, 1)))
        finally:
            client.cancel(list(in_work))


def import_distributed() -> Any:
    """Return Dask's `distributed`, which keeps quiet: what of its log concerns a user is said in other words.

    Raises:
        Problem: It isn't installed.
    """
    try:
        import dask

        dask.config.set({"logging": {"distributed": "critical", "distributed.client": "critical"}})
        import distributed
    except ModuleNotFoundError as error:
        line = f"--backend dask needs {error.name}, which isn't installed: pip install 'bgfg[dask]'"
        raise Problem(line, exit_code=2) from error
    return distributed


@contextmanager
def _connected(distributed: Any, address: str) -> Iterator[Any]:
    """Connect to a scheduler that has workers."""
    try:
        client = distributed.Client(address, timeout=_ANSWER_S, set_as_default=False)
    except (OSError, ValueError) as error:  # a TimeoutError is an OSError
        line = f"--address {address}: no Dask scheduler answers there: start one with `dask scheduler`, or correct it"
        raise Problem(line, exit_code=2) from error
    with closing(client):
        try:
            client.wait_for_workers(1, timeout=_WORKER_S)
        except TimeoutError as error:
            raise Problem(
                f"{address}: no worker has come in {_WORKER_S} s: start some with `dask worker {address}`"
            ) from error
        yield client


@contextmanager
def _token_in(folder: Path) -> Iterator[Path | None]:
    """Lay a token into a folder for as long as this goes on; None where nobody can write."""
    with ExitStack() as stack:
        try:
            token = stack.enter_context(held_partial(folder))
        except OSError as error:
            if error.errno not in (errno.EACCES, errno.EPERM, errno.EROFS):
                raise
            token = None
        yield token


def _require_fit_workers(client: Any, address: str, folder: Path, token: Path | None) -> None:
    """Raise Problem with a line for each worker that has another version of bgfg or doesn't see the folder."""
    found: Mapping[str, Any] = client.run(_make_inspection(), str(token or folder), on_error="return")
    lines = []
    for worker, seen in sorted(found.items()):
        if isinstance(seen, BaseException):
            lines.append(f"worker {worker}: {type(seen).__name__}: {seen}: stop it, or mend it")
            continue
        host, version, is_seen = seen
        if version != BGFG_VERSION:
            has = f"has bgfg {version}" if version else "has no bgfg"
            lines.append(f"worker {worker} on {host} {has}, and this machine {BGFG_VERSION}: install that there")
        elif not is_seen:
            lines.append(_unseen(f"worker {worker} on {host}", folder))
    if lines:
        raise Problem(*lines)


def _unseen(worker: str, folder: Path) -> str:
    return f"{worker} doesn't see {folder} as this machine does: mount it there at the same path"


def _make_inspection() -> Callable[[str], tuple[str, str | None, bool]]:
    """Return what a worker does to describe itself: sent as code, for it may have another bgfg or none."""

    def inspect(path: str) -> tuple[str, str | None, bool]:
        import socket

        try:
            from bgfg.data_manifests.terminal.version import BGFG_VERSION as version  # noqa: N811
        except ImportError:
            return socket.gethostname(), None, False
        return socket.gethostname(), version, os.path.exists(path)

    return inspect


def _make_start() -> Callable[[bytes, int], Any]:
    """Return what a worker does to begin a task: sent as code, and the task as bytes.

    Else the scheduler, which looks into what it hands out, would need bgfg too.
    """

    def start(packed: bytes, task: int) -> Any:
        import pickle

        return pickle.loads(packed)(task)

    return start


def _attempt_here(
    attempt: Callable[[int], Result], version: str, folder: Path, token: Path | None, task: int
) -> Result | str:
    """Do one task in a worker, which may have come when the others had been looked at."""
    host = socket.gethostname()
    if version != BGFG_VERSION:
        return f"a worker on {host} has bgfg {BGFG_VERSION}, and the run {version}: install that there"
    if not (token or folder).exists():
        return _unseen(f"a worker on {host}", folder)
    cv2.setNumThreads(1)  # there are as many tasks at a time as Dask was told
    return attempt(task)


def _result_of(distributed: Any, future: Any, address: str) -> Any:
    """Return what came of a task that has ended; raise Problem where nobody knows.

    Where the worker that has the result dies before it is fetched, this waits until another has done the task again.
    """
    try:
        return future.result()
    except distributed.CancelledError as error:
        raise Problem(
            f"{address}: the scheduler is gone, or has dropped the tasks; what is finished is kept: run the same "
            "command again once it is back"
        ) from error
    except distributed.scheduler.KilledWorker:
        return "its workers died with it in work, one after another (killed, or out of memory)"
    except Exception as error:  # of Dask, or of unpacking the task: the task itself raises nothing
        reason = call_reason(error) if isinstance(error, OSError) else f"{type(error).__name__}: {error}"
        return f"a worker couldn't begin it: {reason}"
