"""A cache of chunks on this disk: what was read of an object store once is read from here from then on.

A shard is a sparse file here, under its digest, with each chunk at the place that it has in the shard; so what is
cached stays right whatever becomes of the corpus, and is read as from a shard on this disk. Nothing says which chunks
are there: each ends with the CRC-32C of the rest, which neither a hole matches nor what a kill or a power cut tore, and
is fetched again where it doesn't. Several processes may use one folder: the files themselves say, by when they were
touched last, which are used least, and these go where the limit is reached. Files of one chunk each, as versions before
left them, go as the least used ones.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
import weakref
from contextlib import suppress
from pathlib import Path

import google_crc32c

from bgfg.data_manifests.files.atomic_write import replace_text
from bgfg.data_manifests.files.flush import make_folder
from bgfg.data_manifests.files.json_form import misfit, read_json
from bgfg.data_manifests.files.regular_file import open_descriptor
from bgfg.data_manifests.objects.urls import require_no_url
from bgfg.data_manifests.terminal.arguments import CacheBytes, checked_arguments
from bgfg.data_manifests.terminal.errors import Problem

_NOTE_FILE = "bgfg-cache.json"
_NOTE = '{"format": "bgfg-chunk-cache"}\n'

# What goes where the limit is reached, and how much may be written before that is looked at again, as shares of it.
_KEPT_SHARE, _UNSEEN_SHARE = 0.9, 0.02

_FILES_KEPT_OPEN = 512  # half of those that a process may usually have open
_NOTED_EVERY_S = 10.0  # a touch for each chunk that is read would take as long as reading it
_DISK_BLOCK_BYTES = 4096
_STATUS_BLOCK_BYTES = 512  # of st_blocks, whatever the disk's are

_RESIDUE = 0x48674BC7  # the crc32c of any bytes with their own crc32c after them


class ChunkCache:
    """A folder of chunks, of at most so many bytes; several threads and processes may use it.

    Attributes:
        folder: The folder.
        limit_bytes: How many bytes its files take on the disk at most.
        hits: How many chunks were read from it.
        misses: How many were fetched.
    """

    @checked_arguments
    def __init__(self, folder: str | os.PathLike[str], limit_bytes: CacheBytes) -> None:
        """Make the folder where there is none.

        Raises:
            Problem: It holds something else, or is a URL.
        """
        require_no_url(folder)
        folder = Path(folder)
        self.folder, self.limit_bytes = folder, limit_bytes
        self.hits = self.misses = 0
        self._changed = threading.Lock()
        self._files: dict[str, _ShardFile] = {}  # that are open, the one that was used last at the end
        self._unseen_bytes = limit_bytes  # what others have left there isn't known yet
        note = folder / _NOTE_FILE
        if folder.exists() and (not folder.is_dir() or (any(folder.iterdir()) and not _is_note(note))):
            raise Problem(f"--cache {folder}: holds other things: give an empty or a new folder", exit_code=2)
        make_folder(folder)
        if not note.exists():
            replace_text(note, _NOTE)

    def find(self, shard_sha256: str, start: int, stop: int) -> bytes | None:
        """Return a chunk that is here, its checksum verified; None where it isn't, or is damaged.

        Args:
            shard_sha256: Hex SHA-256 of the shard.
            start: Where the chunk begins in it.
            stop: Where it ends.
        """
        try:
            file = self._opened(shard_sha256)
        except FileNotFoundError:
            return None
        data = file.read(start, stop)
        if len(data) != stop - start or google_crc32c.value(data) != _RESIDUE:
            return None
        file.note_use()
        self.hits += 1
        return data

    def keep(self, shard_sha256: str, start: int, data: bytes) -> None:
        """Keep a chunk that was fetched, which begins at `start`; one that is damaged isn't: its reader will say so."""
        self.misses += 1
        if google_crc32c.value(data) != _RESIDUE:
            return
        first, last = start // _DISK_BLOCK_BYTES, (start + len(data) - 1) // _DISK_BLOCK_BYTES
        self._make_room((last - first + 1) * _DISK_BLOCK_BYTES)
        path = self._path(shard_sha256)
        path.parent.mkdir(exist_ok=True)
        _write_at(path, start, data)
        with self._changed:  # another process may have removed the file that is open, and this be a new one
            self._files.pop(shard_sha256, None)

    def _path(self, shard_sha256: str) -> Path:
        return self.folder / shard_sha256[:2] / shard_sha256

    def _opened(self, shard_sha256: str) -> _ShardFile:
        """Return the file of a shard, which stays open while it is used; raise FileNotFoundError if there is none."""
        with self._changed:
            file = self._files.pop(shard_sha256, None) or _ShardFile(self._path(shard_sha256))
            self._files[shard_sha256] = file
            if len(self._files) > _FILES_KEPT_OPEN:
                del self._files[next(iter(self._files))]
        return file

    def _make_room(self, size_bytes: int) -> None:
        with self._changed:
            self._unseen_bytes += size_bytes
            if self._unseen_bytes < self.limit_bytes * _UNSEEN_SHARE:
                return
            self._unseen_bytes = 0
        descriptor = os.open(self.folder, os.O_RDONLY)
        try:
            with suppress(BlockingIOError):  # another process does it just now
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                self._remove_oldest()
        finally:
            os.close(descriptor)

    def _remove_oldest(self) -> None:
        """Remove the files that weren't used for longest, where there is more than may be kept."""
        found = []
        for folder in (entry for entry in os.scandir(self.folder) if entry.is_dir()):
            for entry in os.scandir(folder):
                with suppress(FileNotFoundError):
                    status = entry.stat()
                    found.append((status.st_mtime_ns, status.st_blocks * _STATUS_BLOCK_BYTES, entry.path))
        excess = sum(size for _, size, _ in found) - int(self.limit_bytes * _KEPT_SHARE)
        for _, size, path in sorted(found):
            if excess <= 0:
                break
            with suppress(FileNotFoundError):
                os.truncate(path, 0)  # whoever has it open finds it empty, and the disk has its room again
                os.unlink(path)
            excess -= size


class _ShardFile:
    """What is here of a shard, open to be read for as long as this object lives."""

    def __init__(self, path: Path) -> None:
        self._descriptor = open_descriptor(path)
        weakref.finalize(self, os.close, self._descriptor)
        self._noted_s = float("-inf")

    def read(self, start: int, stop: int) -> bytes:
        """Return the bytes from `start` to before `stop`, fewer where they end earlier."""
        return os.pread(self._descriptor, stop - start, start)

    def note_use(self) -> None:
        """Say on the disk that the file was used, now and then."""
        now_s = time.monotonic()
        if now_s - self._noted_s >= _NOTED_EVERY_S:
            self._noted_s = now_s
            os.utime(self._descriptor)


def _write_at(path: Path, start: int, data: bytes) -> None:
    """Write bytes into a file, which is made where there is none."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK, 0o666)
    try:
        left = memoryview(data)
        while left:
            written = os.pwrite(descriptor, left, start)
            left, start = left[written:], start + written
    except OSError as error:
        error.filename = str(path)
        raise
    finally:
        os.close(descriptor)


def _is_note(path: Path) -> bool:
    try:
        return not misfit(read_json(path), {"format": str})
    except (FileNotFoundError, ValueError):
        return False
