"""One writer at a time: a kernel lock on a folder, which ends with its process, however that ends."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bgfg.data_manifests.terminal.errors import Problem

LOCK_FILE = ".lock"


@contextmanager
def writer_lock(corpus: Path, what: str = "corpus") -> Iterator[None]:
    """Hold a folder for writing.

    The lock file stays behind; the lock itself goes with the process, however that ends.

    Args:
        corpus: The folder to hold.
        what: What the folder is, for the message.

    Raises:
        Problem: Another process holds the folder.
    """
    with (corpus / LOCK_FILE).open("a+", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            holder = file.read().strip() or "unknown"
            raise Problem(
                f"{corpus}: another bgfg (process {holder}) is writing to this {what}: wait for it, or stop it"
            ) from None
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        yield
