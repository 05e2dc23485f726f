"""HDF5 files whose library never hears of a disk that fails: it may crash when it closes what it couldn't write.

The library writes through a Python object, which at the first error takes note, drops what comes after, and says that
all is well; the error is raised as soon as the library is out of the way.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any


@contextmanager
def create_hdf5(path: Path) -> Iterator[tuple[Any, Callable[[], None]]]:
    """Write an HDF5 file.

    Args:
        path: Where it goes; one that is there is emptied.

    Yields:
        The h5py.File, and a function that raises the first error of the disk, if there was one: to be called now and
        then, so that work ends early.

    Raises:
        OSError: The disk failed, with its own number.
    """
    import h5py

    sink = _Sink(path)
    try:
        with h5py.File(sink, "w", driver="fileobj") as file:
            yield file, sink.require_sound
    except (OSError, RuntimeError):
        sink.require_sound()  # what the library says of it comes from what was dropped
        raise
    finally:
        sink.close()
    sink.require_sound()


class _Sink:
    """A file as h5py's driver `fileobj` wants it; its methods are those of a binary file."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o666)
        self._position = 0
        self._error: OSError | None = None

    def require_sound(self) -> None:
        """Raise the first error that there was, if there was one."""
        if self._error is not None:
            raise OSError(self._error.errno, self._error.strerror, str(self._path)) from self._error

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._position}.get(whence)
        self._position = offset + (os.fstat(self._descriptor).st_size if start is None else start)
        return self._position

    def tell(self) -> int:
        return self._position

    def write(self, data: Any) -> int:
        left = memoryview(data)
        while left and self._error is None:
            try:
                written = os.pwrite(self._descriptor, left, self._position)
            except OSError as error:
                self._error = error
            else:
                self._position += written
                left = left[written:]
        self._position += len(left)
        return len(data)

    def readinto(self, buffer: Any) -> int:
        left = memoryview(buffer)
        while left and (read := os.preadv(self._descriptor, [left], self._position)):
            self._position += read
            left = left[read:]
        left[:] = bytes(len(left))  # what was dropped
        self._position += len(left)
        return len(buffer)

    def read(self, size: int) -> bytes:
        buffer = bytearray(size)
        self.readinto(buffer)
        return bytes(buffer)

    def truncate(self, size: int) -> int:
        if self._error is None:
            try:
                os.ftruncate(self._descriptor, size)
            except OSError as error:
                self._error = error
        return size

    def flush(self) -> None:
        """Nothing is kept back."""

    def close(self) -> None:
        os.close(self._descriptor)
