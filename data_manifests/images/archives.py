"""Listing of zip and tar files without unpacking them, and whether unpacking would be safe."""

from __future__ import annotations

import stat
import tarfile
import zipfile
from collections.abc import Iterator
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import NamedTuple

ARCHIVE_SUFFIXES = (".zip", ".tar")
_TAR_END_BYTES = 2 * tarfile.BLOCKSIZE


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


def list_members(path: Path) -> Iterator[ArchiveMember]:
    """List the files of a zip or (uncompressed) tar file.

    Only the zip's directory or the tar's headers are read: what the members hold, and how large they are unpacked,
    doesn't matter.

    Args:
        path: The archive; the suffix .zip tells its kind.

    Yields:
        Its files in their order.

    Raises:
        DamagedArchive: It can't be read.
    """
    try:
        yield from _zip_members(path) if path.suffix.lower() == ".zip" else _tar_members(path)
    except (zipfile.BadZipFile, tarfile.TarError, NotImplementedError, UnicodeDecodeError) as error:
        raise DamagedArchive(f"can't be listed: {error}") from error


def _zip_members(path: Path) -> Iterator[ArchiveMember]:
    with zipfile.ZipFile(path) as archive:
        for info in archive.infolist():
            mode = info.external_attr >> 16  # as Unix writes it
            if stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR):
                yield ArchiveMember(info.filename, "a link or a device")
            elif not info.is_dir() or _leads_out(info.filename):
                yield ArchiveMember(info.filename, _leads_out(info.filename))


def _tar_members(path: Path) -> Iterator[ArchiveMember]:
    with path.open("rb") as file:  # tarfile takes a tar that is cut short for a shorter one
        file.seek(-min(_TAR_END_BYTES, path.stat().st_size), 2)
        if file.read().strip(b"\0"):
            raise DamagedArchive("cut short: it doesn't end as a tar file does")
    with tarfile.open(path, "r:") as archive:
        while (info := archive.next()) is not None:
            if not (info.isreg() or info.isdir()):
                yield ArchiveMember(info.name, "a link or a device")
            elif info.isreg() or _leads_out(info.name):
                yield ArchiveMember(info.name, _leads_out(info.name))
            archive.members = []  # type: ignore[attr-defined]  # else every header stays in memory


def _leads_out(name: str) -> str:
    """Say how a member's name leaves the folder that it is unpacked into, on any system; empty if it doesn't."""
    posix, windows = PurePosixPath(name), PureWindowsPath(name)
    if posix.is_absolute() or windows.drive or windows.root:
        return "an absolute path"
    return "a path that leads out of its folder" if ".." in (*posix.parts, *windows.parts) else ""
