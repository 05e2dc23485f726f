"""Batches on their way from the stream to the network: disturbed, resized, coded; and the wait for them."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import islice, repeat
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from bgfg.train.augment.pipeline import Augmentation, stress
from bgfg.train.augment.single import OneShot
from bgfg.train.targets.depth import nearer
from bgfg.train.targets.objective import Objective
from numpy.typing import NDArray
from safetensors.torch import save_file
from torch import Tensor

Raw = dict[str, Tensor]


@dataclass(frozen=True)
class Batch:
    """What a network is given, and what it should say, on the device.

    samples: (n,) int64 indices. bg, bg_fg: (n, 3, h, w) float32 in [0, 1], channels last; bg is None for a network that
    takes the picture alone. truths: by target, as its `encode` returns them. told: whether the network is told them,
    since it finds its losses itself.
    """

    samples: Tensor
    bg: Tensor | None
    bg_fg: Tensor
    truths: Mapping[str, Any]
    told: bool = False

    @property
    def shots(self) -> tuple[Tensor, ...]:
        """The pictures that the network takes, in its order."""
        return (self.bg_fg,) if self.bg is None else (self.bg, self.bg_fg)

    @property
    def inputs(self) -> tuple[Any, ...]:
        """What the network takes while its losses are to be found, in its order."""
        return (*self.shots, self.truths) if self.told else self.shots

    def tensors(self) -> dict[str, Tensor]:
        """Return all of it by name; of a truth that has two parts, the second says what is known."""
        named = {"samples": self.samples} | ({} if self.bg is None else {"bg": self.bg}) | {"bg_fg": self.bg_fg}
        for name, truth in self.truths.items():
            parts = truth if isinstance(truth, tuple) else (truth,)
            named |= dict(zip((name, f"{name}_known"), parts, strict=False))
        return named


class Samples(Protocol):
    """Batches of samples as they lie in their store, an epoch each time they are iterated: Stream, FolderStream."""

    epoch: int

    @property
    def device(self) -> torch.device:
        """Where the batches are."""

    @property
    def samples(self) -> NDArray[np.int64]:
        """Which samples are given."""

    def __len__(self) -> int:
        """Return how many batches the epoch has, from its start."""

    def __iter__(self) -> Iterator[Raw]:
        """Yield what is left of the epoch."""

    def set_epoch(self, epoch: int) -> None:
        """Make `epoch` the next one."""

    def state_dict(self) -> dict[str, Any]:
        """Return where it stands."""

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on where `state` says."""


class Prepare(Protocol):
    """Makes of a batch of samples what a network is trained or validated on."""

    def __call__(self, raw: Raw, epoch: int) -> Batch:
        """Prepare a batch."""


class Preparation:
    """Makes of a batch of a corpus's stream what a network of one input size is trained or validated on.

    output_px: size of the network's maps. backgrounds: (B, 3, H, W) uint8; None where `augmentation` looks at the
    composites alone. others: (m,) int64, ascending: which of them it may take for a wrong one, in its own order.
    condition: the disturbance of the evaluation that comes before all, at the full size; None for none. shots: how
    many the network takes.
    """

    def __init__(
        self,
        augmentation: Augmentation | OneShot,
        objective: Objective,
        output_px: tuple[int, int],
        backgrounds: Tensor | None,
        others: Tensor | None = None,
        condition: str | None = None,
        shots: int = 2,
    ) -> None:
        self._augmentation, self._objective, self._output_px = augmentation, objective, output_px
        self._shots = shots
        self._backgrounds, self._others, self._condition = backgrounds, others, condition

    def __call__(self, raw: Raw, epoch: int) -> Batch:
        """Prepare a batch of the stream, which is on the device; its indices better aren't."""
        background = raw["background"].to(raw["image"].device)
        own = None if self._others is None else torch.searchsorted(self._others, background)
        image, mask = raw["image"], raw["mask"]
        bare = image if self._backgrounds is None else self._backgrounds[background]
        if self._condition is not None:
            bare, image = stress(self._condition, bare, image, mask, raw["sample"])
        pair = self._augmentation(bare, image, mask, raw.get("depth"), raw["sample"], epoch, own)
        bg, bg_fg = (shot.contiguous(memory_format=torch.channels_last) for shot in (pair.bg, pair.bg_fg))
        parts = {"mask": pair.mask, "picture": pair.bg_fg} | ({} if pair.depth is None else {"depth": pair.depth})
        truths = self._objective.encode(parts, self._output_px)
        if pair.zoom is not None and "depth" in truths:
            truths["depth"] = nearer(truths["depth"], pair.zoom)
        return Batch(raw["sample"], bg if self._shots > 1 else None, bg_fg, truths)


