"""Workers of a cluster: what they have to be, and how they begin a task, whichever engine hands it to them.

A worker has to have this version of bgfg and see the folders that are worked on. In the one that is written to lies a
token for as long as the run goes on, so that neither a copy at the same path nor a task that has outlived its run is
worked on. Under a URL that token is the lease of the run; paths in the folder that stands for the URL here become paths
in one of the worker's own.
"""

from __future__ import annotations

import errno
import io
import os
import secrets
import socket
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import cloudpickle

from bgfg.data_manifests.files.atomic_write import held_partial
from bgfg.data_manifests.machine.thread_limit import OPENCV_THREADS
from bgfg.data_manifests.objects.lease import LEASE_KEY
from bgfg.data_manifests.objects.mirror_folders import mirror_above, mirrored
from bgfg.data_manifests.objects.object_store import ObjectStore
from bgfg.data_manifests.places.worker_places import folder_in_worker
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.data_manifests.terminal.version import BGFG_VERSION

Result = TypeVar("Result")

# Tasks that an engine knows of at a time: enough for any cluster, and its memory doesn't grow with the corpus.
KNOWN_TASKS = 2_000


@dataclass(frozen=True)
class Needs:
    """What tasks need of the workers that do them.

    Attributes:
        folder: The folder that is worked on, absolute.
        reads: Folders and files that are read beside it, absolute.
        gpu: Whether each task takes a GPU.
        session: Of several runs that take what lies under URLs as it was for the first of them; "" for one by itself.
    """

    folder: Path
    reads: Sequence[Path] = ()
    gpu: bool = False
    session: str = ""


@contextmanager
def token_in(folder: Path) -> Iterator[str | None]:
    """Lay a token into a folder for as long as this goes on; None where nobody can write."""
    there = mirrored(folder)
    if there is not None:
        yield f"{_place(folder)}{there.lease_token}"
        return
    with ExitStack() as stack:
        try:
            token = str(stack.enter_context(held_partial(folder)))
        except OSError as error:
            if error.errno not in (errno.EACCES, errno.EPERM, errno.EROFS):
                raise
            token = None
        yield token


def make_inspection() -> Callable[[list[str]], tuple[str, str | None, list[bool]]]:
    """Return what a worker does to describe itself: sent as code, for it may have another bgfg or none.

    It takes places and returns its host, its version of bgfg, and whether it sees each of them.
    """

    def inspect(places: list[str]) -> tuple[str, str | None, list[bool]]:
        import socket

        try:
            from bgfg.data_manifests.terminal.version import BGFG_VERSION as version  # noqa: N811
        except ImportError:
            return socket.gethostname(), None, []
        try:
            from bgfg.synth.cluster.workers import sees
        except ImportError:  # of another version, which is said first
            return socket.gethostname(), version, [False] * len(places)
        return socket.gethostname(), version, [sees(place) for place in places]

    return inspect


def inspected_places(needs: Needs, token: str | None) -> list[str]:
    """Return the places that each worker has to see: the token, if there is one, or its folder; and what is read."""
    return [token or _place(needs.folder), *map(_place, needs.reads)]


def _place(path: Path) -> str:
    """Return what `sees` takes: a path, or a URL with a # behind it and room for a token."""
    there = mirror_above(path)
    return str(path) if there is None else f"{there.store.url}#"


def sees(place: str) -> bool:
    """Say whether this process sees a path, or reaches a URL, whose lease is still the one that is named."""
    if "://" not in place:
        return os.path.exists(place)
    url, _, token = place.partition("#")
    try:
        found = ObjectStore(url).read_version(LEASE_KEY)
    except Problem:
        return False
    return not token or (found is not None and token.encode() in found[0])


def require_fit(found: Mapping[str, Any], needs: Needs) -> None:
    """Raise Problem with a line for each worker that has another version of bgfg or doesn't see the folders.

    Args:
        found: What `make_inspection` returned or raised for `inspected_places`, by the names of the workers.
        needs: What is needed of them.
    """
    lines = []
    for worker, seen in sorted(found.items()):
        if isinstance(seen, BaseException):
            lines.append(f"worker {worker}: {type(seen).__name__}: {seen}: stop it, or mend it")
            continue
        host, version, are_seen = seen
        if version != BGFG_VERSION:
            has = f"has bgfg {version}" if version else "has no bgfg"
            lines.append(f"worker {worker} on {host} {has}, and this machine {BGFG_VERSION}: install that there")
        else:
            lines += _unseen(f"worker {worker} on {host}", needs, are_seen)[:1]
    if lines:
        raise Problem(*lines)


def pack(attempt: Callable[[int], Result], needs: Needs, token: str | None) -> bytes:
    """Return work as bytes, which `make_start` begins in a worker."""
    packed = io.BytesIO()
    _Packer(packed, needs.session or secrets.token_hex(8)).dump(
        partial(_attempt_here, attempt, BGFG_VERSION, needs, token)
    )
    return packed.getvalue()


class _Packer(cloudpickle.CloudPickler):  # type: ignore[misc]  # which has no types
    """Packs paths in a folder that stands for a URL as what a worker finds the same in its own folder by."""

    def __init__(self, file: io.BytesIO, run: str) -> None:
        super().__init__(file)
        self._run = run

    def reducer_override(self, packed: Any) -> Any:
        there = mirror_above(packed) if isinstance(packed, Path) else None
        if there is None:
            return super().reducer_override(packed)
        return folder_in_worker, (there.kind, there.store.url, self._run, there.key_of(packed))


def make_start() -> Callable[[bytes, int], Any]:
    """Return what a worker does to begin a task: sent as code, and the work as bytes.

    Else the scheduler of Dask, which looks into what it hands out, would need bgfg too.
    """

    def start(packed: bytes, task: int) -> Any:
        import pickle
        import socket

        try:
            work = pickle.loads(packed)
        except OSError as error:  # the folder that stands for a URL can't be made, where the disk is full, say
            where = f"{error.filename}: " if error.filename else ""
            return f"a worker on {socket.gethostname()} couldn't begin it: {where}{error.strerror or error}"
        return work(task)

    return start


def _attempt_here(
    attempt: Callable[[int], Result], version: str, needs: Needs, token: str | None, task: int
) -> Result | str:
    """Do one task in a worker, which may have come when the others had been looked at."""
    host = socket.gethostname()
    if version != BGFG_VERSION:
        return f"a worker on {host} has bgfg {BGFG_VERSION}, and the run {version}: install that there"
    if unseen := _unseen(f"a worker on {host}", needs, map(sees, inspected_places(needs, token))):
        return unseen[0]
    with OPENCV_THREADS.during(1):  # there are as many tasks at a time as the engine was told
        return attempt(task)


def _unseen(worker: str, needs: Needs, are_seen: Iterable[bool]) -> list[str]:
    return [
        f"{worker} doesn't see {folder} as this machine does: {_mend(folder)}"
        for folder, is_seen in zip((needs.folder, *needs.reads), are_seen, strict=True)
        if not is_seen
    ]


def _mend(folder: Path) -> str:
    if mirror_above(folder) is None:
        return "mount it there at the same path"
    return "give it what reaches the store, such as credentials by its environment, or the run has ended meanwhile"
