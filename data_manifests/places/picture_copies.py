"""Pictures under a URL, copied for as long as they are looked at, some at a time."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from bgfg.data_manifests.images.decode import MAX_FILE_BYTES
from bgfg.data_manifests.objects.mirror import Mirror
from bgfg.data_manifests.objects.object_store import REQUESTS_AT_A_TIME


class PictureCopies:
    """Copies of pictures; made by `picture_copies`."""

    def __init__(self, there: Mirror, folder: Path) -> None:
        self._store, self._sizes, self._folder = there.store, there.sizes, folder

    def __call__(self, key: str) -> Path:
        """Return the path of the copy of an object, made where there is none yet; where it is gone there is no file.

        One that is larger than any picture is a hole of its size, which no reader opens.
        """
        name = hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()[:32]
        path = self._folder / f"{name}{PurePosixPath(key).suffix}"  # keys may be longer than names, or stand for both
        if not path.exists():
            if self._sizes.get(key, 0) > MAX_FILE_BYTES:
                path.touch()
                os.truncate(path, self._sizes[key])
                return path
            with suppress(FileNotFoundError):
                self._store.download(key, path)
        return path

    def make(self, keys: Iterable[str]) -> None:
        """Copy objects, in concurrent requests."""
        with ThreadPoolExecutor(REQUESTS_AT_A_TIME) as threads:
            list(threads.map(self, keys))


@contextmanager
def picture_copies(there: Mirror) -> Iterator[PictureCopies]:
    """Give what copies pictures; the copies go at the end, or with the folder that stands for the URL."""
    with TemporaryDirectory(dir=there.folder.parent) as folder:
        yield PictureCopies(there, Path(folder))