class Supply:
    """Prepared batches of a stream: what is left of its epoch each time they are iterated.

    On a GPU they are made beside the network's work, in a CUDA stream of their own: what waits there for a number of
    the GPU doesn't wait for the step before. repeated: give the stream's first batch over and over, as many times as an
    epoch has batches. Then nothing is left to wait for, and the speed is the ceiling that a faster stream couldn't
    raise.
    """

    def __init__(self, stream: Samples, prepare: Prepare, repeated: bool = False) -> None:
        self.stream, self._prepare, self._repeated = stream, prepare, repeated
        self._waited_s = 0.0
        self._cuda: Any = torch.cuda if stream.device.type == "cuda" else None
        self._beside: Any = self._cuda.Stream(stream.device) if self._cuda else None

    def __iter__(self) -> Iterator[Batch]:
        epoch = self.stream.epoch
        raws = self._first_again() if self._repeated else iter(self.stream)
        if self._cuda:
            self._beside.wait_stream(self._cuda.current_stream(self.stream.device))
        while True:
            work = self._cuda.current_stream(self.stream.device).record_event() if self._cuda else None
            with self._cuda.stream(self._beside) if self._cuda else nullcontext():
                raw = self._fetched(raws, work)
                if raw is None:
                    return
                batch = self._prepare(raw, epoch)
            yield self._handed_over(batch)

    def steps(self, passes: int) -> Iterator[Sequence[Batch]]:
        """Yield the batches of one step after the other, `passes` each; what is too few for a step is left out."""
        batches = iter(self)
        while len(taken := list(islice(batches, passes))) == passes:
            yield taken

    def waited_s(self) -> float:
        """Return the seconds in which the device waited for a batch, since this was last asked."""
        waited, self._waited_s = self._waited_s, 0.0
        return waited

    def _fetched(self, raws: Iterator[Raw], work: Any) -> Raw | None:
        """Fetch the next batch against the clock.

        work: the event of the GPU's last work. It waited only where that was done before the fetching was.
        """
        start = time.perf_counter()
        raw = next(raws, None)
        if raw is not None and (work is None or work.query()):
            self._waited_s += time.perf_counter() - start
        return raw

    def _handed_over(self, batch: Batch) -> Batch:
        """Make the GPU's main stream wait until the batch is made, and keep its memory until that has used it."""
        if self._cuda:
            main = self._cuda.current_stream(self.stream.device)
            main.wait_stream(self._beside)
            for tensor in batch.tensors().values():
                tensor.record_stream(main)
        return batch

    def _first_again(self) -> Iterator[Raw]:
        first = {name: tensor.clone() for name, tensor in next(iter(self.stream)).items()}
        return repeat(first, len(self.stream))


def save_batches(batches: Sequence[Batch], path: Path, about: Mapping[str, Any]) -> None:
    """Write batches as safetensors, the tensors of each after its number, and `about` as JSON in the header."""
    tensors = {
        f"{i}.{name}": tensor.cpu().clone(memory_format=torch.contiguous_format)
        for i, batch in enumerate(batches)
        for name, tensor in batch.tensors().items()
    }
    save_file(tensors, path, {"about": json.dumps(dict(about))})
