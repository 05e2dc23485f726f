"""Flushing to disk: what was written, renamed or made survives a power cut once these functions return."""

from __future__ import annotations

import ctypes
import errno
import os
import sys
from pathlib import Path

_OFFSET = ctypes.c_int64
_SYNC_FILE_RANGE_WRITE = 2  # linux/fs.h: start what isn't being written yet, wait for nothing


def flush_file(path: Path) -> None:
    """Return once the disk has the content of a file."""
    _flush(path, os.O_RDONLY)


def flush_folder(folder: Path) -> None:
    """Return once the disk has the names in a folder: a rename or a new file is safe only then."""
    try:
        _flush(folder, os.O_RDONLY | getattr(os, "O_DIRECTORY", 0))
    except OSError as error:  # some network file systems don't flush folders, and some folders may be written only
        if error.errno not in (errno.EINVAL, errno.ENOTSUP, errno.EACCES):
            raise


def make_folder(folder: Path) -> list[Path]:
    """Make a folder and those above it where they are missing, and flush the names of the new ones.

    Returns:
        The new ones, from the lowest up.
    """
    missing = [path for path in (folder, *folder.parents) if not path.exists()]
    folder.mkdir(parents=True, exist_ok=True)
    for path in reversed(missing):
        flush_folder(path.parent)
    return missing


def flush_file_system(folder: Path) -> None:
    """Return once the disk has everything that was written before to the file system of a folder.

    One such barrier in front of a mark is far cheaper than flushing thousands of small files one by one: the system
    writes them in the order of the disk and commits its journal once.

    Raises:
        OSError: The disk didn't take all of it.
    """
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        sync_file_system(descriptor)
    except OSError as error:  # which doesn't know the name
        raise OSError(error.errno, error.strerror, str(folder)) from error
    finally:
        os.close(descriptor)


def sync_file_system(descriptor: int) -> None:
    """Return once the disk has everything of the file system of an open file; raise OSError where it hasn't."""
    if sys.platform != "linux":
        os.sync()  # all file systems, and without word of errors: all that is offered there
    elif ctypes.CDLL(None, use_errno=True).syncfs(descriptor):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def begin_to_flush(descriptor: int) -> None:
    """Have the system begin to write an open file to the disk, and return at once: a later flush waits for less.

    Only Linux can do that. Nothing depends on it, so that whether it failed is left to the flush to tell.
    """
    if sys.platform == "linux":
        ctypes.CDLL(None).sync_file_range(descriptor, _OFFSET(0), _OFFSET(0), _SYNC_FILE_RANGE_WRITE)


def _flush(path: Path, flags: int) -> None:
    descriptor = os.open(path, flags | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    except OSError as error:  # which doesn't know the name
        raise OSError(error.errno, error.strerror, str(path)) from error
    finally:
        os.close(descriptor)
