"""The door by which files are read that others may have put there: regular ones alone, within a bound.

A named pipe is waited for until somebody writes to it, a device may never end, and both say that they have no bytes.
What is opened is asked, not its name, so that nothing can take its place in between.
"""

from __future__ import annotations

import errno
import os
import stat
from io import BufferedReader

_KINDS = {
    stat.S_IFIFO: "a named pipe", stat.S_IFCHR: "a device", stat.S_IFBLK: "a device", stat.S_IFSOCK: "a socket",
}  # fmt: skip

_LEAST_READ_BYTES = 4095


class UnfitFile(OSError, ValueError):
    """What has the name of a file is none, or one larger than any that is meant: as good as damaged.

    To readers that know damage it is a ValueError, to those that know calls alone a call that failed; its text is the
    reason alone, without the name.
    """

    def __str__(self) -> str:
        return str(self.strerror)


def open_regular(path: str | os.PathLike[str], most_bytes: int | None = None) -> BufferedReader:
    """Open a file for reading.

    Args:
        path: The file.
        most_bytes: More than it may have; None for no bound, where it is read piece by piece.

    Raises:
        UnfitFile: It is no regular file, or larger.
        OSError: It can't be opened, or is a folder.
    """
    return open(open_descriptor(path, most_bytes), "rb")


def read_regular(path: str | os.PathLike[str], most_bytes: int = 2**30) -> bytes:
    """Return the content of a file; the arguments and what is raised are those of `open_regular`."""
    descriptor, size_bytes = _opened(path, most_bytes)
    try:  # without a file object, which takes as long as reading a small file
        at_a_time = max(size_bytes, _LEAST_READ_BYTES) + 1  # those of /proc say that they have none
        parts = [os.read(descriptor, at_a_time)]
        if len(parts[0]) == size_bytes:  # more was asked for: it ends there
            return parts[0]
        while parts[-1]:
            parts.append(os.read(descriptor, at_a_time))
    finally:
        os.close(descriptor)
    return b"".join(parts) if len(parts) > 2 else parts[0]


def read_beginning(path: str | os.PathLike[str], count: int, most_bytes: int) -> bytes:
    """Return the first bytes of a file, fewer where it has fewer; what is raised is what `open_regular` raises."""
    descriptor = open_descriptor(path, most_bytes)
    try:
        return os.read(descriptor, count)
    finally:
        os.close(descriptor)


def require_regular(path: str | os.PathLike[str], most_bytes: int | None = None) -> None:
    """Check a file before a library opens it by its name; see `open_regular`."""
    os.close(open_descriptor(path, most_bytes))


def stat_regular(path: str | os.PathLike[str], most_bytes: int | None = None) -> int:
    """Return how many bytes a file has, without opening it; what is raised is what `open_regular` raises."""
    return _size_bytes(path, os.stat(path), most_bytes)


def open_descriptor(path: str | os.PathLike[str], most_bytes: int | None = None) -> int:
    """Return a descriptor of a file, to be closed by the caller; see `open_regular`."""
    return _opened(path, most_bytes)[0]


def _opened(path: str | os.PathLike[str], most_bytes: int | None) -> tuple[int, int]:
    """Return a descriptor of a file, and how many bytes it has."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)  # of a regular file that changes nothing
    except OSError as error:
        if error.errno == errno.ENXIO:
            raise _no_file(path, "a socket, or a device that isn't there") from error
        raise
    try:
        return descriptor, _size_bytes(path, os.fstat(descriptor), most_bytes)
    except BaseException:
        os.close(descriptor)
        raise


def _size_bytes(path: str | os.PathLike[str], found: os.stat_result, most_bytes: int | None) -> int:
    """Return how many bytes a regular file has; raise OSError where it is another thing, or larger."""
    if not stat.S_ISREG(found.st_mode):
        if stat.S_ISDIR(found.st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), os.fspath(path))
        raise _no_file(path, _KINDS.get(stat.S_IFMT(found.st_mode), "something else"))
    if most_bytes is not None and found.st_size > most_bytes:
        raise UnfitFile(errno.EFBIG, f"more than {most_bytes:,} bytes", os.fspath(path))
    return found.st_size


def _no_file(path: str | os.PathLike[str], what: str) -> UnfitFile:
    return UnfitFile(errno.EINVAL, f"not a regular file but {what}", os.fspath(path))
