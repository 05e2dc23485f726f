"""Files of an export under a URL: written here under a temporary name, and uploaded by threads meanwhile."""

from __future__ import annotations

import os
import secrets
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any

from bgfg.data_manifests.objects.mirror import Mirror
from bgfg.data_manifests.objects.object_store import REQUESTS_AT_A_TIME
from bgfg.synth.export.atomic_writer import SEGMENT, AtomicWriter, WrittenFile


class UploadWriter(AtomicWriter):
    """Uploads what is written; an object is there once all of it is. Segments stay here too, for who assembles them."""

    def __init__(self, folder: Path, mirror: Mirror) -> None:
        """Set up for one process; folder: a folder of its own, within the one that stands for the URL."""
        super().__init__(folder, mirror.folder)
        self._store = mirror.store
        self._threads = ThreadPoolExecutor(REQUESTS_AT_A_TIME)
        self._uploads: deque[Future[Any]] = deque()

    def __enter__(self) -> UploadWriter:
        """Begin to write."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        """Leave out what isn't uploaded by now, as after a failure: it was waited for else."""
        self._threads.shutdown(cancel_futures=True)

    def write_file(self, kind: str, file: str, data: bytes) -> None:
        """Upload one of many small files, without a file of this machine."""
        self._upload(file, data)
        self._note(kind, file, data)

    def finish(self) -> list[WrittenFile]:
        """Return what was written, once all of it is in the store; raise Problem where something can't get there."""
        while self._uploads:
            self._uploads.popleft().result()
        return self.written

    def _give_name(self, kind: str, file: str) -> None:
        if kind == SEGMENT and (self._out / file).parent.exists():  # where who assembles them is another machine: no
            super()._give_name(kind, file)
            self._upload(file, self._out / file)
        else:
            whole = self._folder / secrets.token_hex(6)
            os.replace(self._temporary, whole)
            self._upload(file, whole, whole)

    def _upload(self, file: str, content: bytes | Path, removed: Path | None = None) -> None:
        """Have a thread upload something; wait where many do already, so that memory doesn't grow."""
        if len(self._uploads) >= 2 * REQUESTS_AT_A_TIME:
            self._uploads.popleft().result()
        self._uploads.append(self._threads.submit(self._put, file, content, removed))

    def _put(self, file: str, content: bytes | Path, removed: Path | None) -> None:
        self._store.write(file, content)
        if removed is not None:
            removed.unlink()
