"""A batch as the network takes it: pictures and true targets, on the device."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor

from bgfg.data_manifests.files.atomic_write import replacing


@dataclass(frozen=True)
class Batch:
    """The input of a network and the true targets for it, of n samples, on the device.

    Attributes:
        samples: (n,) int64, indices of the samples.
        bg: (n, 3, h, w) float32 in [0, 1], channels last: the background without people; None for a network of one
            picture.
        bg_fg: (n, 3, h, w) float32 in [0, 1], channels last: the picture with people in it.
        truths: The truth of each target by its name, as its `encode` returns it.
        net_computes_losses: Whether the network takes the truths too, since it computes its losses itself.
    """

    samples: Tensor
    bg: Tensor | None
    bg_fg: Tensor
    truths: Mapping[str, Any]
    net_computes_losses: bool = False

    @property
    def shots(self) -> tuple[Tensor, ...]:
        """The pictures that the network takes, in the order of its arguments."""
        return (self.bg_fg,) if self.bg is None else (self.bg, self.bg_fg)

    @property
    def inputs(self) -> tuple[Any, ...]:
        """All arguments of the network in training and validation, in their order."""
        return (*self.shots, self.truths) if self.net_computes_losses else self.shots

    def tensors(self) -> dict[str, Tensor]:
        """Return every tensor by name; of a truth's second part says what is known, a third what is free."""
        named = {"samples": self.samples} | ({} if self.bg is None else {"bg": self.bg}) | {"bg_fg": self.bg_fg}
        for name, truth in self.truths.items():
            parts = truth if isinstance(truth, tuple) else (truth,)
            named |= dict(zip((name, f"{name}_known", f"{name}_free"), parts, strict=False))
        return named


def save_batches(batches: Sequence[Batch], path: Path, about: Mapping[str, Any]) -> None:
    """Write batches as safetensors, names prefixed with the number of the batch, and `about` as JSON in the header."""
    tensors = {
        f"{i}.{name}": tensor.cpu().clone(memory_format=torch.contiguous_format)
        for i, batch in enumerate(batches)
        for name, tensor in batch.tensors().items()
    }
    with replacing(path) as partial:
        save_file(tensors, partial, {"about": json.dumps(dict(about))})
