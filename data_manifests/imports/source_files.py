"""Files of a folder by their relative paths, those within zip and tar files too.

Where the folder stands for a URL, a file that isn't copied is read there.
"""

from __future__ import annotations

import errno
import hashlib
import os
import tarfile
import weakref
import zipfile
import zlib
from functools import lru_cache
from pathlib import Path, PurePosixPath
from typing import NamedTuple, Protocol

from bgfg.data_manifests.files.regular_file import UnfitFile, open_regular, read_beginning, read_regular, stat_regular
from bgfg.data_manifests.images.archives import ARCHIVE_SUFFIXES, DamagedArchive, tar_headers
from bgfg.data_manifests.images.decode import MAX_FILE_BYTES, PictureError
from bgfg.data_manifests.objects.mirror_folders import mirrored

# An archive's directory has a gigabyte at most; so many archives stay open in a process.
_ARCHIVES_KEPT_OPEN = 8

# What the standard library's readers raise on damaged members.
_DAMAGE = (zipfile.BadZipFile, tarfile.TarError, zlib.error, ValueError, LookupError, EOFError, RuntimeError,
           NotImplementedError)  # fmt: skip


class SourceFile(NamedTuple):
    """A file as it was read.

    Attributes:
        path: Relative to the folder, with forward slashes; of a member of an archive, the archive's and the member's.
        data: Its content.
    """

    path: str
    data: bytes

    @property
    def sha256(self) -> str:
        """Hex SHA-256 of the content."""
        return hashlib.sha256(self.data).hexdigest()


class _Archive(Protocol):
    def read(self, member: str, first_bytes: int | None = None) -> bytes:
        """Return the content of a member, or its first bytes."""


class SourceFiles:
    """Reads the files under a folder, for any number of threads."""

    def __init__(self, root: Path) -> None:
        self._root, self._prefix, self._there = root, f"{root}/", mirrored(root)
        self._open_archive = lru_cache(maxsize=_ARCHIVES_KEPT_OPEN)(_open_archive)
        self._archive_of = lru_cache(maxsize=256)(self._find_archive)

    def require(self, path: str) -> None:
        """Raise PictureError where `read` would find no file, or one larger than any picture; open none."""
        if self._archive_of(path.rpartition("/")[0]) is not None:
            self.read(path, first_bytes=1)
            return
        try:
            if self._size_there(path) is None:
                stat_regular(self._prefix + path, MAX_FILE_BYTES)
        except OSError as error:
            raise PictureError.of(self._root / path, error) from error

    def read(self, path: str, first_bytes: int | None = None) -> SourceFile:
        """Read a file, or a member of an archive.

        Args:
            path: Its path.
            first_bytes: How many bytes of it are wanted; None for all.

        Raises:
            PictureError: It isn't there, is larger than any picture, or the archive is damaged.
        """
        archive = self._archive_of(path.rpartition("/")[0])
        try:
            if archive is not None:
                member = path[len(archive) + 1 :]
                return SourceFile(path, self._open_archive(self._file(archive)).read(member, first_bytes))
            size_bytes = self._size_there(path)
            if size_bytes is not None:
                return SourceFile(path, self._read_there(path, min(size_bytes, first_bytes or size_bytes)))
            if first_bytes is None:
                return SourceFile(path, read_regular(self._prefix + path, MAX_FILE_BYTES))
            return SourceFile(path, read_beginning(self._prefix + path, first_bytes, MAX_FILE_BYTES))
        except OSError as error:
            raise PictureError.of(self._root / path, error) from error
        except _DAMAGE as error:
            reason = f"can't be read from its archive ({error or type(error).__name__})"
            raise PictureError(self._root / path, reason, "Replace the archive with a whole copy") from error

    def _size_there(self, path: str) -> int | None:
        """Return how many bytes a file has that lies under a URL alone; None where it is on this machine, or nowhere.

        Raises:
            UnfitFile: It is larger than any picture.
        """
        if self._there is None or os.path.exists(self._prefix + path):
            return None
        size_bytes = self._there.sizes.get(path)
        if size_bytes is not None and size_bytes > MAX_FILE_BYTES:
            raise UnfitFile(errno.EFBIG, f"more than {MAX_FILE_BYTES:,} bytes", path)
        return size_bytes

    def _has_file(self, path: str) -> bool:
        return (self._there is not None and path in self._there.sizes) or (self._root / path).is_file()

    def _read_there(self, path: str, count: int) -> bytes:
        """Return the first bytes of a file under a URL."""
        assert self._there is not None
        return self._there.store.read(path, 0, count) if count else b""  # no store has a range of nothing

    def _file(self, path: str) -> Path:
        """Return the path of a file, which is copied from a URL where it is there alone."""
        if self._there is None or path not in self._there.sizes:
            return self._root / path
        return self._there.fetched(path)

    def _find_archive(self, folder: str) -> str | None:
        """Return which archive the files of a folder lie in; None where they lie in no archive."""
        parts = PurePosixPath(folder).parts
        for depth in range(1, len(parts) + 1):
            outer = "/".join(parts[:depth])
            if outer.lower().endswith(ARCHIVE_SUFFIXES) and self._has_file(outer):
                return outer
        return None


def _open_archive(path: Path) -> _Archive:
    return _Zip(path) if path.suffix.lower() == ".zip" else _Tar(path)


class _Zip:
    def __init__(self, path: Path) -> None:
        file = open_regular(path)
        weakref.finalize(self, file.close)
        self._archive = zipfile.ZipFile(file)

    def read(self, member: str, first_bytes: int | None = None) -> bytes:
        """Return what a member begins with; one that says that it is larger than any picture isn't unpacked."""
        info = self._archive.getinfo(member)
        if info.file_size > MAX_FILE_BYTES:
            raise DamagedArchive(f"{info.file_size:,} bytes unpacked")
        with self._archive.open(info) as stream:
            # No more than it says; read to its end, it is held to its checksum.
            return stream.read(info.file_size + 1 if first_bytes is None else first_bytes)


class _Tar:
    def __init__(self, path: Path) -> None:
        self._stream = open_regular(path)
        weakref.finalize(self, self._stream.close)
        with open_regular(path) as file, tarfile.open(fileobj=file, mode="r:") as archive:
            members = ((info.name, (info.offset_data, info.size)) for info in tar_headers(archive) if info.isreg())
            self._members = dict(members)

    def read(self, member: str, first_bytes: int | None = None) -> bytes:
        """Return what a member begins with."""
        offset, size_bytes = self._members[member]
        if size_bytes > MAX_FILE_BYTES:
            raise DamagedArchive(f"{size_bytes:,} bytes")
        if first_bytes is not None:
            size_bytes = min(size_bytes, first_bytes)
        data = os.pread(self._stream.fileno(), size_bytes, offset)  # at a place of its own, whatever other threads read
        if len(data) < size_bytes:
            raise DamagedArchive("cut short")
        return data
