"""Turns of processes that share memory: what is small is worked on side by side, what is large alone."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bgfg.data_manifests.files.atomic_write import NO_LOCKS


@contextmanager
def memory_turn(folder: Path, is_large: bool) -> Iterator[None]:
    """Wait until processes that work on the same folder leave enough memory, and hold it for as long as it is used.

    The turn is a kernel lock on the folder itself, which ends with its process; where the file system has none, nobody
    waits.

    Args:
        folder: The folder.
        is_large: Whether nobody else may have a turn meanwhile, large or small.
    """
    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX if is_large else fcntl.LOCK_SH)
        except OSError as error:
            if error.errno not in NO_LOCKS:
                raise
        yield
    finally:
        os.close(handle)
