"""An object as a file to be read anywhere: what is asked for is fetched by ranges of bytes, a buffer at a time."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING

from bgfg.data_manifests.objects.object_store import ObjectStore

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

# Of tar files every header is asked for, of zip files their end: more would be fetched in vain.
_BUFFER_BYTES = 64 * 1024


class _RangeFile(io.RawIOBase):
    def __init__(self, store: ObjectStore, key: str, size_bytes: int) -> None:
        super().__init__()
        self._store, self._key, self._size_bytes, self._place = store, key, size_bytes, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._place, os.SEEK_END: self._size_bytes}[whence]
        if start + offset < 0:
            raise ValueError("a place before the beginning of the file")
        self._place = start + offset
        return self._place

    def tell(self) -> int:
        return self._place

    def readinto(self, buffer: WriteableBuffer) -> int:
        wanted = memoryview(buffer).cast("B")
        stop = min(self._size_bytes, self._place + len(wanted))
        if stop <= self._place:
            return 0
        found = self._store.read(self._key, self._place, stop)
        wanted[: len(found)] = found
        self._place += len(found)
        return len(found)


def open_object(store: ObjectStore, key: str, size_bytes: int) -> io.BufferedReader:
    """Open an object to be read as a file.

    Args:
        store: Where it lies.
        key: Its key.
        size_bytes: How many bytes it has.
    """
    return io.BufferedReader(_RangeFile(store, key, size_bytes), _BUFFER_BYTES)
