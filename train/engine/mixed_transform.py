"""Batches of several corpora, or of a corpus and real pictures, made one; and batches whose size is drawn."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from bgfg.train.augment.counter_rng import CounterRng, DrawPurpose
from bgfg.train.engine.batch import Batch
from bgfg.train.engine.loader import BatchTransform
from bgfg.train.engine.mixed_stream import EPOCH, unmixed
from bgfg.train.stream.to_device import RawBatch


class MixedTransform:
    """Turns a batch of a MixedStream into one that has the main corpus's samples first, then those of the others."""

    def __init__(self, main: BatchTransform, others: Sequence[BatchTransform], free_depth: bool = False) -> None:
        """Join batches.

        Args:
            main: Transforms the main corpus's samples.
            others: Transform the others'.
            free_depth: Whether the others' depth is known but for a scale and a shift of its inverse.
        """
        self._main, self._others, self._free_depth = main, others, free_depth

    def __call__(self, raw: RawBatch, epoch: int) -> Batch:
        """Return the batch."""
        own, *portions = unmixed(raw, len(self._others))
        batches = [self._main(own, epoch)]
        for transform, portion in zip(self._others, portions, strict=True):
            batches.append(transform(portion, int(portion.pop(EPOCH))))
        batch = _joined(batches)
        if not self._free_depth:
            return batch
        free = torch.arange(len(batch.samples)) >= len(batches[0].samples)
        inverse, known = batch.truths["depth"]
        return replace(batch, truths={"depth": (inverse, known, free.to(batch.bg_fg.device))})


class DrawnSize:
    """Makes each batch at a size that is drawn from the seed, the epoch and its first sample."""

    def __init__(self, transforms: Sequence[BatchTransform], seed: int) -> None:
        """Draw from `transforms`, each of a size of its own."""
        self._transforms, self._seed = transforms, seed

    def __call__(self, raw: RawBatch, epoch: int) -> Batch:
        """Return the batch."""
        return self._transforms[_drawn(len(self._transforms), self._seed, epoch, raw["sample"])](raw, epoch)


def _joined(batches: Sequence[Batch]) -> Batch:
    """Return batches of the same targets as one."""
    first = batches[0]
    bg = None if first.bg is None else torch.cat([batch.bg for batch in batches if batch.bg is not None])
    samples = torch.cat([batch.samples.to(first.samples.device) for batch in batches])
    truths = {name: _joined_truths([batch.truths[name] for batch in batches]) for name in first.truths}
    return Batch(samples, bg, torch.cat([batch.bg_fg for batch in batches]), truths, first.net_computes_losses)


def _joined_truths(truths: Sequence[Any]) -> Any:
    if isinstance(truths[0], tuple):
        return tuple(torch.cat(parts) for parts in zip(*truths, strict=True))
    return torch.cat(list(truths))


def _drawn(count: int, seed: int, epoch: int, samples: Tensor) -> int:
    share = CounterRng(seed, epoch, samples[:1].cpu().numpy()).uniform(DrawPurpose.SIZE, 0)
    return int(share[0] * count)
