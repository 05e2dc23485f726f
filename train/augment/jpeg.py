"""JPEG compression without a file: the losses of a baseline encoder and decoder, in batches on any device.

As libjpeg does it (ITU-T T.81 with the tables of its Annex K, colours by JFIF, chroma at half size): to YCbCr, 8×8
blocks, discrete cosine transform, quantised by a quality, and back. Only the entropy coding is left out, for it loses
nothing.

Every product summed here is a whole number of some 2^-k, and every sum stays below 2^24 of them: float32 holds them all
exactly, so a picture comes out the same, bit for bit, in whatever order a matrix product adds, whatever batch it is in.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - its usual name

# ITU-T T.81, tables K.1 and K.2.
_LUMA = (
    16, 11, 10, 16, 24, 40, 51, 61,
    12, 12, 14, 19, 26, 58, 60, 55,
    14, 13, 16, 24, 40, 57, 69, 56,
    14, 17, 22, 29, 51, 87, 80, 62,
    18, 22, 37, 56, 68, 109, 103, 77,
    24, 35, 55, 64, 81, 104, 113, 92,
    49, 64, 78, 87, 103, 121, 120, 101,
    72, 92, 95, 98, 112, 100, 103, 99,
)  # fmt: skip
_CHROMA = (
    17, 18, 24, 47, 99, 99, 99, 99,
    18, 21, 26, 66, 99, 99, 99, 99,
    24, 26, 56, 99, 99, 99, 99, 99,
    47, 66, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99,
    99, 99, 99, 99, 99, 99, 99, 99,
)  # fmt: skip

# RGB to Y, Cb, Cr in 65,536ths, as libjpeg rounds them; 255 · 65,536 is just below 2^24.
_TO_YCC = ((19595, 38470, 7471), (-11058, -21710, 32768), (32768, -27439, -5329))
_YCC_OFFSET = (32768, 128 * 65536 + 32767, 128 * 65536 + 32767)

# Bits behind the point of the transforms' entries, so that sums are exact: coefficients of a block of levels −128..127
# stay within ±2^10; quantised ones, at any quality, within ±2^11.
_FORWARD_BITS, _INVERSE_BITS = 14, 13

# Eighths lie on a half often, and libjpeg rounds those away from 0, not to even: a little too much brings them there.
_JUST_BELOW_1 = 1 - 2.0**-18


def compress(levels: Tensor, quality: NDArray[np.integer], halve_chroma: bool = True) -> Tensor:
    """Return pictures as they are after compression by JPEG.

    Args:
        levels: (n, 3, H, W) float32 RGB, whole numbers 0..255.
        quality: (n,) whole numbers 1..100, as libjpeg and Pillow count it.
        halve_chroma: 4:2:0, colour at half the size each way, as cameras and Pillow do by default; otherwise 4:4:4.

    Returns:
        (n, 3, H, W) float32 RGB, whole numbers 0..255.
    """
    height_px, width_px = levels.shape[-2:]
    step = 16 if halve_chroma else 8
    padded = F.pad(levels, (0, -width_px % step, 0, -height_px % step), mode="replicate")
    ycc = _to_ycc(padded)
    luma, chroma = ycc[:, :1], ycc[:, 1:]
    luma = _quantised(luma, _tables(_LUMA, quality).to(levels.device))
    chroma = _halved(chroma) if halve_chroma else chroma
    chroma = _quantised(chroma, _tables(_CHROMA, quality).to(levels.device))
    if halve_chroma:  # libjpeg's "fancy upsampling" is bilinear
        chroma = F.interpolate(chroma, scale_factor=2, mode="bilinear", align_corners=False).round_()
    return _to_rgb(luma, chroma)[..., :height_px, :width_px]


def _tables(base: tuple[int, ...], quality: NDArray[np.integer]) -> Tensor:
    """Scale a table of Annex K as libjpeg does: (n, 1, 64) float32, whole numbers 1..255."""
    percent = np.where(quality < 50, 5000 // quality, 200 - 2 * quality)[:, None]
    scaled = np.clip((np.array(base) * percent + 50) // 100, 1, 255)
    return torch.from_numpy(scaled[:, None].astype(np.float32))


@lru_cache(maxsize=16)
def _transform(bits: int, device: torch.device) -> Tensor:
    """Return the 8×8 cosine transform as one (64, 64) matrix for columns of blocks, in multiples of 2^-bits."""
    k, x = np.mgrid[:8, :8]
    rows = np.cos((2 * x + 1) * k * np.pi / 16) * np.where(k == 0, np.sqrt(1 / 8), np.sqrt(1 / 4))
    matrix = np.round(np.kron(rows, rows) * 2**bits) / 2**bits
    return torch.from_numpy(matrix.astype(np.float32)).to(device)


def _quantised(planes: Tensor, table: Tensor) -> Tensor:
    """Quantise planes (n, C, H, W), sides multiples of 8, block by block; table: (n, 1, 64)."""
    n, channels, height_px, width_px = planes.shape
    grid = planes.reshape(n, channels, height_px // 8, 8, width_px // 8, 8).permute(0, 1, 2, 4, 3, 5)
    blocks = grid.reshape(n, -1, 64) - 128
    coefficients = blocks @ _transform(_FORWARD_BITS, planes.device).T
    eighths = coefficients.mul_(8).round_()  # what libjpeg's transform ends in
    coefficients = eighths.div_(table * (8 * _JUST_BELOW_1)).round_().mul_(table)
    pixels = (coefficients @ _transform(_INVERSE_BITS, planes.device)).add_(128).round_().clamp_(0, 255)
    return pixels.view(grid.shape).permute(0, 1, 2, 4, 3, 5).reshape(planes.shape)


def _to_ycc(rgb: Tensor) -> Tensor:
    matrix = torch.tensor(_TO_YCC, dtype=torch.float32, device=rgb.device)
    offset = torch.tensor(_YCC_OFFSET, dtype=torch.float32, device=rgb.device)[:, None]
    return (matrix @ rgb.flatten(2)).add_(offset).mul_(2.0**-16).floor_().view(rgb.shape)


def _to_rgb(luma: Tensor, chroma: Tensor) -> Tensor:
    blue, red = (chroma - 128).chunk(2, dim=1)
    green = blue * 0.344136 + red * 0.714136
    return torch.cat([luma + red * 1.402, luma - green, luma + blue * 1.772], dim=1).round_().clamp_(0, 255)


def _halved(chroma: Tensor) -> Tensor:
    """Return the means of 2×2 pixels, halves rounded down and up by turns along a row, as libjpeg does."""
    rows = chroma[..., 0::2, :] + chroma[..., 1::2, :]
    sums = rows[..., 0::2] + rows[..., 1::2]
    bias = torch.arange(sums.shape[-1], device=chroma.device) % 2 + 1
    return (sums + bias).mul_(0.25).floor_()
