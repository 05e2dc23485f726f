"""Samples of an epoch that were decoded before their batches have rows in the pool: they wait packed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from bgfg.train.stream.packed_samples import PACKED, PackedSamples, SamplePacker


class WaitingSamples:
    """Packed samples by their positions among all batches of an epoch.

    Threads may add samples and write others into their batches at the same time; who adds and who ends a batch holds
    the pool's lock.
    """

    def __init__(self, packer: SamplePacker, arrays: Mapping[str, NDArray], batch_size: int, span: int) -> None:
        """Have room for the samples of so many batches.

        Args:
            packer: What packed the samples.
            arrays: Memory of the pool by array name.
            batch_size: Samples of a batch.
            span: Most batches over which samples reach that wait at the same time.
        """
        self._packer, self._arrays, self._batch_size = packer, arrays, batch_size
        self._places = {name: np.zeros(span * batch_size, PACKED) for name in arrays}  # of position p at p modulo that
        self._is_waiting = np.zeros(span * batch_size, bool)
        self._held: defaultdict[int, list[PackedSamples]] = defaultdict(list)  # by the last batch that needs them

    def add(self, positions: NDArray[np.int64], packed: Mapping[str, PackedSamples]) -> None:
        """Let samples wait, at ascending positions (n,)."""
        at = positions % len(self._is_waiting)
        for name, samples in packed.items():
            self._places[name][at] = samples.packed
        self._is_waiting[at] = True
        self._held[int(positions[-1]) // self._batch_size].extend(packed.values())

    def write(self, batch: int, slots: NDArray[np.int64]) -> None:
        """Write those that wait for a batch into it.

        Args:
            batch: Number of the batch within the epoch.
            slots: (batch_size,) slots of its samples.
        """
        start = batch * self._batch_size % len(self._is_waiting)
        mine = slice(start, start + len(slots))
        waiting = np.flatnonzero(self._is_waiting[mine])
        for name, places in self._places.items() if len(waiting) else ():
            self._packer.unpack(places[mine][waiting], slots[waiting], self._arrays[name])
        self._is_waiting[mine] = False

    def release(self, batch: int) -> None:
        """Free what no batch after this one needs; all up to it were written."""
        for samples in self._held.pop(batch, ()):
            self._packer.release(samples)
