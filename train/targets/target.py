"""What every target is: how its truth is coded, learnt, followed and drawn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray
from torch import Tensor


class Summary(NamedTuple):
    """What a validation found of one target.

    figures: by the names of `Target.validated`. goodness: those of them by which networks are ranked, 0..1, the more
    the better. threshold: of the mask, None of another target.
    """

    figures: Mapping[str, float]
    goodness: tuple[float, ...]
    threshold: float | None = None


class Target(Protocol):
    """A thing that networks learn.

    reads: the parts of a sample that `encode` takes, in its order, before the size: "picture", (n, 3, h, w) float32 in
    0..1 as the network sees it, or one that the data have: "mask", "depth", "classes", "instance". validated: the
    figures that are followed while it is learnt.
    """

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def reads(self) -> tuple[str, ...]:
        """The parts of a sample that are its truth."""

    @property
    def validated(self) -> tuple[str, ...]:
        """The names of its figures in a validation."""

    @property
    def encode(self) -> Any:
        """Code the parts read, each (n, C, H, W), at the size (h, w) of a network's output."""

    def loss(self, raw: Any, target: Any, /) -> Tensor:
        """Return the loss of each sample, (n,) float32; or (1,), the mean that a network found itself."""

    def measure(self, raw: Any, target: Any, /) -> Tensor:
        """Return what `summary` needs of each sample, (n, k)."""

    def summary(self, measured: Tensor, threshold: float | None) -> Summary:
        """Sum up the measures of N samples, (N, k) on the CPU; threshold: of the mask, None to choose it."""

    def panels(self, raw: Any, target: Any, i: int, /) -> dict[str, NDArray[np.uint8]]:
        """Draw the truth and the prediction of one sample of a batch, (h, w, 3) RGB by title."""
