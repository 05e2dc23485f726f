"""Batches of several corpora made one, and batches whose size is drawn."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from bgfg.train.augment.counter_rng import CounterRng, DrawPurpose
from bgfg.train.engine.batch import Batch
from bgfg.train.engine.loader import BatchTransform
from bgfg.train.engine.mixed_stream import EPOCH, unmixed
from bgfg.train.stream.to_device import RawBatch


class MixedTransform:
    """Turns a batch of a MixedStream into one that has the main corpus's samples first, then those of the others.

    The others' depth is free: known but for a scale and a shift of its inverse.
    """

    def __init__(self, main: BatchTransform, others: Sequence[BatchTransform]) -> None:
        self._main, self._others = main, others

    def __call__(self, raw: RawBatch, epoch: int) -> Batch:
        """Return the batch."""
        own, *portions = unmixed(raw, len(self._others))
        batches = [self._main(own, epoch)]
        for transform, portion in zip(self._others, portions, strict=True):
            batches.append(transform(portion, int(portion.pop(EPOCH))))
        free = torch.arange(sum(len(batch.samples) for batch in batches)) >= len(batches[0].samples)
        bg_fg = torch.cat([batch.bg_fg for batch in batches])
        inverse, known = (torch.cat(parts) for parts in zip(*(batch.truths["depth"] for batch in batches), strict=True))
        samples = torch.cat([batch.samples for batch in batches])
        return Batch(samples, None, bg_fg, {"depth": (inverse, known, free.to(bg_fg.device))})


class DrawnSize:
    """Makes each batch at a size that is drawn from the seed, the epoch and its first sample."""

    def __init__(self, transforms: Sequence[BatchTransform], seed: int) -> None:
        """Draw from `transforms`, each of a size of its own."""
        self._transforms, self._seed = transforms, seed

    def __call__(self, raw: RawBatch, epoch: int) -> Batch:
        """Return the batch."""
        return self._transforms[_drawn(len(self._transforms), self._seed, epoch, raw["sample"])](raw, epoch)


def _drawn(count: int, seed: int, epoch: int, samples: Tensor) -> int:
    share = CounterRng(seed, epoch, samples[:1].cpu().numpy()).uniform(DrawPurpose.SIZE, 0)
    return int(share[0] * count)
