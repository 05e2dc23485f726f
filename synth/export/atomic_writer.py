"""Files that get their names once they are whole, hashed while they are written."""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from bgfg.data_manifests.files.checksum import file_sha256
from bgfg.data_manifests.files.flush import flush_file

# The kind of a piece of a larger file: it is no file of the export, and goes once the larger one is whole.
SEGMENT = "segment"

# What `open` does for "wb", a third quicker: for small files that is felt.
_NEW_FILE = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | getattr(os, "O_BINARY", 0)


class WrittenFile(NamedTuple):
    """One finished file.

    Attributes:
        kind: What it is, such as "image" or "pack", or SEGMENT.
        file: Its path within the folder of the export.
        bytes: Its size.
        sha256: Its hex SHA-256.
    """

    kind: str
    file: str
    bytes: int
    sha256: str


class HashedFile:
    """A binary file that is written once from start to end and hashed meanwhile.

    Attributes:
        size_bytes: How many bytes were written so far.
    """

    def __init__(self, path: Path) -> None:
        self._file = path.open("wb")
        self._hash = hashlib.sha256()
        self.size_bytes = 0

    def write(self, data: bytes) -> None:
        """Append some bytes."""
        self._hash.update(data)
        self.size_bytes += self._file.write(data)

    def flush_to_disk(self) -> None:
        """Return once the disk has all of it."""
        self._file.flush()
        os.fdatasync(self._file.fileno())

    def close(self) -> None:
        """Close the file; what was written may not have reached the disk."""
        self._file.close()

    @property
    def sha256(self) -> str:
        """The hex SHA-256 of what was written."""
        return self._hash.hexdigest()


class AtomicWriter:
    """Writes files under a temporary name and renames them once they are whole; one for each process.

    Attributes:
        written: The files that got their names, and segments.
    """

    def __init__(self, folder: Path, out: Path) -> None:
        """Set up for one process.

        Args:
            folder: A folder of its own, on the disk of `out`.
            out: The folder that finished files go to.
        """
        self._out, self._folder, self._temporary = out, folder, folder / "file"
        self.written: list[WrittenFile] = []

    def write_file(self, kind: str, file: str, data: bytes) -> None:
        """Write one of many small files, to be named `file` within the export, in a folder that is there."""
        descriptor = os.open(self._temporary, _NEW_FILE, 0o666)
        try:
            written = os.write(descriptor, data)
            while written < len(data):  # as on a disk that fills up: the next one says why
                written += os.write(descriptor, data[written:])
        except OSError as error:  # which doesn't know the name
            raise OSError(error.errno, error.strerror, f"{self._out}/{file}") from error
        finally:
            os.close(descriptor)
        self._give_name(kind, file)
        self._note(kind, file, data)

    @contextmanager
    def open_file(self, kind: str, file: str) -> Iterator[HashedFile]:
        """Write one large file piece by piece; it is flushed to disk before it gets its name.

        Yields:
            The file to write to.
        """
        with self._named_once_whole(kind, file) as stream:
            yield stream
            stream.flush_to_disk()

    @contextmanager
    def open_segment(self, path: Path) -> Iterator[HashedFile]:
        """Write a piece of a larger file, to be found at `path` within the export.

        Yields:
            The file to write to.
        """
        with self._named_once_whole(SEGMENT, path.relative_to(self._out).as_posix()) as stream:
            yield stream

    @contextmanager
    def _named_once_whole(self, kind: str, file: str) -> Iterator[HashedFile]:
        stream = HashedFile(self._temporary)
        try:
            try:
                yield stream
            finally:
                stream.close()
        except OSError as error:
            if error.errno is None or error.filename is not None:
                raise
            raise OSError(error.errno, error.strerror, f"{self._out}/{file}") from error  # a write doesn't know it
        self._give_name(kind, file)
        self.written.append(WrittenFile(kind, file, stream.size_bytes, stream.sha256))

    @contextmanager
    def path_for_library(self, kind: str, file: str) -> Iterator[Path]:
        """Let a library write one large file; it is hashed and gets its name afterwards.

        Yields:
            The path to write to.

        Raises:
            OSError: The disk failed, with its proper number, which libraries may report in words of their own.
        """
        try:
            yield self._temporary
        except OSError as error:
            number = errno.ENOSPC if os.strerror(errno.ENOSPC) in str(error) else error.errno
            if number is None:
                raise
            raise OSError(number, os.strerror(number), f"{self._out}/{file}") from error
        sha256 = file_sha256(self._temporary)
        flush_file(self._temporary)
        size_bytes = self._temporary.stat().st_size
        self._give_name(kind, file)
        self.written.append(WrittenFile(kind, file, size_bytes, sha256))

    def finish(self) -> list[WrittenFile]:
        """Return what was written, once all of it is in its place."""
        return self.written

    def _note(self, kind: str, file: str, data: bytes) -> None:
        self.written.append(WrittenFile(kind, file, len(data), hashlib.sha256(data).hexdigest()))

    def _give_name(self, _kind: str, file: str) -> None:
        """Give the file that was written its name; raise OSError with that name where it can't have it."""
        path = f"{self._out}/{file}"
        try:
            os.replace(self._temporary, path)
        except OSError as error:  # which names the temporary file first
            raise OSError(error.errno, error.strerror, path) from error
