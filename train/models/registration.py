"""Registration of the empty scene to the picture: exposure, white balance and small camera motion, without learning.

A second shot is never quite the first: its exposure and white balance differ a little, and the camera has moved by a
pixel or two. Both hide the person where the plain difference of the shots is looked at. Each pair has a handful of
unknowns, and the person, who agrees with none of them, is weighed out (Tukey's biweight: Beaton and Tukey,
Technometrics 1974). No gradient goes through; every step is one that ONNX has.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F  # noqa: N812 - the name that everybody knows
from torch import Tensor

# Side of the cells that are averaged before light is compared: a small motion hardly changes their means.
_CELL_PX = 8
# Residuals, as levels in 0..1, from which on a cell has no weight: first of the shots as they are, since what differs
# so much is hardly light, and may be most of the picture where somebody is near; then round by round, as fewer show the
# person.
_FIRST_CUTOFF = 0.4
_CUTOFFS = (0.3, 0.15, 0.08, 0.05)
_PIXEL_CUTOFF = 0.15
# Regularisation towards no change: flat pictures, which tell nothing, keep their gain and their place.
_STEADY = 1e-3

# By what shots are shrunk once, for all that doesn't need their pixels.
_HALVED = 2
# Search for motion, from coarse to fine: by what pictures are shrunk, and how many steps are taken there.
_PYRAMID = ((4, 3), (2, 2))
# Smaller motions are taken for none, so that equal shots stay equal pixel for pixel; larger ones are taken for errors.
_STILL_PX = 0.1
_MOST_PX = 8.0


def register_background(bg: Tensor, bg_fg: Tensor) -> Tensor:
    """Return bg under the light of bg_fg and from where its camera stood; both (n, 3, h, w) float in 0..1."""
    with torch.no_grad(), torch.autocast(bg.device.type, enabled=False):
        bg, bg_fg = bg.float(), bg_fg.float()
        half, half_fg = halved(bg), halved(bg_fg)
        cells, cells_fg = (F.avg_pool2d(shot, _CELL_PX // _HALVED) for shot in (half, half_fg))
        gain, offset = fit_photometry(cells, cells_fg)
        moved = warp_similarity(bg, fit_geometry(gain * half + offset, half_fg))
        # Where it lies has changed, and so what is compared; light and place may come in any order.
        cells = gain * F.avg_pool2d(moved, _CELL_PX) + offset
        gain_left, offset_left = fit_photometry(cells, cells_fg)
        return gain_left * gain * moved + (gain_left * offset + offset_left)


def halved(pictures: Tensor) -> Tensor:
    """Return the means of 2 by 2 pixels of (n, c, h, w): a bilinear look at their middles, faster than pooling."""
    return F.interpolate(pictures, scale_factor=1 / _HALVED, mode="bilinear")


def fit_photometry(cells: Tensor, cells_fg: Tensor) -> tuple[Tensor, Tensor]:
    """Return gain and offset, (n, 3, 1, 1) each, that bring bg to the exposure and white balance of bg_fg.

    Fitted by least squares for each channel: `gain · bg + offset`.

    Args:
        cells: (n, 3, h, w), means of bg over cells of 8 by 8 px.
        cells_fg: Those of bg_fg.
    """
    x, y = cells.flatten(2), cells_fg.flatten(2)
    weight = _biweight((y - x).abs().amax(1, keepdim=True), _FIRST_CUTOFF)
    for cutoff in _CUTOFFS:
        total = weight.sum(2, keepdim=True) + _STEADY
        mean_x, mean_y = ((weight * cells).sum(2, keepdim=True) / total for cells in (x, y))
        covariance = (weight * (x - mean_x) * (y - mean_y)).sum(2, keepdim=True) / total
        variance = (weight * (x - mean_x) ** 2).sum(2, keepdim=True) / total
        gain = ((covariance + _STEADY) / (variance + _STEADY)).clamp(0.5, 2.0)
        offset = mean_y - gain * mean_x
        weight = _biweight((y - gain * x - offset).abs().amax(1, keepdim=True), cutoff)
    return gain.unsqueeze(3), offset.unsqueeze(3)


def fit_geometry(half: Tensor, half_fg: Tensor) -> Tensor:
    """Return the motion (n, 4), as `warp_similarity` takes it, that lays bg onto bg_fg; 0 from 8 px of the shots on.

    By Gauss and Newton on the brightness, from coarse to fine (Lucas and Kanade, IJCAI 1981; Bergen et al., ECCV 1992).

    Args:
        half: (n, 3, h, w), bg at half its size, under the light of bg_fg.
        half_fg: bg_fg at half its size.
    """
    motion = half.new_zeros(half.shape[0], 4)  # not len(half): a trace would freeze the batch size
    grey = [shot.mean(1, keepdim=True) for shot in (half, half_fg)]
    for scale, rounds in _PYRAMID:
        before, after = (F.avg_pool2d(shot, scale // _HALVED) for shot in grey)
        for _ in range(rounds):
            motion = motion + _step(warp_similarity(before, motion / scale), after) * scale
    largest_px = motion[:, :2].abs().amax(1) + motion[:, 2:].abs().sum(1)
    moves = (largest_px > _STILL_PX) & (largest_px < _MOST_PX)
    return torch.where(moves.unsqueeze(1), motion, 0.0)


def warp_similarity(pictures: Tensor, motion: Tensor) -> Tensor:
    """Return at each place p of (n, c, h, w) what is at p + d(p), bilinearly; beyond the border, what is at it.

    Args:
        pictures: (n, c, h, w).
        motion: (n, 4) px: right, down, apart and clockwise, the last two as far as they move the middle of the right
            edge.
    """
    height, width = pictures.shape[-2:]
    x, y = _places(pictures)
    right, down, apart, turn = (part.view(-1, 1, 1) for part in motion.unbind(1))
    x_px = x * (width / 2) + right + apart * x - turn * y
    y_px = y * (width / 2) + down + apart * y + turn * x
    grid = torch.stack([x_px * (2 / width), y_px * (2 / height)], dim=-1)
    return F.grid_sample(pictures, grid, mode="bilinear", padding_mode="border", align_corners=False)


def min_neighbour_difference(bg: Tensor, bg_fg: Tensor) -> Tensor:
    """Return the least |bg_fg - bg| over the 3 by 3 places about each pixel of bg, (n, c, h, w)."""
    height, width = bg.shape[-2:]
    padded = F.pad(bg, (1, 1, 1, 1), mode="replicate")
    least = (bg_fg - bg).abs()
    for y in range(3):
        for x in range(3):
            if (y, x) != (1, 1):
                least = torch.minimum(least, (bg_fg - padded[..., y : y + height, x : x + width]).abs())
    return least


def _step(before: Tensor, after: Tensor) -> Tensor:
    """Return the motion (n, 4) that makes `before` more like `after`, to first order; both (n, 1, h, w)."""
    padded = F.pad(before, (1, 1, 1, 1), mode="replicate")
    slope_x = (padded[..., 1:-1, 2:] - padded[..., 1:-1, :-2]) / 2
    slope_y = (padded[..., 2:, 1:-1] - padded[..., :-2, 1:-1]) / 2
    x, y = _places(before)
    slopes = torch.cat([slope_x, slope_y, slope_x * x + slope_y * y, slope_y * x - slope_x * y], dim=1).flatten(2)
    residual = (after - before).flatten(2)
    weighed = slopes * _biweight(residual, _PIXEL_CUTOFF)
    # One step of Gauss and Newton: the weighted normal equations of the linearised brightness.
    normal = weighed @ slopes.transpose(1, 2) + _STEADY * torch.eye(4, dtype=slopes.dtype, device=slopes.device)
    return _solved(normal, (weighed * residual).sum(2)).clamp(-1.5, 1.5)


def _places(pictures: Tensor) -> tuple[Tensor, Tensor]:
    """Return x (1, w) in -1..1 and y (h, 1), in the same unit, of the centres of the pixels."""
    height, width = pictures.shape[-2:]
    x, y = (torch.arange(side, dtype=pictures.dtype, device=pictures.device) for side in (width, height))
    return ((2 * x + 1 - width) / width).view(1, -1), ((2 * y + 1 - height) / width).view(-1, 1)


def _solved(normal: Tensor, right: Tensor) -> Tensor:
    """Solve normal (n, 4, 4), symmetric and positive, · x = right (n, 4), by Gauss and Jordan: ONNX has no solver."""
    rows = list(torch.cat([normal, right.unsqueeze(2)], dim=2).unbind(1))
    for i in range(len(rows)):
        rows[i] = rows[i] / rows[i][:, i : i + 1]
        rows = [row if j == i else row - row[:, i : i + 1] * rows[i] for j, row in enumerate(rows)]
    return torch.stack([row[:, -1] for row in rows], dim=1)


def _biweight(residual: Tensor, cutoff: float) -> Tensor:
    """Return Tukey's biweight: 1 for no residual, 0 from the cutoff on."""
    return (1 - (residual / cutoff) ** 2).clamp(min=0) ** 2
