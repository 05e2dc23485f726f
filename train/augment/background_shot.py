"""The second shot is never quite the first: what a camera does differently when it takes a picture again.

In the order in which it happens: the light meets the sensor under another exposure and white balance, from a place a
little aside; noise comes on top, then 8 bits, then JPEG. The kinds are those of BackgroundMattingV2 (Lin et al.,
"Real-time high-resolution background matting", CVPR 2021), and compression.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from bgfg.train.augment import jpeg
from bgfg.train.augment.config import REFERENCE_PX, Strengths
from bgfg.train.augment.counter_rng import Draws, Purpose, standard_normals
from bgfg.train.augment.geometry import centres, look_up
from bgfg.train.augment.subset import changed, column
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - the name that everybody gives it

_LUMA = (0.299, 0.587, 0.114)  # of R, G and B (ITU-R BT.601)


def taken_again(bare: Tensor, draws: Draws, strengths: Strengths) -> Tensor:
    """Return another shot of the bare background: (n, 3, h, w) float32, whole levels 0..255; bare: uint8."""
    levels = _exposed(bare, draws, strengths)
    levels = moved(levels, draws, strengths)
    levels = _blurred(_saturated(levels, draws, strengths), draws, strengths)
    return _developed(levels, draws, strengths, Purpose.NOISE, Purpose.JPEG)


def taken(levels: Tensor, draws: Draws, strengths: Strengths) -> Tensor:
    """Return the composite as a camera delivers it: float32, whole levels 0..255; `levels` is used up."""
    return _developed(levels, draws, strengths, Purpose.COMPOSITE_NOISE, Purpose.COMPOSITE_JPEG)


def _exposed(pictures: Tensor, draws: Draws, strengths: Strengths) -> Tensor:
    """Expose and balance (n, 3, h, w) uint8 anew: by a table of 256 levels a sample and channel."""
    if strengths.exposure_share == strengths.colour_share == 0:
        return pictures.float()
    tables = torch.from_numpy(_tone_tables(draws, strengths).ravel()).to(pictures.device)
    table = torch.arange(3 * len(pictures), dtype=torch.int32, device=pictures.device).view(-1, 3, 1, 1)
    index = pictures.to(torch.int32).add_(table * 256)
    return tables.index_select(0, index.flatten()).view(pictures.shape)


def _tone_tables(draws: Draws, strengths: Strengths) -> NDArray[np.float32]:
    """Return (n, 3, 256) float32: the level 0..255 that each level becomes, cut off where the sensor is full."""
    exposed = draws.chosen(Purpose.EXPOSURE, strengths.exposure_share)
    coloured = draws.chosen(Purpose.COLOUR, strengths.colour_share)
    log_gamma = draws.between(Purpose.EXPOSURE, 1, *np.log(strengths.gamma))
    gamma = np.where(exposed, np.exp(log_gamma), 1.0)
    gain = np.where(exposed, draws.between(Purpose.EXPOSURE, 2, *strengths.gain), 1.0)
    most = strengths.balance
    balance = [np.where(coloured, 1 + draws.between(Purpose.COLOUR, slot, -most, most), 1.0) for slot in (1, 2, 3)]
    tone = (np.arange(256) / 255) ** gamma[:, None]
    tables: NDArray[np.float64] = 255 * (gain * np.stack(balance)).T[:, :, None] * tone[:, None]
    return np.clip(tables, 0, 255).astype(np.float32)


def moved(levels: Tensor, draws: Draws, strengths: Strengths, mixed: bool = True) -> Tensor:
    """Shift, rotate about the centre and zoom the camera that sees (n, C, h, w) float32; `levels` is used up.

    mixed: whether values between the pixels are bilinear, or those of the nearest pixel.
    """
    shifted = draws.chosen(Purpose.SHIFT, strengths.shift_share)
    rotated = draws.chosen(Purpose.ROTATE, strengths.rotate_share)
    most = 2 * strengths.shift_px_at_224 / REFERENCE_PX  # the frame's sides are 2 long
    shift_x, shift_y = (np.where(shifted, draws.between(Purpose.SHIFT, slot, -most, most), 0.0) for slot in (1, 2))
    degrees = np.where(rotated, draws.between(Purpose.ROTATE, 1, -strengths.rotate_deg, strengths.rotate_deg), 0.0)
    zoom = np.where(rotated, 1 + draws.between(Purpose.ROTATE, 2, -strengths.zoom, strengths.zoom), 1.0)
    height_px, width_px = levels.shape[-2:]
    cosine, sine = zoom * np.cos(np.radians(degrees)), zoom * np.sin(np.radians(degrees))
    # Rotating is done in pixels, places are in halves of each side.
    across, down = -sine * height_px / width_px, sine * width_px / height_px

    def move(part: Tensor, which: NDArray[np.intp]) -> Tensor:
        x, y = centres(width_px, part.device), centres(height_px, part.device)[:, None]
        c, a, d, sx, sy = (column(values[which], part)[:, 0] for values in (cosine, across, down, shift_x, shift_y))
        return look_up(part, (c * x + sx) + a * y, (c * y + sy) + d * x, mixed)

    return changed(levels, shifted | rotated, move)


def _saturated(levels: Tensor, draws: Draws, strengths: Strengths) -> Tensor:
    """Pull colours towards their grey, or away from it."""
    towards_grey = draws.between(Purpose.COLOUR, 4, -strengths.saturation, strengths.saturation)

    def saturate(part: Tensor, which: NDArray[np.intp]) -> Tensor:
        red, green, blue = (part[:, channel, None] * share for channel, share in enumerate(_LUMA))
        return part.add_((red + green + blue - part).mul_(column(towards_grey[which], part)))

    return changed(levels, draws.chosen(Purpose.COLOUR, strengths.colour_share), saturate)


def _blurred(levels: Tensor, draws: Draws, strengths: Strengths) -> Tensor:
    """Put some out of focus, by a Gaussian of a width of their own."""
    scale = levels.shape[-1] / REFERENCE_PX
    least, most = (scale * sigma for sigma in strengths.blur_sigma_px_at_224)
    sigma = draws.between(Purpose.BLUR, 1, least, most)
    reach = math.ceil(2.5 * most)
    offsets = np.arange(-reach, reach + 1)

    def blur(part: Tensor, which: NDArray[np.intp]) -> Tensor:
        weights = np.exp(-((offsets / sigma[which, None]) ** 2) / 2)
        kernels = torch.from_numpy((weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)).to(part.device)
        planes = F.pad(part.flatten(0, 1)[None], (reach,) * 4, mode="replicate")  # (1, 3 m, h, w), a kernel a plane
        kernels = kernels.repeat_interleave(part.shape[1], dim=0)[:, None]
        planes = F.conv2d(planes, kernels[:, :, None, :], groups=planes.shape[1])
        return F.conv2d(planes, kernels[:, :, :, None], groups=planes.shape[1]).view(part.shape)

    return changed(levels, draws.chosen(Purpose.BLUR, strengths.blur_share), blur)


def _developed(levels: Tensor, draws: Draws, strengths: Strengths, noise: Purpose, compression: Purpose) -> Tensor:
    """Add noise, cut to 8 bits, compress; with the shares of the shot whose purposes are given."""
    composite = noise is Purpose.COMPOSITE_NOISE
    noise_share = strengths.composite_noise_share if composite else strengths.noise_share
    jpeg_share = strengths.composite_jpeg_share if composite else strengths.jpeg_share
    sigma = draws.between(noise, 1, *strengths.noise_sigma_levels)
    least, most = strengths.jpeg_quality
    quality = draws.between(compression, 1, least, most + 1).astype(np.int64)

    def add_noise(part: Tensor, which: NDArray[np.intp]) -> Tensor:
        keys = torch.from_numpy(draws.keys(noise)[which]).to(part.device)
        normals = standard_normals(keys, part[0].numel()).view(part.shape)
        return part.add_(normals.mul_(column(sigma[which], part)))

    levels = changed(levels, draws.chosen(noise, noise_share), add_noise).round_().clamp_(0, 255)
    chosen = draws.chosen(compression, jpeg_share)
    return changed(levels, chosen, lambda part, which: jpeg.compress(part, quality[which]))
