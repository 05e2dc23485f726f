"""What damaged zip files make Python's own reader raise, told in one line."""

from __future__ import annotations

import lzma
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bgfg.data_manifests.files.failing_call import raise_failed_call
from bgfg.data_manifests.terminal.errors import Problem

_DAMAGE = (OSError, ValueError, LookupError, EOFError, RuntimeError, OverflowError, MemoryError, AttributeError,
           TypeError, struct.error, zlib.error, lzma.LZMAError, zipfile.BadZipFile)  # fmt: skip


@contextmanager
def one_line_of_damage(path: Path) -> Iterator[None]:
    """Turn what reading from a zip raises into a Problem that names it."""
    try:
        yield
    except _DAMAGE as error:
        raise_failed_call(error, path)
        said = " ".join(str(error).split())[:160] or type(error).__name__
        raise Problem(f"{path}: damaged, or not a whole zip ({said}): replace it with a whole copy") from error
