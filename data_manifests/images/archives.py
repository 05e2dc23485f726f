"""Listing of zip and tar files without unpacking them, and whether unpacking would be safe."""

from __future__ import annotations

import errno
import stat
import struct
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import BinaryIO, NamedTuple

from bgfg.data_manifests.files.failing_call import raise_failed_call
from bgfg.data_manifests.files.regular_file import open_regular

ARCHIVE_SUFFIXES = (".zip", ".tar")
_TAR_END_BYTES = 2 * tarfile.BLOCKSIZE

# What the standard library's readers raise on damaged archives.
_DAMAGE = (
    zipfile.BadZipFile, tarfile.TarError, ValueError, TypeError, AttributeError, LookupError, ArithmeticError, EOFError,
    RuntimeError, MemoryError, struct.error, zlib.error,
)  # fmt: skip


class ArchiveMember(NamedTuple):
    """A file in an archive.

    Attributes:
        name: Path in the archive.
        danger: Why it must not be unpacked; empty for what is safe.
    """

    name: str
    danger: str


class DamagedArchive(ValueError):
    """An archive that can't be listed."""


def list_members(path: Path, opened: Callable[[Path], BinaryIO] = open_regular) -> Iterator[ArchiveMember]:
    """List the files of a zip or (uncompressed) tar file.

    Only the zip's directory or the tar's headers are read: what the members hold, and how large they are unpacked,
    doesn't matter.

    Args:
        path: The archive; the suffix .zip tells its kind.
        opened: Opens it.

    Yields:
        Its files in their order.

    Raises:
        DamagedArchive: It can't be read.
    """
    try:
        with opened(path) as file:
            yield from _zip_members(file) if path.suffix.lower() == ".zip" else _tar_members(file)
    except DamagedArchive:
        raise
    except _DAMAGE as error:
        raise_failed_call(error, path)
        raise DamagedArchive(f"can't be listed: {error or type(error).__name__}") from error
    except OSError as error:
        if error.errno != errno.EINVAL:  # a damaged number leads before the beginning of the file
            raise
        raise DamagedArchive("can't be listed: a member lies outside the file") from error


def _zip_members(file: BinaryIO) -> Iterator[ArchiveMember]:
    with zipfile.ZipFile(file) as archive:
        for info in archive.infolist():
            mode = info.external_attr >> 16  # as Unix writes it
            if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
                yield ArchiveMember(info.filename, "a link or a device")
            elif not info.is_dir() or _leads_out(info.filename):
                yield ArchiveMember(info.filename, _leads_out(info.filename))


def _tar_members(file: BinaryIO) -> Iterator[ArchiveMember]:
    file.seek(-min(_TAR_END_BYTES, file.seek(0, 2)), 2)  # tarfile takes a tar that is cut short for a shorter one
    if file.read().strip(b"\0"):
        raise DamagedArchive("cut short: it doesn't end as a tar file does")
    file.seek(0)
    with tarfile.open(fileobj=file, mode="r:") as archive:
        for info in tar_headers(archive):
            if not (info.isreg() or info.isdir()):
                yield ArchiveMember(info.name, "a link or a device")
            elif info.isreg() or _leads_out(info.name):
                yield ArchiveMember(info.name, _leads_out(info.name))


def tar_headers(archive: tarfile.TarFile) -> Iterator[tarfile.TarInfo]:
    """Yield the headers of a tar file in their order.

    Raises:
        DamagedArchive: One doesn't lie behind the one before: a damaged size may lead back, and there'd be no end.
    """
    reached = -1
    while (info := archive.next()) is not None:
        if info.offset <= reached or info.size < 0:
            raise DamagedArchive("can't be listed: its members aren't one behind the other")
        reached = info.offset
        yield info
        archive.members = []  # type: ignore[attr-defined]  # else every header stays in memory


def _leads_out(name: str) -> str:
    """Say how a member's name leaves the folder that it is unpacked into, on any system; empty if it doesn't."""
    posix, windows = PurePosixPath(name), PureWindowsPath(name)
    if posix.is_absolute() or windows.drive or windows.root:
        return "an absolute path"
    return "a path that leads out of its folder" if ".." in (*posix.parts, *windows.parts) else ""
