"""Tasks on the nodes of a Ray cluster, each done by a process of Ray's, and once more where that process died.

By Ray's own tasks, not by its backend for joblib: that one puts up a pool of actors, which gives up with the first of
them that dies.
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from typing import Any

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

# How long a head may take to answer.
_ANSWER_S = 10

# How often a task is begun anew whose process or machine died.
_RETRIES = 1


def run_on_ray(
    address: str, needs: Needs, attempt: Callable[[int], Result], tasks: Sequence[int]
) -> Generator[tuple[int, Result | str]]:
    """Run `attempt(task)` for every task on the nodes of a cluster, one a processor.

    Args:
        address: Of its head, such as 10.0.0.5:6379; this machine is one of its nodes.
        needs: What the tasks need of the workers.
        attempt: Does one task, and raises nothing; picklable.
        tasks: Numbers of the tasks.

    Yields:
        Each task and what came of it, in the order in which they finish; why, in words, where nothing did. What is in
        work when the generator is closed is ended.

    Raises:
        Problem: No head answers, it is lost, or some of its nodes can't do the work.
    """
    ray = import_ray()
    with _connected(ray, address), token_in(needs.folder) as token:
        require_fit(_inspect(ray, inspected_places(needs, token)), needs)
        start = ray.remote(num_cpus=1, num_gpus=int(needs.gpu), max_retries=_RETRIES)(make_start())
        packed, left = ray.put(pack(attempt, needs, token)), iter(tasks)
        in_work = {start.remote(packed, task): task for task in islice(left, KNOWN_TASKS)}
        while in_work:
            finished, _ = ray.wait([*in_work], num_returns=1)
            for ref in finished:
                yield in_work.pop(ref), _result_of(ray, ref, address)
            in_work |= {start.remote(packed, task): task for task in islice(left, len(finished))}


def ray_has_gpus(address: str) -> bool:
    """Say whether any node has a GPU to give to tasks; the errors are those of `run_on_ray`."""
    ray = import_ray()
    with _connected(ray, address):
        return bool(ray.cluster_resources().get("GPU", 0) >= 1)


def import_ray() -> Any:
    """Return `ray`.

    Raises:
        Problem: It isn't installed.
    """
    try:
        import ray
    except ModuleNotFoundError as error:
        line = f"--backend ray needs {error.name}, which isn't installed: pip install 'bgfg[ray]'"
        raise Problem(line, exit_code=2) from error
    return ray


@contextmanager
def _connected(ray: Any, address: str) -> Iterator[None]:
    """Connect to a cluster, without its log and its way with signals; whoever leaves ends the tasks in work."""
    line = f"--address {address}: no head of Ray answers there to this machine: run `ray start --address={address}`"
    host, _, port = address.rpartition("://")[2].rpartition(":")
    try:
        socket.create_connection((host, int(port)), _ANSWER_S).close()  # Ray itself would try for minutes
    except (OSError, OverflowError) as error:
        raise Problem(line, exit_code=2) from error
    is_main = threading.current_thread() is threading.main_thread()
    handlers = {each: signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM) if is_main}
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # the default of Ray to come; else it warns
    try:
        ray.init(address, log_to_driver=False, logging_level=logging.CRITICAL, configure_logging=False)
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise Problem(line, exit_code=2) from error
    for each, handler in handlers.items():
        signal.signal(each, handler)
    try:
        yield
    finally:
        ray.shutdown()


def _inspect(ray: Any, paths: list[str]) -> dict[str, Any]:
    """Have each node that has processors describe itself."""
    from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

    nodes = [node for node in ray.nodes() if node["Alive"] and node["Resources"].get("CPU")]
    inspect = ray.remote(num_cpus=0)(make_inspection())
    refs = {
        f"{node['NodeManagerAddress']}, node {node['NodeID'][:8]},": inspect.options(
            scheduling_strategy=NodeAffinitySchedulingStrategy(node["NodeID"], soft=False)
        ).remote(paths)
        for node in nodes
    }
    found: dict[str, Any] = {}
    for name, ref in refs.items():
        try:
            found[name] = ray.get(ref)
        except ray.exceptions.RayError as error:
            found[name] = error
    return found


def _result_of(ray: Any, ref: Any, address: str) -> Any:
    """Return what came of a task that has ended; raise Problem where nobody knows."""
    try:
        return ray.get(ref)
    except (ray.exceptions.WorkerCrashedError, ray.exceptions.NodeDiedError, ray.exceptions.OutOfMemoryError):
        return "two workers died with it in work, one after the other (killed, or out of memory)"
    except ray.exceptions.RayTaskError as error:  # of unpacking the task: the task itself raises nothing
        return f"a worker couldn't begin it: {str(error.cause).splitlines()[0]}"
    except ray.exceptions.RayError as error:
        raise Problem(
            f"{address}: {type(error).__name__}; what is finished is kept: run the same command again once Ray is back"
        ) from error
