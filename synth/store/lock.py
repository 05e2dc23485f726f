"""One writer at a time: a kernel lock on the corpus, released by death."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bgfg.data_manifests.terminal.errors import Problem

LOCK_FILE = ".lock"


@contextmanager
def only_writer(corpus: Path, what: str = "corpus") -> Iterator[None]:
    """Hold the folder `corpus`, or of `what` it is, for writing; raise Problem where another process holds it.

    The lock file stays behind; the lock itself goes with the process, however that ends.
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
