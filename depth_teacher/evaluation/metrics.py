"""The field's metrics of estimated against measured depth, an image at a time.

Sources: Eigen et al. 2014 (delta, RMSE, log error, the scale-invariant error), Uhrig et al. 2017 (SILog times 100),
Chen et al. 2016 (ordinal pairs), Ranftl et al. 2020 (scale and shift in disparity).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.images.strips import by_strips, row_strips
from bgfg.data_manifests.terminal.errors import Problem

METRICS = ("delta1", "delta2", "delta3", "absrel", "rmse_m", "log10", "silog", "ordinal")

# Top, bottom, left and right of what Eigen et al. score in pictures of 480 by 640; the ends are not included.
EIGEN_CROP = (45, 471, 41, 601)
EIGEN_SIZE_PX = (480, 640)

ORDINAL_PAIRS = 10_000
# Two pixels whose distances differ by less than this share count as equally far: which is nearer is uncertain.
ORDINAL_TIE = 0.02


@dataclass(frozen=True)
class EvalProtocol:
    """What of an image is scored, and how.

    Attributes:
        near_m: Truth nearer than this doesn't count, in metres.
        far_m: Nor does truth farther than this.
        crop: Top, bottom, left and right of what is scored, the ends not included; None for all.
        align: Whether scale and shift in disparity are fitted to the truth first, which relative depth needs and
            metric depth must not have.
    """

    near_m: float = 1e-3
    far_m: float = 10.0
    crop: tuple[int, int, int, int] | None = None
    align: bool = False

    def valid_mask(self, truth_m: NDArray[np.float32]) -> NDArray[np.bool_]:
        """Return which pixels of (H, W) truth count, 0 and NaN being unknown.

        Raises:
            Problem: The crop was made for pictures of another size.
        """
        within = (truth_m > self.near_m) & (truth_m < self.far_m)
        if self.crop is not None:
            top, bottom, left, right = self.crop
            height_px, width_px = truth_m.shape
            if bottom > height_px or right > width_px or (self.crop == EIGEN_CROP and truth_m.shape != EIGEN_SIZE_PX):
                made_for = "640x480" if self.crop == EIGEN_CROP else f"at least {right}x{bottom}"
                raise Problem(f"a picture of {width_px}x{height_px}: the crop is of {made_for}: give --crop none")
            inside = np.zeros_like(within)
            inside[top:bottom, left:right] = True
            within &= inside
        return within

    def to_metres(
        self, depth: NDArray[np.float32], truth_m: NDArray[np.float32], is_metric: bool
    ) -> NDArray[np.float32]:
        """Return the metres of `scale_estimate`."""
        return self.scale_estimate(depth, truth_m, is_metric).depth_m

    def scale_estimate(
        self, depth: NDArray[np.float32], truth_m: NDArray[np.float32], is_metric: bool
    ) -> ScaledEstimate:
        """Bring an estimate to the size of the truth, and to metres within near_m..far_m; NaN becomes near_m.

        Args:
            depth: What a teacher gives, (h, w) metres, or inverse depth; brought to the truth's size bilinearly.
            truth_m: Measured depth, (H, W) metres, 0 and NaN being unknown.
            is_metric: Whether `depth` is in metres.
        """
        height_px, width_px = truth_m.shape
        sized = np.asarray(cv2.resize(depth, (width_px, height_px), interpolation=cv2.INTER_LINEAR), np.float32)
        del depth  # a caller that keeps none lets a large one go
        order = self._within(sized) if is_metric else _finite(-sized)
        if not self.align:
            return ScaledEstimate(order if is_metric else self._within(sized), order, False)
        disparity = by_strips(sized, self._to_disparity, np.float32) if is_metric else sized
        del sized
        valid = self.valid_mask(truth_m)
        valid &= np.isfinite(disparity)
        line = _fitted_line(disparity, truth_m, valid)
        return ScaledEstimate(self._within(_aligned(disparity, line, self.far_m)), order, line.slope < 0)

    def _to_disparity(self, depth_m: NDArray[np.float32]) -> NDArray[np.float64]:
        return np.asarray(1 / np.maximum(depth_m.astype(np.float64), self.near_m))

    def _within(self, depth_m: NDArray[np.float32]) -> NDArray[np.float32]:
        def within(strip_m: NDArray[np.float32]) -> NDArray[np.float32]:
            known = np.nan_to_num(strip_m, nan=self.near_m, posinf=self.far_m, neginf=self.near_m)
            return np.clip(known, self.near_m, self.far_m)

        return by_strips(depth_m, within, np.float32)


@dataclass(frozen=True)
class ScaledEstimate:
    """An estimate at the size of its truth.

    Attributes:
        depth_m: Metres, (H, W) float32, aligned where the protocol says so.
        order: What says which of two pixels is farther, (H, W) float32: the estimate before it was aligned, larger is
            farther.
        is_reversed: Whether only a negative scale would align it best, near being far; it was made flat instead.
    """

    depth_m: NDArray[np.float32]
    order: NDArray[np.float32]
    is_reversed: bool


class _Line(NamedTuple):
    """The straight line through points that fits best: its slope, 0 where there is none, and the points' mean."""

    slope: float
    mean_x: float
    mean_y: float


def _aligned(disparity: NDArray, line: _Line, far_m: float) -> NDArray[np.float32]:
    """Return metres, at most far_m, from disparity under the scale and shift of a line.

    The scale is never negative: it would make near of far, and a good estimate of a reversed one. Such an estimate
    gives one depth.
    """

    def to_metres(strip: NDArray) -> NDArray[np.float64]:
        fitted = max(line.slope, 0.0) * (strip.astype(np.float64) - line.mean_x) + line.mean_y
        return np.asarray(1 / np.maximum(fitted, 1 / far_m))

    return by_strips(disparity, to_metres, np.float32)


