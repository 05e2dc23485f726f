"""Tells a file from what was there before under its name."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NamedTuple


class FileVersion(NamedTuple):
    """What a file has that one written in its place hasn't.

    Attributes:
        inode: Its number on the disk.
        size_bytes: Its size.
        modified_ns: When it was last written to, in ns.
    """

    inode: int
    size_bytes: int
    modified_ns: int

    @classmethod
    def of(cls, file: Path | int) -> FileVersion:
        """Return that of a path or of the descriptor of an open file; raise OSError where there is no file."""
        found = os.stat(file)
        return cls(found.st_ino, found.st_size, found.st_mtime_ns)
