"""The loader of batches: raw samples of a stream, augmented, resized, encoded; and the time waited for them."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from itertools import islice, repeat
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from bgfg.train.engine.batch import Batch
from bgfg.train.stream.to_device import RawBatch


class SampleStream(Protocol):
    """Raw batches of samples as they are stored, an epoch each time it is iterated: Stream, FolderStream ..."""

    @property
    def epoch(self) -> int:
        """The epoch that is iterated next."""

    @property
    def device(self) -> torch.device:
        """The device that the batches are on."""

    @property
    def samples(self) -> NDArray[np.int64]:
        """Indices of all samples of an epoch."""

    def __len__(self) -> int:
        """Return how many batches the epoch has, from its start."""

    def __iter__(self) -> Iterator[RawBatch]:
        """Yield the batches that are left of the epoch."""

    def set_epoch(self, epoch: int) -> None:
        """Make `epoch` the next one."""

    def state_dict(self) -> dict[str, Any]:
        """Return the position in the stream."""

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from the position of a `state_dict`."""


class BatchTransform(Protocol):
    """Turns a raw batch into what a network is trained or validated on."""

    def __call__(self, raw: RawBatch, epoch: int) -> Batch:
        """Return the batch; `epoch` seeds its augmentation, along with the indices of the samples."""


class Batches:
    """A data loader: iterates over the `Batch`es that are left of an epoch of a stream.

    A batch holds `options.batch` samples divided by the number of ranks, already on the device, augmented, at the input
    size of the network and with their truths encoded (see batch.py). A step of the optimizer may take several.

    On a GPU they are made beside the network's work, in a CUDA stream of their own: what waits there for a number of
    the GPU doesn't wait for the step before.

    Attributes:
        stream: The stream of raw batches, whose position is part of a checkpoint.
        transform: What is done to each.
    """

    def __init__(self, stream: SampleStream, transform: BatchTransform, repeated: bool = False) -> None:
        """Load batches.

        Args:
            stream: Where raw batches come from.
            transform: What is done to each.
            repeated: Give the stream's first batch over and over, as many times as an epoch has batches. Then nothing
                is left to wait for, and the speed is the limit that a faster stream couldn't raise.
        """
        self.stream, self.transform, self._repeated = stream, transform, repeated
        self._waited_s = 0.0
        self._cuda: Any = torch.cuda if stream.device.type == "cuda" else None
        self._beside: Any = self._cuda.Stream(stream.device) if self._cuda else None

    def __iter__(self) -> Iterator[Batch]:
        epoch = self.stream.epoch
        raws = self._repeat_first() if self._repeated else iter(self.stream)
        if self._cuda:
            self._beside.wait_stream(self._cuda.current_stream(self.stream.device))
        while True:
            work = self._cuda.current_stream(self.stream.device).record_event() if self._cuda else None
            with self._cuda.stream(self._beside) if self._cuda else nullcontext():
                raw = self._fetch(raws, work)
                if raw is None:
                    return
                batch = self.transform(raw, epoch)
            yield self._hand_over(batch)

    def steps(self, passes: int) -> Iterator[Sequence[Batch]]:
        """Yield lists of `passes` batches, those of a step each; batches too few for a step are left out."""
        batches = iter(self)
        while len(taken := list(islice(batches, passes))) == passes:
            yield taken

    def waited_s(self) -> float:
        """Return for how many seconds the device waited for batches since the last call."""
        waited, self._waited_s = self._waited_s, 0.0
        return waited

    def _fetch(self, raws: Iterator[RawBatch], work: Any) -> RawBatch | None:
        """Fetch the next raw batch and add up the time that the device waited for it.

        Args:
            raws: The raw batches that are left.
            work: The CUDA event after the GPU's latest work: the GPU waited only if that was done before the fetching
                was. None on other devices, which work while this waits for them and so always wait here.
        """
        start = time.perf_counter()
        raw = next(raws, None)
        if raw is not None and (work is None or work.query()):
            self._waited_s += time.perf_counter() - start
        return raw

    def _hand_over(self, batch: Batch) -> Batch:
        """Make the GPU's main stream wait until the batch is made, and keep its memory until that has used it."""
        if self._cuda:
            main = self._cuda.current_stream(self.stream.device)
            main.wait_stream(self._beside)
            for tensor in batch.tensors().values():
                tensor.record_stream(main)
        return batch

    def _repeat_first(self) -> Iterator[RawBatch]:
        first = {name: tensor.clone() for name, tensor in next(iter(self.stream)).items()}
        return repeat(first, len(self.stream))
