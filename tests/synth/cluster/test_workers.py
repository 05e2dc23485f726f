"""How workers of a cluster begin a task."""

from __future__ import annotations

import errno
import os
import pickle
import socket
from typing import NoReturn

import pytest

from bgfg.synth.cluster.workers import make_start


class _Work:
    """Work that can't be unpacked."""

    def __init__(self, error: Exception) -> None:
        self.error = error

    def __reduce__(self) -> tuple[object, ...]:
        return _fail, (self.error,)


def _fail(error: Exception) -> NoReturn:
    raise error


def test_a_worker_whose_disk_has_no_room_for_what_stands_for_a_url_is_named() -> None:
    full = OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/tmp/mirror")
    line = f"a worker on {socket.gethostname()} couldn't begin it: /tmp/mirror: No space left on device"
    assert make_start()(pickle.dumps(_Work(full)), 3) == line
    assert make_start()(pickle.dumps(_Work(OSError("no folder"))), 3).endswith("couldn't begin it: no folder")


def test_work_is_done_and_its_own_failures_are_raised() -> None:
    assert make_start()(pickle.dumps(hex), 17) == "0x11"
    with pytest.raises(ValueError, match="of the work"):
        make_start()(pickle.dumps(_Work(ValueError("of the work"))), 3)
