"""A cache of chunks on this disk: what was read of an object store once is read from here from then on.

A chunk is a file of its own, whole or not there, under the digest of its shard and its place in it; so what is cached
stays right whatever becomes of the corpus. Every chunk ends with the CRC-32C of the rest: one that a power cut tore is
fetched again. Several processes may use one folder: the files themselves say, by when they were touched last, which are
used least, and these go where the limit is reached.
"""

from __future__ import annotations

import fcntl
import os
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import google_crc32c

from bgfg.data_manifests.files.atomic_write import is_partial, replace_bytes, replace_text
from bgfg.data_manifests.files.flush import make_folder
from bgfg.data_manifests.files.json_form import misfit, read_json
from bgfg.data_manifests.files.regular_file import UnfitFile, read_regular
from bgfg.data_manifests.terminal.errors import Problem

_NOTE_FILE = "bgfg-cache.json"
_NOTE = '{"format": "bgfg-chunk-cache"}\n'

# What goes where the limit is reached, and how much may be written before that is looked at again, as shares of it.
_KEPT_SHARE, _UNSEEN_SHARE = 0.9, 0.02

_RESIDUE = 0x48674BC7  # the crc32c of any bytes with their own crc32c after them


class ChunkCache:
    """A folder of chunks, of at most so many bytes; several threads and processes may use it.

    Attributes:
        folder: The folder.
        limit_bytes: How many bytes its files have at most.
        hits: How many chunks were read from it.
        misses: How many were fetched.
    """

    def __init__(self, folder: Path, limit_bytes: int) -> None:
        """Make the folder where there is none.

        Raises:
            Problem: It holds something else.
        """
        self.folder, self.limit_bytes = folder, limit_bytes
        self.hits = self.misses = 0
        self._changed = threading.Lock()
        self._unseen_bytes = limit_bytes  # what others have left there isn't known yet
        note = folder / _NOTE_FILE
        if folder.exists() and (not folder.is_dir() or (any(folder.iterdir()) and not _is_note(note))):
            raise Problem(f"--cache {folder}: holds other things: give an empty or a new folder", exit_code=2)
        make_folder(folder)
        if not note.exists():
            replace_text(note, _NOTE)

    def read(self, shard_sha256: str, start: int, stop: int, fetch: Callable[[], bytes]) -> bytes:
        """Return a chunk, from here or else by `fetch`.

        Args:
            shard_sha256: Hex SHA-256 of the shard.
            start: Where the chunk begins in it.
            stop: Where it ends.
            fetch: Returns its bytes, if they aren't here.
        """
        path = self.folder / shard_sha256[:2] / f"{shard_sha256}-{start}-{stop}"
        try:
            data = read_regular(path, stop - start)
            if len(data) == stop - start and google_crc32c.value(data) == _RESIDUE:
                os.utime(path)
                self.hits += 1
                return data
        except (FileNotFoundError, UnfitFile):
            pass
        data = fetch()
        self.misses += 1
        if len(data) == stop - start and google_crc32c.value(data) == _RESIDUE:  # else its reader will say so
            self._make_room(len(data))
            path.parent.mkdir(exist_ok=True)
            replace_bytes(path, data, durable=False)
        return data

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
        """Remove the chunks that weren't used for longest, where there are more than may be kept."""
        found = []
        for folder in (entry for entry in os.scandir(self.folder) if entry.is_dir()):
            for entry in os.scandir(folder):
                with suppress(FileNotFoundError):
                    status = entry.stat()
                    if not is_partial(entry.name):
                        found.append((status.st_mtime_ns, status.st_size, entry.path))
        excess = sum(size for _, size, _ in found) - int(self.limit_bytes * _KEPT_SHARE)
        for _, size, path in sorted(found):
            if excess <= 0:
                break
            with suppress(FileNotFoundError):
                os.unlink(path)
            excess -= size


def _is_note(path: Path) -> bool:
    try:
        return not misfit(read_json(path), {"format": str})
    except (FileNotFoundError, ValueError):
        return False
