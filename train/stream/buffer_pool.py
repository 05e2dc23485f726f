"""Pre-allocated memory that batches are decoded into and handed out of, without a copy in between."""

from __future__ import annotations

import gc
import threading
import weakref
from collections import deque
from collections.abc import Mapping

import numpy as np
from bgfg.data_manifests.terminal.errors import Problem
from numpy.typing import NDArray

Item = tuple[tuple[int, ...], np.dtype]  # shape and dtype of one sample of an array


class Pool:
    """`rows` rows, each with a slot for every sample of a batch of `size`.

    items: by array name. Batches are numbered from 0 on, from epoch to epoch; the next
    ones, up to `assigned`, have a row each. One that was lent keeps its row for as long as anyone has a view of it, be
    it an array or a tensor made of one; then the row goes to a later batch.
    """

    def __init__(self, items: Mapping[str, Item], size: int, rows: int) -> None:
        self.size, self.rows = size, rows
        self.arrays = {name: np.empty((rows * size, *shape), dtype) for name, (shape, dtype) in items.items()}
        self.lock = threading.RLock()  # a batch may be let go by whoever holds it already
        self.room = threading.Condition(self.lock)
        self.next = self.assigned = 0
        self._row = np.empty(rows, np.int64)  # of batch n at n % rows
        self._free = deque(range(rows))
        self._assign()

    @property
    def size_bytes(self) -> int:
        """The memory of all rows."""
        return sum(array.nbytes for array in self.arrays.values())

    def holds(self, span: int) -> bool:
        """Say whether there is room for blocks that reach over `span` batches, and one to be held besides."""
        return span < self.rows

    def slots(self, positions: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the slots of samples whose batches have rows; positions: counted through all batches from number 0."""
        number, place = np.divmod(positions, self.size)
        slots: NDArray[np.int64] = self._row[number % self.rows] * self.size + place
        return slots

    def lend(self, samples: int) -> dict[str, NDArray]:
        """Return views of the first samples of the next batch."""
        row = int(self._row[self.next % self.rows])
        start = row * self.size
        loans = {name: _Loan(array[start : start + samples]) for name, array in self.arrays.items()}
        let_go = _Count(len(loans), self, row)
        for loan in loans.values():
            weakref.finalize(loan, let_go).atexit = False
        self.next += 1
        return {name: np.asarray(loan) for name, loan in loans.items()}

    def check_held(self, ahead: int) -> None:
        """Raise Problem where more batches are held than leave rows for the next `ahead`."""
        if self.next + ahead > self.assigned:
            gc.collect()  # what is in a cycle is held by nobody
        if self.next + ahead > self.assigned:
            held = self.rows - (self.assigned - self.next)
            raise Problem(
                f"{held} batches of the stream are still held, and its memory has no room for more: copy what you keep "
                f"(`tensor.clone()`), or open the stream with spare={held + 1} or more"
            )

    def take_back(self, row: int) -> None:
        """Give a row to a later batch."""
        with self.lock:
            self._free.append(row)
            self._assign()
            self.room.notify_all()

    def _assign(self) -> None:
        while self._free:
            self._row[self.assigned % self.rows] = self._free.popleft()
            self.assigned += 1


class _Loan:
    """What a lent array and all views of it have for their base, whose end is theirs.

    The base of a view of an array is the array that owns the memory, here the pool's, not the one in between.
    """

    def __init__(self, pixels: NDArray) -> None:
        self.__array_interface__ = pixels.__array_interface__
        self.pixels = pixels


class _Count:
    """Counts the loans of a batch down, and takes its row back after the last."""

    def __init__(self, loans: int, pool: Pool, row: int) -> None:
        self._left, self._pool, self._row = loans, pool, row

    def __call__(self) -> None:
        with self._pool.lock:
            self._left -= 1
            if not self._left:
                self._pool.take_back(self._row)
