"""Progress block by block, for work whose shards take minutes."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from bgfg.data_manifests.terminal.progress import Progress


class BlockCounter:
    """Shows progress under a title of its own, told of each block by the threads of this process.

    `progress` goes into a crew, which then tells of finished shards in vain: their blocks are counted already.
    """

    def __init__(self, shown: Progress, title: str) -> None:
        self._shown, self._title = shown, title
        self._lock = threading.Lock()
        self._advance: Callable[[int], None] = lambda _n: None

    @contextmanager
    def progress(self, _title: str, total: int, done: int) -> Iterator[Callable[[int], None]]:
        """Show progress as long as the context lasts."""
        with self._shown(self._title, total, done) as self._advance:
            yield lambda _n: None

    def advance(self, n: int) -> None:
        """Count `n` more samples; from any thread."""
        with self._lock:
            self._advance(n)
