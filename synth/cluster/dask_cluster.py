"""Tasks on the workers of a Dask cluster, each handed out by its scheduler, and again where the worker of it died.

By Dask's own client, not by joblib's backend for it: that one gives up all tasks with the first whose workers died, and
says nothing of who the workers are.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from itertools import islice
from typing import Any

from bgfg.data_manifests.files.failing_call import call_reason
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.cluster.workers import (
    KNOWN_TASKS,
    Needs,
    Result,
    inspected_places,
    make_inspection,
    make_start,
    pack,
    require_fit,
    token_in,
)

# How long a scheduler may take to answer, and the first worker to come.
_ANSWER_S, _WORKER_S = 10, 30

# The resource by which workers say that they have a GPU, as Dask's own documentation calls it.
_GPU = "GPU"


def run_on_dask(
    address: str, needs: Needs, attempt: Callable[[int], Result], tasks: Sequence[int]
) -> Generator[tuple[int, Result | str]]:
    """Run `attempt(task)` for every task on the workers of a cluster.

    Args:
        address: Of the scheduler, such as tcp://10.0.0.5:8786.
        needs: What the tasks need of the workers.
        attempt: Does one task, and raises nothing; picklable.
        tasks: Numbers of the tasks.

    Yields:
        Each task and what came of it, in the order in which they finish; why, in words, where nothing did. What is in
        work when the generator is closed is finished by its worker; what isn't begun never is.

    Raises:
        Problem: No scheduler answers, it has no workers or is lost, or some of them can't do the work.
    """
    distributed = import_distributed()
    with _connected(distributed, address) as client, token_in(needs.folder) as token:
        require_fit(client.run(make_inspection(), inspected_places(needs, token), on_error="return"), needs)
        taken = {_GPU: 1} if needs.gpu else None
        left, run, start, packed = iter(tasks), secrets.token_hex(6), make_start(), pack(attempt, needs, token)
        in_work: dict[Any, int] = {}

        def submit(task: int) -> Any:
            future = client.submit(start, packed, task, key=f"bgfg-{run}-{task}", pure=False, resources=taken)
            in_work[future] = task
            return future

        finished = distributed.as_completed(map(submit, islice(left, KNOWN_TASKS)), loop=client.loop)
        try:
            for future in finished:
                yield in_work.pop(future), _result_of(distributed, future, address)
                finished.update(map(submit, islice(left, 1)))
        finally:
            client.cancel(list(in_work))


def dask_has_gpus(address: str) -> bool:
    """Say whether any worker was started with a GPU to give to tasks; the errors are those of `run_on_dask`."""

    def has_gpu(dask_worker: Any) -> bool:  # sent as code, for the worker may have no bgfg
        return bool(dask_worker.state.total_resources.get(_GPU))

    with _connected(import_distributed(), address) as client:
        return any(client.run(has_gpu).values())


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
