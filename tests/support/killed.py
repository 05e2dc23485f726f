"""Work that is killed between two changes of files, as by `kill -9`: in a process of its own, which tidies nothing."""

from __future__ import annotations

import hashlib
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any

from bgfg.data_manifests.files import atomic_write

_CHANGES = ("shutil.rmtree", "os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.truncate", "os.link", "os.symlink")

# A child takes tenths of a second.
_LONGEST_S = 60


def steps_killed(folder: Path, work: Callable[[], object], every: int = 1) -> Iterator[int]:
    """Yield each number of changes below a folder after which `work` was killed, until it isn't any more.

    Args:
        folder: Where changes are counted: names made, given or taken, and files opened for writing.
        work: What is killed; the caller puts things back before the next number.
        every: Only every so many changes.
    """
    for step in count(0, every):
        if not _is_killed(folder, work, step):
            return
        atomic_write._cleared.clear()  # who goes on is another process
        yield step


def tree(folder: Path) -> dict[str, str]:
    """Return what is in a folder: a hash of each file, "" for each folder."""
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
        for path in folder.rglob("*")
    }


def _is_killed(folder: Path, work: Callable[[], object], step: int) -> bool:
    child = os.fork()
    if child == 0:
        try:
            sys.addaudithook(_killer(str(folder), step))
            work()
            os._exit(0)
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(1)
    status = os.waitstatus_to_exitcode(_ended(child))
    assert status in (0, -signal.SIGKILL)
    return status != 0


def _ended(child: int) -> int:
    """Return how a child ended. One that hangs is killed too, at whichever change: it was forked from a process with
    threads of other tests, which may have held a lock for good.
    """
    latest_s = time.monotonic() + _LONGEST_S
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return status
        if time.monotonic() > latest_s:
            os.kill(child, signal.SIGKILL)
        time.sleep(0.002)


def _killer(folder: str, step: int) -> Callable[[str, tuple[Any, ...]], None]:
    left = step

    def kill(event: str, args: tuple[Any, ...]) -> None:
        nonlocal left
        writes = event == "open" and isinstance(args[2], int) and args[2] & (os.O_WRONLY | os.O_RDWR)
        if (writes or event in _CHANGES) and str(args[0]).startswith(folder):
            if not left:
                os.kill(os.getpid(), signal.SIGKILL)
            left -= 1

    return kill
