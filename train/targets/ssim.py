"""Structural similarity over the known pixels of a map.

Source: Wang, Bovik, Sheikh and Simoncelli, "Image quality assessment: from error visibility to structural similarity"
(IEEE TIP 2004), with their 11×11 Gaussian window of standard deviation 1.5, K1 0.01 and K2 0.03. Where pixels are
unknown, a window's weights are those of its known pixels, scaled to add up to 1 (normalised convolution: Knutsson and
Westin, CVPR 1993); with all known it is the published measure.
"""

from __future__ import annotations

from functools import lru_cache

import torch
import torch.nn.functional as F  # noqa: N812 - the name that everybody knows
from torch import Tensor

WINDOW_PX = 11
MARGIN_PX = WINDOW_PX // 2
_SIGMA_PX = 1.5
_C1 = 0.01**2
_C2 = 0.03**2


def ssim_map(predicted: Tensor, true: Tensor, known: Tensor) -> Tensor:
    """Return the similarity around each pixel whose window lies in the frame, (n, 1, h - 10, w - 10) float32.

    A similarity around an unknown pixel means nothing: leave it out by `crop_to_windows(known)`.

    Args:
        predicted: Predicted map, (n, 1, h, w), of data range 1, h and w at least 11.
        true: True map, alike.
        known: (n, 1, h, w) bool; what the maps hold where it is False has no effect.
    """
    known = known.float()
    x, y = predicted.float() * known, true.float() * known
    # In half precision the variances below, differences of nearly equal numbers, would be noise.
    with torch.autocast(x.device.type, enabled=False):
        sums = _blurred(torch.cat([known, x, y, x * x, y * y, x * y], dim=1))
    weight = sums[:, :1].clamp(min=1e-6)  # share of the window that is known
    mean_x, mean_y, mean_xx, mean_yy, mean_xy = torch.split(sums[:, 1:] / weight, 1, dim=1)
    variances = mean_xx - mean_x**2 + mean_yy - mean_y**2
    covariance = mean_xy - mean_x * mean_y
    luminance = (2 * mean_x * mean_y + _C1) / (mean_x**2 + mean_y**2 + _C1)
    return luminance * (2 * covariance + _C2) / (variances + _C2)


def crop_to_windows(maps: Tensor) -> Tensor:
    """Return the part of maps (n, 1, h, w) that `ssim_map` covers, (n, 1, h - 10, w - 10)."""
    return maps[..., MARGIN_PX:-MARGIN_PX, MARGIN_PX:-MARGIN_PX]


def _blurred(maps: Tensor) -> Tensor:
    """Blur (n, c, h, w) by the Gaussian window, without padding.

    On a processor by products with matrices: there convolutions of a single channel, and their gradients, take 20 times
    as long at 96 px a side, and as long at 2,000. Elsewhere products may have fewer bits than the variances need.
    """
    n, c, h, w = maps.shape
    if maps.device.type == "cpu":
        return _windows(h) @ maps @ _windows(w).T
    kernel = _gaussian().to(maps.device)
    rows = F.conv2d(maps.reshape(n * c, 1, h, w), kernel.view(1, 1, 1, -1))
    return F.conv2d(rows, kernel.view(1, 1, -1, 1)).view(n, c, h - 2 * MARGIN_PX, w - 2 * MARGIN_PX)


@lru_cache(maxsize=16)
def _windows(side_px: int) -> Tensor:
    """Return the window at each of its places along a side, (side_px - 10, side_px) float32."""
    windows = torch.zeros(side_px - 2 * MARGIN_PX, side_px)
    for place, window in enumerate(windows):
        window[place : place + WINDOW_PX] = _gaussian()
    return windows


@lru_cache(maxsize=1)
def _gaussian() -> Tensor:
    offsets = torch.arange(WINDOW_PX, dtype=torch.float64) - MARGIN_PX
    weights = torch.exp(-(offsets**2) / (2 * _SIGMA_PX**2))
    return (weights / weights.sum()).float()
