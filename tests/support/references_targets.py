"""Slow, obvious versions of what the targets compute: loops over pixels, one sample at a time."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Map = NDArray[np.float64]
Mask = NDArray[np.bool_]


def area(picture: Map, height_px: int, width_px: int) -> Map:
    """Resize (H, W): each pixel the mean of what lies under it, cut pixels by their share."""
    H, W = picture.shape
    resized = np.zeros((height_px, width_px))
    for i, j in np.ndindex(height_px, width_px):
        top, bottom = i * H / height_px, (i + 1) * H / height_px
        left, right = j * W / width_px, (j + 1) * W / width_px
        rows, columns = covered(top, bottom, H), covered(left, right, W)
        resized[i, j] = rows @ picture @ columns / ((bottom - top) * (right - left))
    return resized


def covered(start: float, end: float, side_px: int) -> Map:
    """Return how much of each of a side's pixels lies between two places."""
    at = np.arange(side_px)
    shares: Map = np.maximum(0.0, np.minimum(end, at + 1) - np.maximum(start, at))
    return shares


def within(mask: Mask, radius_px: float) -> Mask:
    """Return the pixels that are within a distance of some pixel of the mask."""
    near = np.zeros_like(mask)
    v, u = np.nonzero(mask)
    for y, x in np.ndindex(mask.shape):
        near[y, x] = (np.hypot(y - v, x - u) <= radius_px).any()
    return near


def edge(mask: Mask) -> Mask:
    """Return the mask's pixels with a 4-neighbour inside the frame and outside the mask."""
    found = np.zeros_like(mask)
    for y, x in np.argwhere(mask):
        for v, u in ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)):
            if 0 <= v < mask.shape[0] and 0 <= u < mask.shape[1] and not mask[v, u]:
                found[y, x] = True
    return found


def iou(found: Mask, true: Mask) -> float:
    union = int((found | true).sum())
    return int((found & true).sum()) / union if union else 1.0


def dice(found: Mask, true: Mask) -> float:
    both = int(found.sum() + true.sum())
    return 2 * int((found & true).sum()) / both if both else 1.0


def boundary_f(found: Mask, true: Mask) -> float:
    """Return the boundary measure of DAVIS, tolerance 0.008 of the diagonal, rounded up."""
    tolerance_px = math.ceil(0.008 * math.hypot(*true.shape))
    ours, theirs = edge(found), edge(true)
    if not ours.any() and not theirs.any():
        return float((found == true).all())
    if not ours.any() or not theirs.any():
        return 0.0
    precision = float(within(theirs, tolerance_px)[ours].mean())
    recall = float(within(ours, tolerance_px)[theirs].mean())
    return 2 * precision * recall / (precision + recall) if precision + recall else 0.0


def mean(values: Map, where: Mask) -> float:
    """Return the mean over the pixels of `where`, NaN where there are none."""
    return float(values[where].mean()) if where.any() else math.nan


def depth_scores(found_m: Map, true_m: Map, where: Mask, far_m: float) -> dict[str, float]:
    """Return delta1, absrel, rmse_m and rmse over some pixels."""
    ratios = [max(d / t, t / d) for d, t in zip(found_m[where], true_m[where], strict=True)]
    squares = [(d - t) ** 2 for d, t in zip(found_m[where], true_m[where], strict=True)]
    relative = [abs(d - t) / t for d, t in zip(found_m[where], true_m[where], strict=True)]
    if not ratios:
        return dict.fromkeys(("delta1", "absrel", "rmse_m", "rmse"), math.nan)
    rmse_m = math.sqrt(sum(squares) / len(squares))
    delta1 = sum(ratio < 1.25 for ratio in ratios) / len(ratios)
    return {"delta1": delta1, "absrel": sum(relative) / len(relative), "rmse_m": rmse_m, "rmse": rmse_m / far_m}


def ssim_map(x: Map, y: Map, known: Mask) -> Map:
    """Return the structural similarity of every 11 by 11 window inside the frame, over its known pixels."""
    offsets = np.arange(-5, 6)
    gaussian = np.exp(-(offsets[:, None] ** 2 + offsets**2) / (2 * 1.5**2))
    found = np.zeros((x.shape[0] - 10, x.shape[1] - 10))
    for i, j in np.ndindex(found.shape):
        window = (slice(i, i + 11), slice(j, j + 11))
        weights = gaussian * known[window]
        weights = weights / weights.sum()
        a, b = np.where(known[window], x[window], 0), np.where(known[window], y[window], 0)
        mean_a, mean_b = (weights * a).sum(), (weights * b).sum()
        variance_a, variance_b = (weights * (a - mean_a) ** 2).sum(), (weights * (b - mean_b) ** 2).sum()
        covariance = (weights * (a - mean_a) * (b - mean_b)).sum()
        luminance = (2 * mean_a * mean_b + 1e-4) / (mean_a**2 + mean_b**2 + 1e-4)
        found[i, j] = luminance * (2 * covariance + 9e-4) / (variance_a + variance_b + 9e-4)
    return found


def depth_loss(raw: Map, true: Map, known: Mask) -> float:
    """Return DenseDepth's loss of one sample: 0.1 L1 + gradients + (1 - SSIM) / 2, over what is known."""
    error = raw - true
    across = [error[y, x + 1] - error[y, x] for y, x in np.ndindex(*(raw.shape[0], raw.shape[1] - 1))
              if known[y, x] and known[y, x + 1]]  # fmt: skip
    along = [error[y + 1, x] - error[y, x] for y, x in np.ndindex(*(raw.shape[0] - 1, raw.shape[1]))
             if known[y, x] and known[y + 1, x]]  # fmt: skip
    dissimilarity = np.clip((1 - ssim_map(raw, true, known)) / 2, 0, 1)[known[5:-5, 5:-5]]
    return float(
        0.1 * np.abs(error[known]).mean() + np.abs(across).mean() + np.abs(along).mean() + dissimilarity.mean()
    )
