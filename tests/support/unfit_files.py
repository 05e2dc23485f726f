"""What may have the name of a file and is none, or one larger than any that is meant; and a watch on who reads it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from threading import Thread

_LONGEST_S = 60


def put_pipe(path: Path) -> None:
    """Put a named pipe there, to which nobody writes."""
    path.unlink(missing_ok=True)
    os.mkfifo(path)


def put_device(path: Path) -> None:
    """Put a link to a device there that never ends."""
    path.unlink(missing_ok=True)
    path.symlink_to("/dev/zero")


def put_huge(path: Path) -> None:
    """Put a file of 64 GB of zeros there that takes no room."""
    path.unlink(missing_ok=True)
    with path.open("wb") as file:
        file.truncate(2**36)


def ended(read: Callable[[], object]) -> BaseException | None:
    """Return what a reader raised, None where it returned; fail where it waits, which no test is to wait for."""
    raised: list[BaseException | None] = []

    def run() -> None:
        try:
            read()
            raised.append(None)
        except BaseException as error:
            raised.append(error)

    thread = Thread(target=run, daemon=True)
    thread.start()
    thread.join(_LONGEST_S)
    assert raised, f"still reading after {_LONGEST_S} s"
    return raised[0]
