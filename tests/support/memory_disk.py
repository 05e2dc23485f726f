"""Where tests write: in memory where there is room, for disks take their time over many small folders."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

_MEMORY = Path("/dev/shm")
_ROOM_BYTES = 4 << 30  # some times as much as the whole suite has there at any moment


def temporary_root() -> Path:
    """Return the folder that folders of tests are made in: in memory if there is room, and programs may run there."""
    try:
        found = os.statvfs(_MEMORY)
        fits = found.f_bavail * found.f_frsize > _ROOM_BYTES and not found.f_flag & os.ST_NOEXEC
    except (OSError, AttributeError):  # not on every system
        fits = False
    return _MEMORY if fits and os.access(_MEMORY, os.W_OK) else Path(tempfile.gettempdir())


if __name__ == "__main__":
    print(temporary_root())
