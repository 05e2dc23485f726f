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

_SIGMA_PX = 1.4
_FADED = 1e-2  # where the Gaussian is cut off
_STEP = 0.1
_THETA = 0.15

Alpha = NDArray[np.float32]

# The errors with their units, as tables have them.
TITLES = {"sad": "SAD, thousands", "mse": "MSE × 1,000", "grad": "Grad, thousands", "conn": "Conn, thousands"}


def matting_scores(found: Alpha, true: Alpha) -> dict[str, float]:
    """Return the errors of a matte, both (h, w) float32 in 0..1; 0 is a perfect one.

    sad: the sum of absolute differences, in thousands. mse: the mean squared difference, times 1,000. grad: the sum of
    squared differences of the gradients' magnitudes, in thousands. conn: the sum of differences in connectedness, in
    thousands.
    """
    difference = found.astype(np.float64) - true
    return {
        "sad": float(np.abs(difference).sum()) / 1000,
        "mse": float((difference**2).mean()) * 1000,
        "grad": float(((_gradient(found) - _gradient(true)) ** 2).sum()) / 1000,
        "conn": _connectivity(found, true) / 1000,
    }


def _gradient(alpha: Alpha) -> NDArray[np.float64]:
    """Return the magnitude of the gradient at each pixel, by first-order Gaussian derivatives; the border goes on."""
    radius_px = math.ceil(_SIGMA_PX * math.sqrt(-2 * math.log(math.sqrt(2 * math.pi) * _SIGMA_PX * _FADED)))
    x = np.arange(-radius_px, radius_px + 1, dtype=np.float64)
    gaussian = np.exp(-(x**2) / (2 * _SIGMA_PX**2)) / (_SIGMA_PX * math.sqrt(2 * math.pi))
    derivative = -x * gaussian / _SIGMA_PX**2
    norm = math.sqrt((gaussian**2).sum() * (derivative**2).sum())  # of the kernel that the two span
    wide = alpha.astype(np.float64)
    across, down = (
        cv2.sepFilter2D(wide, cv2.CV_64F, kx / norm, ky, borderType=cv2.BORDER_REPLICATE)
        for kx, ky in ((derivative, gaussian), (gaussian, derivative))
    )
    magnitude: NDArray[np.float64] = np.hypot(across, down)
    return magnitude


def _connectivity(found: Alpha, true: Alpha) -> float:
    """Sum up how much less, or more, pixels hang together with what both mattes have in common.

    A pixel's level is the highest threshold at which it still belongs to the largest 4-connected part of what is that
    opaque in both.
    """
    level = np.full(true.shape, -1.0)
    thresholds = np.arange(0, 1 + _STEP / 2, _STEP)
    for below, threshold in pairwise(thresholds):
        both = (found >= threshold) & (true >= threshold)
        level[(level < 0) & ~_largest_part(both)] = below
    level[level < 0] = 1.0
    connected = []
    for alpha in (found, true):
        beyond = alpha - level
        connected.append(1 - beyond * (beyond >= _THETA))
    return float(np.abs(connected[0] - connected[1]).sum())


def _largest_part(mask: NDArray[np.bool_]) -> NDArray[np.bool_]:
    count, labels, stats, _ = cv2.connectedComponentsWithStats(mask.astype(np.uint8), connectivity=4)
    if count == 1:
        return np.zeros_like(mask)
    largest: NDArray[np.bool_] = labels == 1 + int(stats[1:, cv2.CC_STAT_AREA].argmax())
    return largest
