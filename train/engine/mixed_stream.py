"""A stream beside which portions of other streams run: so many samples of other corpora join each of its batches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray

from bgfg.train.engine.loader import SampleStream
from bgfg.train.stream.to_device import RawBatch

# Entry of a portion that says of which epoch of its own stream it is, (1,) int64.
EPOCH = "epoch"


class Portions:
    """Portions of a stream's batches without end, epoch after epoch: a batch of it serves for several steps."""

    def __init__(self, stream: SampleStream, size: int) -> None:
        """Cut batches into portions.

        Args:
            stream: Gives batches of a multiple of `size` samples.
            size: Samples of a portion.
        """
        self._stream, self._size = stream, size
        self._begun, self._taken = stream.state_dict(), 0  # where the batch in hand begins, and what was taken of it
        self._coming = self._cut()

    def take(self) -> RawBatch:
        """Return the next portion."""
        return next(self._coming)

    def state_dict(self) -> dict[str, Any]:
        """Return the position after the portions that were taken."""
        return {"stream": self._begun, "taken": self._taken}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from the position of a `state_dict`."""
        self._begun, self._taken = state["stream"], state["taken"]
        self._stream.load_state_dict(self._begun)
        self._coming = self._cut()

    def _cut(self) -> Iterator[RawBatch]:
        while True:
            epoch = torch.tensor([self._stream.epoch])
            for raw in self._stream:
                for start in range(self._taken * self._size, len(raw["sample"]), self._size):
                    self._taken += 1
                    yield {name: tensor[start : start + self._size] for name, tensor in raw.items()} | {EPOCH: epoch}
                self._begun, self._taken = self._stream.state_dict(), 0


class Endless(Protocol):
    """Portions without end, that go on from where they were: Portions, RealPortions."""

    def take(self) -> RawBatch:
        """Return the next portion; its entry EPOCH says what its augmentation is seeded by, beside its samples."""

    def state_dict(self) -> dict[str, Any]:
        """Return the position after the portions that were taken."""

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from the position of a `state_dict`."""


class MixedStream:
    """A SampleStream whose batches have portions of others, their entries named with a number: "0.image"."""

    def __init__(self, main: SampleStream, others: Sequence[Endless]) -> None:
        self._main, self._others = main, others

    @property
    def epoch(self) -> int:
        """The epoch of the main stream that is iterated next."""
        return self._main.epoch

    @property
    def device(self) -> torch.device:
        """The device that the batches are on."""
        return self._main.device

    @property
    def samples(self) -> NDArray[np.int64]:
        """Indices of all samples of the main stream."""
        return self._main.samples

    def __len__(self) -> int:
        return len(self._main)

    def __iter__(self) -> Iterator[RawBatch]:
        for raw in self._main:
            mixed = dict(raw)
            for i, portions in enumerate(self._others):
                mixed |= {f"{i}.{name}": tensor for name, tensor in portions.take().items()}
            yield mixed

    def set_epoch(self, epoch: int) -> None:
        """Make `epoch` the next one of the main stream; the others go on where they are."""
        self._main.set_epoch(epoch)

    def state_dict(self) -> dict[str, Any]:
        """Return the position in all streams."""
        return {**self._main.state_dict(), "others": [portions.state_dict() for portions in self._others]}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Continue from the position of a `state_dict`."""
        self._main.load_state_dict(state)
        for portions, theirs in zip(self._others, state["others"], strict=True):
            portions.load_state_dict(theirs)


def unmixed(raw: RawBatch, others: int) -> Iterator[RawBatch]:
    """Yield the main stream's part of a batch of a MixedStream, then the portions of so many others."""
    yield {name: tensor for name, tensor in raw.items() if "." not in name}
    for i in range(others):
        yield {name.partition(".")[2]: tensor for name, tensor in raw.items() if name.startswith(f"{i}.")}
