"""The mask target: encoding, loss, decoding and scores of the person's alpha."""

from __future__ import annotations

import math

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812 - the name that everybody knows
from numpy.typing import NDArray
from torch import Tensor

from bgfg.train.ops import tensor_resize
from bgfg.train.targets.per_sample import masked_mean, scores_to_cpu
from bgfg.train.targets.regions import dilate, edge, regions
from bgfg.train.targets.target import MetricSummary
from bgfg.train.viz.sheet import picture_of_mask

# Thresholds to choose from: a fixed grid, so that counts of batches add up.
THRESHOLDS = tuple(i / 50 for i in range(1, 50))

# How far apart boundary pixels may be to match, as a share of the diagonal: that of DAVIS.
_TOLERANCE = 0.008

# Mean level above which all of a pixel counts as known (255 but for rounding in the averaging).
_MOST_UNSURE_U8 = 254.0

# A logit that is as good as certain of the background; its exponential is still representable in half precision.
_SURE_OF_BACKGROUND = -15.0


class MaskTarget:
    """Alpha of what is visible of the person; scored as a mask and as a matte."""

    name = "mask"
    reads: tuple[str, ...] = ("mask",)
    metric_names = ("iou",)

    def encode(self, mask_u8: Tensor, size: tuple[int, int]) -> Tensor:
        """Return the coverage in 0..1 of masks (n, 1, H, W) uint8 at the size of an output, (n, 1, h, w) float32."""
        return tensor_resize.area(mask_u8, size) / 255

    def loss(self, logits: Tensor, target: Tensor) -> Tensor:
        """Return the loss of each sample, (n,) float32: binary cross-entropy and Dice loss, added.

        Dice in the form of Milletari, Navab and Ahmadi, "V-Net" (3DV 2016), with squares in the denominator, which is
        least where the prediction equals a soft target; 1 is added above and below, so that an empty frame has a loss
        too.

        Args:
            logits: (n, 1, h, w).
            target: Coverage (n, 1, h, w), of `encode`.
        """
        logits, target = logits.float(), target.float()
        cross_entropy = F.binary_cross_entropy_with_logits(logits, target, reduction="none").mean((1, 2, 3))
        predicted = torch.sigmoid(logits)
        overlap = 2 * (predicted * target).sum((1, 2, 3)) + 1
        dice = overlap / ((predicted**2).sum((1, 2, 3)) + (target**2).sum((1, 2, 3)) + 1)
        return cross_entropy + 1 - dice

    def decode(self, logits: Tensor) -> Tensor:
        """Return the probability that a pixel shows the person, which is also its alpha, (n, 1, h, w) float32."""
        return torch.sigmoid(logits.float())

    def scores(self, probability: Tensor, truth: Tensor, threshold: float) -> dict[str, Tensor]:
        """Return the scores of each sample by name, (n,) float64 each, on the CPU.

        iou, dice: of the masks; two empty ones agree, 1. accuracy: the share of pixels that are right. boundary_f: the
        harmonic mean of precision and recall of boundary pixels (Martin, Fowlkes and Malik, TPAMI 2004; Perazzi et al.,
        DAVIS, CVPR 2016), met within 0.008 of the diagonal, rounded up: 2 px at 96, 3 px at 224. mae: the mean absolute
        error of the soft alpha; sad: its sum, in thousands. On the regions of the true mask, such as mae_foreground:
        accuracy and mae, and iou_band; NaN where a region has no pixel.

        Args:
            probability: (n, 1, h, w) in 0..1; as a mask, where it is at least `threshold`.
            truth: (n, 1, h, w) in 0..1; as a mask, where it is at least a half.
            threshold: In 0..1.
        """
        predicted, true = probability >= threshold, truth >= 0.5
        right, error = (predicted == true).float(), (probability - truth).abs()
        scores = {
            "iou": _iou(predicted, true),
            "dice": _ratio(2 * _count(predicted & true), _count(predicted) + _count(true)),
            "accuracy": right.mean((1, 2, 3)),
            "boundary_f": _boundary_f(predicted, true),
            "mae": error.mean((1, 2, 3)),
            "sad": error.sum((1, 2, 3)) / 1000,
        }
        parts = regions(true)
        for region, where in parts.items():
            scores |= {f"accuracy_{region}": masked_mean(right, where), f"mae_{region}": masked_mean(error, where)}
        band = parts["band"]
        scores["iou_band"] = torch.where(_count(band) > 0, _iou(predicted & band, true & band), torch.nan)
        return scores_to_cpu(scores)

    def threshold_counts(self, probability: Tensor, truth: Tensor) -> tuple[Tensor, Tensor]:
        """Return the intersection and the union with the true mask in pixels, at each of THRESHOLDS, (n, T) int64 each.

        Args:
            probability: (n, 1, h, w) in 0..1.
            truth: (n, 1, h, w) in 0..1; a mask where it is at least a half.
        """
        n, steps = len(probability), len(THRESHOLDS)
        grid = torch.tensor(THRESHOLDS, dtype=probability.dtype, device=probability.device)
        passed = torch.bucketize(probability, grid, right=True).flatten(1)  # how many thresholds a pixel reaches
        true = (truth >= 0.5).flatten(1)
        # One histogram for the batch: two rows a sample, of pixels outside and inside the true mask; a column for each
        # number of thresholds reached. Summed up from the right it says how many pixels reach at least each threshold.
        row = 2 * torch.arange(n, device=passed.device)[:, None] + true
        histogram = torch.bincount((row * (steps + 1) + passed).flatten(), minlength=n * 2 * (steps + 1))
        reached = histogram.view(n, 2, steps + 1).flip(-1).cumsum(-1).flip(-1)[..., 1:]  # (n, outside or inside, T)
        return reached[:, 1], reached[:, 0] + true.sum(1, keepdim=True)

    def measure(self, logits: Tensor, target: Tensor) -> Tensor:
        """Return the `threshold_counts` of each sample side by side, (n, 2 T) int64."""
        return torch.cat(self.threshold_counts(self.decode(logits), target), dim=1)

    def summary(self, measured: Tensor, threshold: float | None) -> MetricSummary:
        """Return the mean IoU at the threshold given, or at the best one."""
        met, either = measured.chunk(2, dim=1)
        threshold = best_threshold(met, either) if threshold is None else threshold
        iou = torch.where(either > 0, met.double() / either.clamp(min=1), 1.0)[:, THRESHOLDS.index(threshold)]
        mean = float(iou.mean())
        return MetricSummary({"iou": mean}, (mean,), threshold)

    def panels(self, logits: Tensor, target: Tensor, i: int) -> dict[str, NDArray[np.uint8]]:
        """Draw the true and the predicted mask of a sample."""
        maps = {"true mask": target[i, 0], "predicted mask": self.decode(logits[i, 0])}
        return {title: picture_of_mask(map_.float().cpu().numpy()) for title, map_ in maps.items()}


