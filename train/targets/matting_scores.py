"""The four errors of matting benchmarks, of one alpha matte against the true one.

Source: Rhemann, Rother, Wang, Gelautz, Kohli and Rott, "A perceptually motivated online benchmark for image matting"
(CVPR 2009), and the evaluation code of alphamatting.com: Grad by Gaussian derivatives of sigma 1.4, Conn with steps of
0.1 and theta 0.15. There they are taken over the unknown part of a trimap; here, as for mattes made without one
(BackgroundMattingV2, MODNet), over the whole picture.
"""

from __future__ import annotations

import math
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

# Grad: standard deviation of the Gaussian, and the value at which it is cut off.
_SIGMA_PX = 1.4
_FADED = 1e-2
# Conn: step of the thresholds, and the least distance from a pixel's level that counts.
_STEP = 0.1
_THETA = 0.15

AlphaMatte = NDArray[np.float32]

# Titles of the errors with their units, for tables.
ERROR_TITLES = {"sad": "SAD, thousands", "mse": "MSE × 1,000", "grad": "Grad, thousands", "conn": "Conn, thousands"}


def matting_scores(predicted: AlphaMatte, true: AlphaMatte) -> dict[str, float]:
    """Return the errors of a matte by name; 0 is a perfect one.

    Args:
        predicted: Predicted alpha, (h, w) float32 in 0..1.
        true: True alpha, alike.

    Returns:
        sad: the sum of absolute differences, in thousands. mse: the mean squared difference, times 1,000. grad: the sum
        of squared differences of the gradients' magnitudes, in thousands. conn: the sum of differences in
        connectedness, in thousands.
    """
    difference = predicted.astype(np.float64) - true
    return {
        "sad": float(np.abs(difference).sum()) / 1000,
        "mse": float((difference**2).mean()) * 1000,
        "grad": float(((_gradient(predicted) - _gradient(true)) ** 2).sum()) / 1000,
        "conn": _connectivity(predicted, true) / 1000,
    }


def _gradient(alpha: AlphaMatte) -> NDArray[np.float64]:
    """Return the gradient's magnitude at each pixel, by first-order Gaussian derivatives; the border is replicated."""
    radius_px = math.ceil(_SIGMA_PX * math.sqrt(-2 * math.log(math.sqrt(2 * math.pi) * _SIGMA_PX * _FADED)))
    x = np.arange(-radius_px, radius_px + 1, dtype=np.float64)
    gaussian = np.exp(-(x**2) / (2 * _SIGMA_PX**2)) / (_SIGMA_PX * math.sqrt(2 * math.pi))
    derivative = -x * gaussian / _SIGMA_PX**2
    norm = math.sqrt((gaussian**2).sum() * (derivative**2).sum())  # of the two-dimensional kernel that they span
    wide = alpha.astype(np.float64)
    across, down = (
        cv2.sepFilter2D(wide, cv2.CV_64F, kx / norm, ky, borderType=cv2.BORDER_REPLICATE)
        for kx, ky in ((derivative, gaussian), (gaussian, derivative))
    )
    magnitude: NDArray[np.float64] = np.hypot(across, down)
    return magnitude


def _connectivity(predicted: AlphaMatte, true: AlphaMatte) -> float:
    """Sum up the differences of how far pixels are connected to what both mattes have in common.

    A pixel's level is the highest threshold at which it still belongs to the largest 4-connected part of what is that
    opaque in both.
    """
    level = np.full(true.shape, -1.0)
    thresholds = np.arange(0, 1 + _STEP / 2, _STEP)
    for below, threshold in pairwise(thresholds):
        both = (predicted >= threshold) & (true >= threshold)
        level[(level < 0) & ~_largest_part(both)] = below
    level[level < 0] = 1.0
    connected = []
    for alpha in (predicted, true):
        beyond = alpha - level
        connected.append(1 - beyond * (beyond >= _THETA))
    return float(np.abs(connected[0] - connected[1]).sum())


def _largest_part(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the largest 4-connected part of a mask (h, w)."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=4)
    if count == 1:
        return np.zeros_like(mask)
    largest: NDArray[np.bool_] = labels == 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())
    return largest
