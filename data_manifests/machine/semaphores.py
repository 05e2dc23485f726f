"""Semaphores of worker processes, which lie in shared memory: those that killed runs left there are cleared.

loky names them by the process that started the workers, and a helper of that process removes them. Where both were
killed at one stroke, nobody does. So a process that starts workers holds a record beside its semaphores, locked as long
as it lives: a record that nobody holds tells whose semaphores may go.
"""

from __future__ import annotations

import atexit
import fcntl
import os
import re
import secrets
from contextlib import suppress
from pathlib import Path

_SHARED_MEMORY = Path("/dev/shm")
_RECORD_NAME = re.compile(r"bgfg-([0-9]{1,9})-[0-9a-f]{12}")

# The records of this process; a child that was forked from it makes its own.
_records: dict[int, Path] = {}


def record_semaphores() -> None:
    """Record that this process starts workers, until it ends."""
    pid = os.getpid()
    if pid in _records or not _SHARED_MEMORY.is_dir():
        return
    record = _SHARED_MEMORY / f"bgfg-{pid}-{secrets.token_hex(6)}"
    descriptor = os.open(record, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    fcntl.flock(descriptor, fcntl.LOCK_EX)  # the descriptor stays open: the lock goes with the process
    _records[pid] = record
    atexit.register(_end_record, pid)


def clear_semaphores() -> None:
    """Remove the semaphores of processes of this user that recorded them and were killed."""
    if not _SHARED_MEMORY.is_dir():
        return
    for entry in os.scandir(_SHARED_MEMORY):
        named = _RECORD_NAME.fullmatch(entry.name)
        if named and entry.is_file(follow_symlinks=False) and entry.stat().st_uid == os.getuid():
            with suppress(FileNotFoundError):  # its process has just ended, or another run clears too
                _clear_dead(Path(entry.path), int(named[1]))


def _clear_dead(record: Path, pid: int) -> None:
    descriptor = os.open(record, os.O_RDWR | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if not _is_running(pid):  # else the number is another process's by now, and so may be the names
            for semaphore in _SHARED_MEMORY.glob(f"sem.loky-{pid}-*"):
                semaphore.unlink(missing_ok=True)
            record.unlink()
    except BlockingIOError:
        pass  # its process lives
    finally:
        os.close(descriptor)


def _is_running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _end_record(pid: int) -> None:
    if os.getpid() == pid:
        _records.pop(pid).unlink(missing_ok=True)
