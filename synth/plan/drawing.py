"""How the samples of a plan are drawn: by how many processes, and where it is shown how far it is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from bgfg.data_manifests.machine.worker_processes import WorkerDied, starmap_in_processes
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.data_manifests.terminal.progress import Progress, no_progress

Result = TypeVar("Result")


@dataclass(frozen=True)
class Drawing:
    """How samples are drawn.

    Attributes:
        workers: How many processes draw them where that takes long.
        progress: Where progress is shown.
    """

    workers: int = 1
    progress: Progress = no_progress

    def in_order(self, work: Callable[..., Result], calls: Iterable[tuple[Any, ...]], count: int) -> Iterator[Result]:
        """Yield `work(*arguments)` for each of `count` calls, in order.

        Raises:
            Problem: A worker process died.
        """
        try:
            yield from starmap_in_processes(work, calls, count, self.workers)
        except WorkerDied as error:
            line = "a worker died while placements were drawn (killed, or out of memory): run the same command again"
            raise Problem(f"{line}, or give fewer --workers") from error
