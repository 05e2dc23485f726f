"""The classes target: which of several classes each pixel shows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - the name that everybody knows
from numpy.typing import NDArray
from torch import Tensor

from bgfg.train.ops import tensor_resize
from bgfg.train.ops.label_codes import IGNORE_INDEX
from bgfg.train.targets.per_sample import masked_mean
from bgfg.train.targets.target import MetricSummary
from bgfg.train.viz.sheet import picture_of_classes


class ClassesTarget:
    """A class for each pixel, learnt by cross-entropy.

    Args:
        names: Names of the classes, in the order of their codes 0, 1, ...
    """

    name = "classes"
    reads = ("classes",)
    metric_names = ("miou", "accuracy")

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)

    def encode(self, codes: Tensor, size: tuple[int, int]) -> Tensor:
        """Return codes (n, 1, H, W) uint8 at the size of a network's output, each pixel the nearest of theirs."""
        return tensor_resize.nearest(codes, size)

    def loss(self, logits: Tensor, codes: Tensor) -> Tensor:
        """Return the mean cross-entropy of each sample over the pixels that count, (n,) float32; 0 without any.

        Args:
            logits: (n, classes, h, w).
            codes: (n, 1, h, w) uint8; pixels of IGNORE_INDEX don't count.
        """
        known = codes != IGNORE_INDEX
        truth = torch.where(known, codes, 0)[:, 0].long()  # ignore_index without a mean isn't there on every device
        each = F.cross_entropy(logits.float(), truth, reduction="none")[:, None]
        return masked_mean(each, known, empty=0.0)

    def decode(self, logits: Tensor) -> Tensor:
        """Return the likeliest class of each pixel, (n, 1, h, w) uint8."""
        return logits.argmax(dim=1, keepdim=True).to(torch.uint8)

    def measure(self, logits: Tensor, codes: Tensor) -> Tensor:
        """Return the intersection, the predicted and the true pixels of each class, (n, 3 * classes) int64."""
        predicted, count = self.decode(logits), len(self.names)
        known = codes != IGNORE_INDEX
        # Codes beyond the classes aren't counted, so IGNORE_INDEX leaves a pixel out.
        met = torch.where(known & (predicted == codes), codes, IGNORE_INDEX)
        parts = (met, torch.where(known, predicted, IGNORE_INDEX), codes)
        return torch.cat([_counts(part, count) for part in parts], dim=1)

    def summary(self, measured: Tensor, threshold: float | None) -> MetricSummary:
        """Return the mean IoU over the classes that occur, and the share of right pixels, of all pixels together."""
        met, predicted, true = measured.double().sum(0).view(3, -1)
        either = predicted + true - met
        iou = (met / either)[either > 0]
        miou = float(iou.mean()) if len(iou) else 1.0
        accuracy = float(met.sum() / true.sum().clamp(min=1))
        return MetricSummary({"miou": miou, "accuracy": accuracy}, (miou,))

    def panels(self, logits: Tensor, codes: Tensor, i: int) -> dict[str, NDArray[np.uint8]]:
        """Draw the true and the predicted classes of a sample."""
        predicted = self.decode(logits[i : i + 1])[0, 0]
        maps = {"true classes": codes[i, 0], "predicted classes": predicted}
        return {title: picture_of_classes(map_.cpu().numpy()) for title, map_ in maps.items()}


def _counts(codes: Tensor, count: int) -> Tensor:
    """Return how often each of `count` codes occurs in each sample, (n, count) int64; larger ones don't count."""
    n = len(codes)
    flat = codes.flatten(1).long().clamp(max=count) + (count + 1) * torch.arange(n, device=codes.device)[:, None]
    return torch.bincount(flat.flatten(), minlength=n * (count + 1)).view(n, count + 1)[:, :count]
