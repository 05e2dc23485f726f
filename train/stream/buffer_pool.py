"""Buffer pool: pre-allocated memory that batches are decoded into and lent from, without a copy in between."""

from __future__ import annotations

import gc
import threading
import weakref
from collections import deque
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.stream.packed_samples import library

SampleSpec = tuple[tuple[int, ...], np.dtype]  # shape and dtype of one sample of an array


class BufferPool:
    """Rows of memory, each with a slot for every sample of one batch.

    Batches are numbered from 0 on, from epoch to epoch. The next ones, up to `assigned`, have a row each. A batch that
    was lent keeps its row for as long as any view of it exists, be it an array or a tensor made of one; then the row
    goes to a later batch.

    Attributes:
        batch_size: Samples of a batch.
        rows: Number of rows.
        near: How many batches, from the first of its samples on, must have rows before a block is decoded. Those of its
            samples that are due later wait elsewhere.
        arrays: Memory by array name, (rows * batch_size, *shape) each; its index is a slot.
        lock: Guards all that changes.
        row_released: Condition that is notified where a row was given to a later batch.
        next_number: Number of the batch that is lent next.
        assigned: Number of the first batch that has no row yet.
    """

    def __init__(self, items: Mapping[str, SampleSpec], batch_size: int, rows: int, near: int | None = None) -> None:
        """Allocate the rows.

        Args:
            items: Shape and dtype of a sample, by array name.
            batch_size: Samples of a batch.
            rows: Number of rows.
            near: As the attribute; None where all batches that a block reaches over must have rows.
        """
        self.batch_size, self.rows, self.near = batch_size, rows, rows if near is None else near
        self.arrays = {name: np.empty((rows * batch_size, *shape), dtype) for name, (shape, dtype) in items.items()}
        # Reentrant: the last view of a batch may be dropped by a thread that holds the lock already.
        self.lock = threading.RLock()
        self.row_released = threading.Condition(self.lock)
        self.next_number = self.assigned = 0
        self._row = np.empty(rows, np.int64)  # of batch n at n % rows
        self._free = deque(range(rows))
        self._assign()

    @property
    def size_bytes(self) -> int:
        """The memory of all rows."""
        return sum(array.nbytes for array in self.arrays.values())

    def has_room_for(self, span: int) -> bool:
        """Say whether there is room for blocks that reach over `span` batches, and one to be held besides."""
        return min(span, self.near) < self.rows

    def slots(self, positions: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return the slots of samples whose batches have rows; positions: counted through all batches from number 0."""
        number, place = np.divmod(positions, self.batch_size)
        slots: NDArray[np.int64] = self._row[number % self.rows] * self.batch_size + place
        return slots

    def have_rows(self, positions: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Say of which samples the batches have rows."""
        return positions < self.assigned * self.batch_size

    def lend(self, samples: int) -> dict[str, NDArray]:
        """Return views of the first samples of the next batch, by array name."""
        row = int(self._row[self.next_number % self.rows])
        start = row * self.batch_size
        views = {name: _LentView(array[start : start + samples]) for name, array in self.arrays.items()}
        release = _ReleaseCounter(len(views), self, row)
        for view in views.values():
            weakref.finalize(view, release).atexit = False
        self.next_number += 1
        return {name: np.asarray(view) for name, view in views.items()}

    def require_room(self, ahead: int) -> None:
        """Raise Problem where more batches are held than leave rows for the next `ahead`."""
        if self.next_number + ahead > self.assigned:
            gc.collect()  # views in a reference cycle are no longer held, but not freed yet
        if self.next_number + ahead > self.assigned:
            held = self.rows - (self.assigned - self.next_number)
            raise Problem(
                f"{held} batches of the stream are still held, and its memory has no room for more: copy what you keep "
                f"(`tensor.clone()`), or open the stream with spare={held + 1} or more"
            )

    def release(self, row: int) -> None:
        """Give a row to a later batch."""
        with self.lock:
            self._free.append(row)
            self._assign()
            self.row_released.notify_all()

    def _assign(self) -> None:
        while self._free:
            self._row[self.assigned % self.rows] = self._free.popleft()
            self.assigned += 1


def make_pool(items: Mapping[str, SampleSpec], batch_size: int, spare: int, near: int, span: int) -> BufferPool:
    """Return a pool for blocks that reach over `span` batches, and `spare` rows besides.

    Only the first `near` batches of a block have rows, where samples can be packed that are due later.
    """
    if near >= span or library() is None:
        return BufferPool(items, batch_size, span + spare)
    return BufferPool(items, batch_size, near + spare, near)


class _LentView:
    """Base object of a lent array: it lives as long as the array or any view of it does.

    A plain slice wouldn't do: the base of a view of a view is the array that owns the memory, here the pool's, so the
    slice in between may be gone while the view is still in use.
    """

    def __init__(self, pixels: NDArray) -> None:
        self.__array_interface__ = pixels.__array_interface__
        self.pixels = pixels


class _ReleaseCounter:
    """Counts the views of a batch down, one for each array, and releases its row after the last."""

    def __init__(self, views: int, pool: BufferPool, row: int) -> None:
        self._left, self._pool, self._row = views, pool, row

    def __call__(self) -> None:
        with self._pool.lock:
            self._left -= 1
            if not self._left:
                self._pool.release(self._row)
