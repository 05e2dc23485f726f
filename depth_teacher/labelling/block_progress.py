"""Progress block by block, for work whose shards take minutes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bgfg.data_manifests.terminal.progress import Progress


class BlockProgress:
    """Progress that threads advance by blocks, instead of by finished shards.

    `progress` is handed to an executor; what the executor then reports of finished shards is ignored, since their
    blocks are counted already.

    Args:
        shown: What shows progress.
        title: The title under which it is shown, instead of the executor's.
    """

    def __init__(self, shown: Progress, title: str) -> None:
        self._shown, self._title = shown, title
        self._lock = threading.Lock()
        self._advance: Callable[[int], None] = lambda _n: None

    @contextmanager
    def progress(self, _title: str, total: int, done: int) -> Iterator[Callable[[int], None]]:
        """Show progress as long as the context lasts; a function of the type Progress."""
        with self._shown(self._title, total, done) as self._advance:
            yield lambda _n: None

    def advance(self, n: int) -> None:
        """Count `n` more samples; from any thread."""
        with self._lock:
            self._advance(n)
