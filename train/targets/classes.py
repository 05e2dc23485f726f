"""Classes: which of several each pixel shows, what is learnt, its loss, and its scores."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - the name that everybody knows
from bgfg.train.ops import resize
from bgfg.train.targets.per_sample import mean_where
from bgfg.train.targets.target import Summary
from bgfg.train.viz.sheet import picture_of_classes
from numpy.typing import NDArray
from torch import Tensor

# What a pixel has whose class isn't known, or is to count nowhere: the void of PASCAL VOC.
IGNORED = 255


class ClassesTarget:
    """Learns a class a pixel by cross-entropy. names: of the classes, in the order of their codes 0, 1, ..."""

    name = "classes"
    reads = ("classes",)
    validated = ("miou", "accuracy")

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)

    def encode(self, codes: Tensor, size: tuple[int, int]) -> Tensor:
        """Return codes (n, 1, H, W) uint8 at the size of a network's output, each pixel the nearest of theirs."""
        return resize.nearest(codes, size)

    def loss(self, logits: Tensor, codes: Tensor) -> Tensor:
        """Return the mean cross-entropy of each sample, (n,) float32, over the pixels that count; 0 without any.

        logits: (n, classes, h, w). codes: (n, 1, h, w) uint8.
        """
        known = codes != IGNORED
        truth = torch.where(known, codes, 0)[:, 0].long()  # not every device knows ignore_index without a mean
        each = F.cross_entropy(logits.float(), truth, reduction="none")[:, None]
        return mean_where(each, known, empty=0.0)

    def decode(self, logits: Tensor) -> Tensor:
        """Return the likeliest class of each pixel, (n, 1, h, w) uint8."""
        return logits.argmax(dim=1, keepdim=True).to(torch.uint8)

    def measure(self, logits: Tensor, codes: Tensor) -> Tensor:
        """Return how many pixels of each class are met, found and true, (n, 3 * classes) int64."""
        found, count = self.decode(logits), len(self.names)
        known = codes != IGNORED
        met = torch.where(known & (found == codes), codes, IGNORED)
        parts = (met, torch.where(known, found, IGNORED), codes)
        return torch.cat([_counts(part, count) for part in parts], dim=1)

    def summary(self, measured: Tensor, threshold: float | None) -> Summary:
        """Return the mean IoU over the classes that occur, and the share of pixels that are right: of all pixels."""
        met, found, true = measured.double().sum(0).view(3, -1)
        either = found + true - met
        iou = (met / either)[either > 0]
        miou = float(iou.mean()) if len(iou) else 1.0
        accuracy = float(met.sum() / true.sum().clamp(min=1))
        return Summary({"miou": miou, "accuracy": accuracy}, (miou,))

    def panels(self, logits: Tensor, codes: Tensor, i: int) -> dict[str, NDArray[np.uint8]]:
        """Draw the true and the predicted classes of a sample."""
        found = self.decode(logits[i : i + 1])[0, 0]
        maps = {"true classes": codes[i, 0], "predicted classes": found}
        return {title: picture_of_classes(map_.cpu().numpy()) for title, map_ in maps.items()}


def _counts(codes: Tensor, count: int) -> Tensor:
    """Return how often each of `count` codes occurs in each sample, (n, count) int64; larger ones don't count."""
    n = len(codes)
    flat = codes.flatten(1).long().clamp(max=count) + (count + 1) * torch.arange(n, device=codes.device)[:, None]
    return torch.bincount(flat.flatten(), minlength=n * (count + 1)).view(n, count + 1)[:, :count]
