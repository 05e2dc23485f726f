"""One writer at a time: a kernel lock on a folder, which ends with its process, however that ends."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import IO

from bgfg.data_manifests.files.atomic_write import NO_LOCKS
from bgfg.data_manifests.files.flush import make_folder
from bgfg.data_manifests.objects.lease import PlaceHeld
from bgfg.data_manifests.objects.mirror_folders import mirrored
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.store.done_marks import PARTIAL_FOLDER
from bgfg.synth.store.shard_slice import ShardSlice

LOCK_FILE = ".lock"

# That of folders which users may have made and named what is in them.
_RESULTS_LOCK_FILE = ".bgfg.lock"

# Digits of the number of a process, which the file holds.
_LONGEST_NUMBER = 20


# How often a lock is tried that is waited for.
_TRY_S, _TRY_THERE_S = 0.05, 0.5


@contextmanager
def results_folder(folder: Path) -> Iterator[None]:
    """Make a folder of results where there is none, and hold it for writing; no lock file is left in it.

    Args:
        folder: The folder to hold.

    Raises:
        Problem: Another process holds the folder.
    """
    with writer_folder(folder, "folder", _RESULTS_LOCK_FILE):
        try:
            yield
        finally:
            (folder / _RESULTS_LOCK_FILE).unlink(missing_ok=True)


def is_lock(name: str) -> bool:
    """Say whether a file's name is that of a lock."""
    return name in (LOCK_FILE, _RESULTS_LOCK_FILE)


@contextmanager
def writer_folder(folder: Path, what: str = "corpus", lock_file: str = LOCK_FILE) -> Iterator[None]:
    """Make a folder where there is none, and hold it for writing.

    Work that is refused before it has written anything leaves no folder of its own behind, and no lock file.

    Args:
        folder: The folder to hold.
        what: What the folder is, for the message.
        lock_file: Name of the lock file.

    Raises:
        Problem: Another process holds the folder.
    """
    made = make_folder(folder)
    with writer_lock(folder, what, lock_file):
        try:
            yield
        except BaseException:
            # While the lock is held: another writer, which would have begun by now, keeps what it needs.
            if {path.name for path in folder.iterdir()} <= {lock_file}:
                (folder / lock_file).unlink(missing_ok=True)
                with suppress(OSError):  # a parent that holds something else by now stays
                    for path in made:
                        path.rmdir()
            raise


@contextmanager
def slice_lock(corpus: Path, which: ShardSlice, wait_s: float = 0) -> Iterator[None]:
    """Hold a slice of the shards of a corpus for writing; others may hold other slices, and nobody the whole.

    Args:
        corpus: The folder of the corpus.
        which: The slice to hold.
        wait_s: How long to wait where another holds the corpus.

    Raises:
        PlaceHeld: Another process holds the corpus, or this slice of it.
    """
    what = f"slice, {which},"
    with writer_lock(corpus, shared=True, wait_s=wait_s):
        folder = corpus / PARTIAL_FOLDER
        folder.mkdir(exist_ok=True)
        with (
            writer_lock(folder, what, f"lock.{which.number}.{which.count}"),
            _held_there(corpus, what, f"{which.number}-of-{which.count}", wait_s),
        ):
            yield


@contextmanager
def writer_lock(
    corpus: Path, what: str = "corpus", lock_file: str = LOCK_FILE, shared: bool = False, wait_s: float = 0
) -> Iterator[None]:
    """Hold a folder for writing.

    The lock file stays behind; the lock itself goes with the process, however that ends.

    Args:
        corpus: The folder to hold.
        what: What the folder is, for the message.
        lock_file: Name of the lock file.
        shared: Whether others may hold it too that share it: those that write other slices of the shards.
        wait_s: How long to wait where another holds it.

    Raises:
        PlaceHeld: Another process holds the folder.
    """
    with (corpus / lock_file).open("a+", encoding="ascii", errors="replace") as file:
        try:
            _lock(file, fcntl.LOCK_SH if shared else fcntl.LOCK_EX, wait_s)
        except BlockingIOError:
            file.seek(0)
            holder = file.read(_LONGEST_NUMBER).strip() or "of --shards, maybe on another machine"
            raise PlaceHeld(
                f"{corpus}: another bgfg (process {holder}) is writing to this {what}: wait for it, or stop it"
            ) from None
        except OSError as error:
            if error.errno not in NO_LOCKS:
                raise
            raise Problem(
                f"{corpus}: its file system has no locks ({error.strerror}), which keep two writers apart: choose a "
                "folder on a local disk, or mount this one with locks"
            ) from error
        if not os.fstat(file.fileno()).st_nlink:  # who held it has taken the lock file away meanwhile: it locks nothing
            raise PlaceHeld(f"{corpus}: another bgfg has just left this {what}: run the same command again")
        file.truncate(0)
        if not shared:  # several would write over one another's
            file.write(str(os.getpid()))
            file.flush()
        with _held_there(corpus, what, wait_s=wait_s) if not shared else nullcontext():
            yield


@contextmanager
def _held_there(folder: Path, what: str, slice_name: str = "", wait_s: float = 0) -> Iterator[None]:
    """Hold what a folder stands for, if it stands for a URL that isn't held yet, or a slice of that."""
    there, until = mirrored(folder), time.monotonic() + wait_s
    with ExitStack() as held:
        while there is not None and not there.is_held:
            try:
                held.enter_context(there.held(what, slice_name))
                break
            except PlaceHeld:
                if time.monotonic() >= until:
                    raise
                time.sleep(_TRY_THERE_S)
        yield


def _lock(file: IO[str], kind: int, wait_s: float) -> None:
    """Take a kernel lock; raise BlockingIOError where another process has it for so long."""
    until = time.monotonic() + wait_s
    while True:
        try:
            return fcntl.flock(file, kind | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= until:
                raise
            time.sleep(_TRY_S)