def _fitted_line(disparity: NDArray, truth_m: NDArray[np.float32], valid: NDArray[np.bool_]) -> _Line:
    """Fit the truth's disparity to an estimate's by least squares, over the pixels that are valid."""

    def strips() -> Iterator[NDArray[np.float64]]:
        for rows in row_strips(*valid.shape):
            x, t = (values[rows][valid[rows]].astype(np.float64) for values in (disparity, truth_m))
            yield np.stack([x, 1 / t])

    sums = sum((points.sum(axis=1) for points in strips()), np.zeros(2))
    means = sums / max(int(valid.sum()), 1)
    moments = np.zeros((2, 2))
    for points in strips():
        spread = points - means[:, None]
        moments += spread @ spread.T
    variance = float(moments[0, 0])
    return _Line(float(moments[0, 1]) / variance if variance > 0 else 0.0, *means.tolist())


def _finite(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return values with the lowest finite one for those that aren't numbers."""
    finite = values[np.isfinite(values)]
    lowest, highest = (float(finite.min()), float(finite.max())) if finite.size else (0.0, 0.0)
    return np.nan_to_num(values, nan=lowest, posinf=highest, neginf=lowest)


def depth_metrics(
    depth_m: NDArray, truth_m: NDArray, valid: NDArray[np.bool_], seed: int = 0, order: NDArray | None = None
) -> dict[str, float]:
    """Return the metrics of one image, over the pixels that are `valid`; NaN where there are none.

    Args:
        depth_m: The estimate d, (H, W) metres.
        truth_m: The truth t, (H, W) metres.
        valid: Pixels that count, (H, W).
        seed: Of the pairs of pixels of `ordinal`.
        order: What says which of two pixels is farther, (H, W); None for the estimate itself.

    Returns:
        delta1 to delta3: share of pixels off by less than a factor of 1.25, 1.25², 1.25³. absrel: mean of |d − t| / t.
        rmse_m: metres. log10: mean |log10 d − log10 t|. silog: 100 times the standard deviation of ln d − ln t.
        ordinal: see `ordinal_agreement`.
    """
    strips = [
        _strip_means(depth_m[rows][valid[rows]].astype(np.float64), truth_m[rows][valid[rows]].astype(np.float64))
        for rows in row_strips(*valid.shape)
        if valid[rows].any()
    ]
    if not strips:
        return dict.fromkeys(METRICS, float("nan"))
    counts, *means = np.array(strips).T
    deltas, (absrel, squares, sizes, logs, variances) = means[:3], means[3:]
    shares = counts / counts.sum()
    variance = shares @ (variances + (logs - shares @ logs) ** 2)  # within the strips and between them
    return {
        **{f"delta{k}": float(shares @ delta) for k, delta in enumerate(deltas, 1)},
        "absrel": float(shares @ absrel),
        "rmse_m": float(np.sqrt(shares @ squares)),
        "log10": float(shares @ sizes / np.log(10)),
        "silog": float(100 * np.sqrt(variance)),
        "ordinal": ordinal_agreement((depth_m if order is None else order)[valid], truth_m[valid], seed),
    }


def _strip_means(d: NDArray[np.float64], t: NDArray[np.float64]) -> tuple[float, ...]:
    """Return the count; the means of three deltas, |d − t| / t, (d − t)², |log d / t| and log d / t; its variance."""
    ratio, logs = np.maximum(d / t, t / d), np.log(d) - np.log(t)
    deltas = ((ratio < 1.25**k).mean() for k in (1, 2, 3))
    off = np.abs(d - t)
    return (len(t), *deltas, (off / t).mean(), (off**2).mean(), np.abs(logs).mean(), logs.mean(), logs.var())


def ordinal_agreement(depth_m: NDArray, truth_m: NDArray, seed: int = 0) -> float:
    """Return the share of random pairs of pixels whose nearer one is the same in estimate and truth.

    Pairs whose true distances differ by less than 2 % don't count; an estimate that can't tell two pixels apart counts
    as half right.

    Args:
        depth_m: The estimate, (n,) metres.
        truth_m: The truth, (n,) metres.
        seed: Of the pairs.

    Returns:
        The share, 0..1; NaN where no pair counts.
    """
    first, second = np.random.default_rng(seed).integers(0, len(truth_m), (2, ORDINAL_PAIRS))
    truth = np.log(truth_m[first].astype(np.float64) / truth_m[second])
    counts = np.abs(truth) > np.log(1 + ORDINAL_TIE)
    if not counts.any():
        return float("nan")
    agreement = np.sign(depth_m[first] - depth_m[second]) * np.sign(truth)
    return float((1 + agreement[counts]).mean() / 2)


def mean_metrics(images: Iterable[Mapping[str, float]]) -> dict[str, float]:
    """Return the mean of each metric over images, each of the same weight; an image without it doesn't count."""
    rows = np.array([[image[name] for name in METRICS] for image in images], np.float64).reshape(-1, len(METRICS))
    known = ~np.isnan(rows)
    counts = known.sum(axis=0)
    means = np.where(known, rows, 0).sum(axis=0) / np.maximum(counts, 1)
    return {
        name: float(mean) if count else float("nan") for name, mean, count in zip(METRICS, means, counts, strict=True)
    }