class PartialMaskTarget:
    """A mask some of whose pixels count nowhere: its truth is the coverage, and what is known, (n, 1, h, w) bool."""

    name = "mask"
    reads: tuple[str, ...] = ("mask", "known")
    metric_names = MaskTarget.metric_names

    def __init__(self) -> None:
        self._whole = MaskTarget()

    def encode(self, mask_u8: Tensor, known_u8: Tensor, size: tuple[int, int]) -> tuple[Tensor, Tensor]:
        """Return masks (n, 1, H, W) uint8 at the size of a network's output, and where all of a pixel is known."""
        known = tensor_resize.area(known_u8, size) > _MOST_UNSURE_U8
        return self._whole.encode(mask_u8, size) * known, known

    def loss(self, logits: Tensor, target: tuple[Tensor, Tensor]) -> Tensor:
        """Return the loss of each sample, (n,) float32, as if the network were right where nothing is known."""
        coverage, known = target
        return self._whole.loss(_background_where_unknown(logits, known), coverage)

    def decode(self, logits: Tensor) -> Tensor:
        """Return the probability of the mask, (n, 1, h, w) float32."""
        return self._whole.decode(logits)

    def measure(self, logits: Tensor, target: tuple[Tensor, Tensor]) -> Tensor:
        """Return what MaskTarget measures, over what is known."""
        coverage, known = target
        return self._whole.measure(_background_where_unknown(logits, known), coverage)

    def summary(self, measured: Tensor, threshold: float | None) -> MetricSummary:
        """Return what MaskTarget sums up."""
        return self._whole.summary(measured, threshold)

    def panels(self, logits: Tensor, target: tuple[Tensor, Tensor], i: int) -> dict[str, NDArray[np.uint8]]:
        """Draw the true and the predicted mask of a sample, grey where it isn't known."""
        coverage, known = target
        return self._whole.panels(logits, torch.where(known, coverage, 0.5), i)


def best_threshold(intersections: Tensor, unions: Tensor) -> float:
    """Return the threshold of THRESHOLDS with the highest mean IoU over samples; of equals, the nearest to a half.

    Args:
        intersections: (N, T) int64, of `threshold_counts`; of val alone.
        unions: (N, T) int64, likewise.
    """
    iou = torch.where(unions > 0, intersections.double() / unions.clamp(min=1), 1.0).mean(0).tolist()
    return max(zip(iou, THRESHOLDS, strict=True), key=lambda pair: (pair[0], -abs(pair[1] - 0.5)))[1]


def _background_where_unknown(logits: Tensor, known: Tensor) -> Tensor:
    """Return logits that are certain of the background where nothing is known."""
    return torch.where(known, logits.float(), _SURE_OF_BACKGROUND)


def _boundary_f(predicted: Tensor, true: Tensor) -> Tensor:
    """Return the boundary F-measure of masks (n, 1, h, w) bool, (n,)."""
    tolerance_px = math.ceil(_TOLERANCE * math.hypot(*true.shape[-2:]))
    predicted_edge, true_edge = edge(predicted), edge(true)
    precision = _count(predicted_edge & dilate(true_edge, tolerance_px)) / _count(predicted_edge).clamp(min=1)
    recall = _count(true_edge & dilate(predicted_edge, tolerance_px)) / _count(true_edge).clamp(min=1)
    f = 2 * precision * recall / (precision + recall).clamp(min=1e-12)
    # Without an edge in either, both are all mask or all background: they agree or they don't.
    edgeless = (_count(predicted_edge) + _count(true_edge)) == 0
    return torch.where(edgeless, (predicted == true).all(-1).all(-1).all(-1).float(), f)


def _iou(predicted: Tensor, true: Tensor) -> Tensor:
    return _ratio(_count(predicted & true), _count(predicted | true))


def _ratio(part: Tensor, whole: Tensor) -> Tensor:
    return torch.where(whole > 0, part / whole.clamp(min=1), 1.0)


def _count(mask: Tensor) -> Tensor:
    return mask.sum((1, 2, 3))
