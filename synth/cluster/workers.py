"""Workers of a cluster: what they have to be, and how they begin a task, whichever engine hands it to them.

A worker has to have this version of bgfg and see the folder that is worked on: a token lies there for as long as the
run goes on, so that neither a copy at the same path nor a task that has outlived its run is worked on.
"""

from __future__ import annotations

import errno
import os
import socket
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import cloudpickle
import cv2

from bgfg.data_manifests.files.atomic_write import held_partial
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.data_manifests.terminal.version import BGFG_VERSION

Result = TypeVar("Result")

# Tasks that an engine knows of at a time: enough for any cluster, and its memory doesn't grow with the corpus.
KNOWN_TASKS = 2_000


@contextmanager
def token_in(folder: Path) -> Iterator[Path | None]:
    """Lay a token into a folder for as long as this goes on; None where nobody can write."""
    with ExitStack() as stack:
        try:
            token = stack.enter_context(held_partial(folder))
        except OSError as error:
            if error.errno not in (errno.EACCES, errno.EPERM, errno.EROFS):
                raise
            token = None
        yield token


def make_inspection() -> Callable[[str], tuple[str, str | None, bool]]:
    """Return what a worker does to describe itself: sent as code, for it may have another bgfg or none.

    It takes a path and returns its host, its version of bgfg, and whether the path is there.
    """

    def inspect(path: str) -> tuple[str, str | None, bool]:
        import socket

        try:
            from bgfg.data_manifests.terminal.version import BGFG_VERSION as version  # noqa: N811
        except ImportError:
            return socket.gethostname(), None, False
        return socket.gethostname(), version, os.path.exists(path)

    return inspect


def require_fit(found: Mapping[str, Any], folder: Path) -> None:
    """Raise Problem with a line for each worker that has another version of bgfg or doesn't see the folder.

    Args:
        found: What `make_inspection` returned or raised, by the names of the workers.
        folder: The folder that is worked on.
    """
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


def pack(attempt: Callable[[int], Result], folder: Path, token: Path | None) -> bytes:
    """Return work as bytes, which `make_start` begins in a worker."""
    packed: bytes = cloudpickle.dumps(partial(_attempt_here, attempt, BGFG_VERSION, folder, token))
    return packed


def make_start() -> Callable[[bytes, int], Any]:
    """Return what a worker does to begin a task: sent as code, and the work as bytes.

    Else the scheduler of Dask, which looks into what it hands out, would need bgfg too.
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
    cv2.setNumThreads(1)  # there are as many tasks at a time as the engine was told
    return attempt(task)


def _unseen(worker: str, folder: Path) -> str:
    return f"{worker} doesn't see {folder} as this machine does: mount it there at the same path"
