"""The field's metrics of estimated against measured depth, an image at a time.

Sources: Eigen et al. 2014 (delta, RMSE, log error, the scale-invariant error), Uhrig et al. 2017 (SILog times 100),
Chen et al. 2016 (ordinal pairs), Ranftl et al. 2020 (scale and shift in disparity).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

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
    ) -> NDArray[np.float64]:
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
        sized = cv2.resize(depth, (width_px, height_px), interpolation=cv2.INTER_LINEAR).astype(np.float64)
        order = self._within(sized) if is_metric else _finite(-sized)
        if not self.align:
            return ScaledEstimate(self._within(sized), order, False)
        with np.errstate(divide="ignore"):
            disparity = 1 / np.maximum(sized, self.near_m) if is_metric else sized
        valid = self.valid_mask(truth_m) & np.isfinite(disparity)
        aligned = self._within(align_disparity(disparity, truth_m, valid, self.far_m))
        return ScaledEstimate(aligned, order, _slope(disparity[valid], 1 / truth_m[valid].astype(np.float64)) < 0)

    def _within(self, depth_m: NDArray[np.float64]) -> NDArray[np.float64]:
        known = np.nan_to_num(depth_m, nan=self.near_m, posinf=self.far_m, neginf=self.near_m)
        return np.clip(known, self.near_m, self.far_m)


@dataclass(frozen=True)
class ScaledEstimate:
    """An estimate at the size of its truth.

    Attributes:
        depth_m: Metres, (H, W), aligned where the protocol says so.
        order: What says which of two pixels is farther, (H, W): the estimate before it was aligned, larger is farther.
        is_reversed: Whether only a negative scale would align it best, near being far; it was made flat instead.
    """

    depth_m: NDArray[np.float64]
    order: NDArray[np.float64]
    is_reversed: bool


def align_disparity(
    disparity: NDArray[np.float64], truth_m: NDArray[np.float32], valid: NDArray[np.bool_], far_m: float
) -> NDArray[np.float64]:
    """Return metres from disparity under the scale and shift that fit the truth's disparity best, by least squares.

    The scale is never negative: it would make near of far, and a good estimate of a reversed one. Such an estimate
    gives one depth.

    Args:
        disparity: Inverse depth up to scale and shift, (H, W).
        truth_m: Measured depth, (H, W) metres.
        valid: Pixels to fit to, (H, W).
        far_m: The result is no farther.
    """
    x, y = disparity[valid], 1 / truth_m[valid].astype(np.float64)
    if len(x) == 0:
        return np.full(disparity.shape, far_m)
    fitted = max(_slope(x, y), 0.0) * (disparity - x.mean()) + y.mean()
    return np.asarray(1 / np.maximum(fitted, 1 / far_m), np.float64)


def _slope(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    """Return the slope of the straight line through points that fits best; 0 where there is none."""
    if len(x) == 0:
        return 0.0
    spread = x - x.mean()
    variance = float(spread @ spread)
    return float(spread @ y) / variance if variance > 0 else 0.0


def _finite(values: NDArray[np.float64]) -> NDArray[np.float64]:
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
    d, t = depth_m[valid].astype(np.float64), truth_m[valid].astype(np.float64)
    if len(t) == 0:
        return dict.fromkeys(METRICS, float("nan"))
    ratio = np.maximum(d / t, t / d)
    logs = np.log(d) - np.log(t)
    return {
        **{f"delta{k}": float((ratio < 1.25**k).mean()) for k in (1, 2, 3)},
        "absrel": float((np.abs(d - t) / t).mean()),
        "rmse_m": float(np.sqrt(((d - t) ** 2).mean())),
        "log10": float(np.abs(logs).mean() / np.log(10)),
        "silog": float(100 * logs.std()),
        "ordinal": ordinal_agreement(d if order is None else order[valid], t, seed),
    }


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
    truth = np.log(truth_m[first] / truth_m[second])
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
