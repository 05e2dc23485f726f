"""Interface of training targets: how a truth is encoded, learnt, scored and drawn."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray
from torch import Tensor


class MetricSummary(NamedTuple):
    """Validation result of one target.

    Attributes:
        metrics: Values by the names of `Target.metric_names`.
        ranking_scores: Those of them by which networks are ranked, in 0..1, higher being better.
        threshold: Threshold of the mask; None for another target.
    """

    metrics: Mapping[str, float]
    ranking_scores: tuple[float, ...]
    threshold: float | None = None


class Target(Protocol):
    """Something that networks learn to predict.

    Attributes:
        name: Its name.
        reads: Parts of a sample that `encode` takes, in its order, before the size: "picture", (n, 3, h, w) float32 in
            0..1 as the network sees it, or one that the data have: "mask", "depth", "classes", "instance".
        metric_names: Metrics that are followed while it is learnt.
        encode: Encodes the parts read, each (n, C, H, W), at the size (h, w) of a network's output.
    """

    @property
    def name(self) -> str:
        """Its name."""

    @property
    def reads(self) -> tuple[str, ...]:
        """Names of the parts of a sample that are its truth."""

    @property
    def metric_names(self) -> tuple[str, ...]:
        """Names of its metrics in a validation."""

    @property
    def encode(self) -> Any:
        """Encode the parts read, each (n, C, H, W), at the size (h, w) of a network's output."""

    def loss(self, raw: Any, target: Any, /) -> Tensor:
        """Return the loss of each sample, (n,) float32; or (1,), a mean over the batch that the network computed."""

    def measure(self, raw: Any, target: Any, /) -> Tensor:
        """Return what `summary` needs of each sample, (n, k)."""

    def summary(self, measured: Tensor, threshold: float | None) -> MetricSummary:
        """Sum up the measures of N samples.

        Args:
            measured: (N, k), of `measure`, on the CPU.
            threshold: Threshold of the mask; None to choose the best one.
        """

    def panels(self, raw: Any, target: Any, i: int, /) -> dict[str, NDArray[np.uint8]]:
        """Draw the truth and the prediction of sample `i` of a batch, (h, w, 3) uint8 RGB by title."""
