"""Simulation of a camera's shots: how a second shot of a scene differs from the first.

The steps come in the order of a camera: exposure and white balance, a camera moved a little, vignetting, saturation,
blur, resizing, noise, rounding to 8 bits, JPEG. They are those of BackgroundMattingV2 (Lin et al., "Real-time
high-resolution background matting", CVPR 2021), and what lenses and compression do.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - its usual name

from bgfg.train.augment import jpeg, lens
from bgfg.train.augment.config import REFERENCE_PX, AugmentConfig
from bgfg.train.augment.counter_rng import CounterRng, DrawPurpose, standard_normals
from bgfg.train.augment.depth_parallax import DepthParallax
from bgfg.train.augment.geometry import pixel_centres, sample_at
from bgfg.train.augment.parallax import shift_by_parallax
from bgfg.train.augment.subset import apply_to_chosen, per_picture

_LUMA = (0.299, 0.587, 0.114)  # of R, G and B (ITU-R BT.601)


def simulate_background_shot(
    bare: Tensor, rng: CounterRng, config: AugmentConfig, parallax: DepthParallax | None = None
) -> Tensor:
    """Return another shot of the bare background.

    Args:
        bare: (n, 3, h, w) uint8.
        rng: The draws of the batch.
        config: What is done, to which share of the samples.
        parallax: Which samples have parallax by their depth; the others have drawn parallax. None for none.

    Returns:
        (n, 3, h, w) float32, whole levels 0..255.
    """
    levels = _exposed(bare, rng, config)
    if parallax is not None:  # before all else that moves, for the depth is that of the frame as it was
        levels = parallax.apply(levels)
    levels = move_camera(levels, rng, config)
    levels = shift_by_parallax(levels, rng, config, None if parallax is None else parallax.shifted)
    levels = _saturated(lens.vignette(levels, rng, config), rng, config)
    levels = lens.resample(_blurred(levels, rng, config), rng, config)
    return _developed(levels, rng, config, DrawPurpose.NOISE, DrawPurpose.JPEG)


def simulate_composite_shot(levels: Tensor, rng: CounterRng, config: AugmentConfig) -> Tensor:
    """Return the composite as a camera delivers it.

    Args:
        levels: (n, 3, h, w) float32, levels 0..255; overwritten.
        rng: The draws of the batch.
        config: What is done, to which share of the samples.

    Returns:
        (n, 3, h, w) float32, whole levels 0..255.
    """
    return _developed(levels, rng, config, DrawPurpose.COMPOSITE_NOISE, DrawPurpose.COMPOSITE_JPEG)


def _exposed(pictures: Tensor, rng: CounterRng, config: AugmentConfig) -> Tensor:
    """Change exposure and white balance of (n, 3, h, w) uint8: by a table of 256 levels a sample and channel."""
    if config.exposure_share == config.colour_share == 0:
        return pictures.float()
    # All tables in one, of which a level's entry is at 256 times the number of its table: one look-up does the batch.
    tables = torch.from_numpy(_tone_tables(rng, config).ravel()).to(pictures.device)
    table = torch.arange(3 * len(pictures), dtype=torch.int32, device=pictures.device).view(-1, 3, 1, 1)
    index = pictures.to(torch.int32).add_(table * 256)
    return tables.index_select(0, index.flatten()).view(pictures.shape)


def _tone_tables(rng: CounterRng, config: AugmentConfig) -> NDArray[np.float32]:
    """Return (n, 3, 256) float32: the level 0..255 that each level becomes, cut off where the sensor is full."""
    exposed = rng.bernoulli(DrawPurpose.EXPOSURE, config.exposure_share)
    coloured = rng.bernoulli(DrawPurpose.COLOUR, config.colour_share)
    log_gamma = rng.between(DrawPurpose.EXPOSURE, 1, *np.log(config.gamma))
    gamma = np.where(exposed, np.exp(log_gamma), 1.0)
    gain = np.where(exposed, rng.between(DrawPurpose.EXPOSURE, 2, *config.gain), 1.0)
    most = config.balance
    balance = [np.where(coloured, 1 + rng.between(DrawPurpose.COLOUR, slot, -most, most), 1.0) for slot in (1, 2, 3)]
    tone = (np.arange(256) / 255) ** gamma[:, None]
    tables: NDArray[np.float64] = 255 * (gain * np.stack(balance)).T[:, :, None] * tone[:, None]
    return np.clip(tables, 0, 255).astype(np.float32)


def move_camera(levels: Tensor, rng: CounterRng, config: AugmentConfig, interpolate: bool = True) -> Tensor:
    """Shift, zoom, rotate and tilt pictures about their centre, as a camera that moved sees them.

    Args:
        levels: (n, C, h, w) float32; overwritten.
        rng: The draws of the batch.
        config: What is done, to which share of the samples.
        interpolate: Whether values between pixels are bilinear, or those of the nearest pixel.
    """
    shifted = rng.bernoulli(DrawPurpose.SHIFT, config.shift_share)
    rotated = rng.bernoulli(DrawPurpose.ROTATE, config.rotate_share)
    most = 2 * config.shift_px_at_224 / REFERENCE_PX  # the frame's sides are 2 long
    shift_x, shift_y = (np.where(shifted, rng.between(DrawPurpose.SHIFT, slot, -most, most), 0.0) for slot in (1, 2))
    degrees = np.where(rotated, rng.between(DrawPurpose.ROTATE, 1, -config.rotate_deg, config.rotate_deg), 0.0)
    zoom = np.where(rotated, 1 + rng.between(DrawPurpose.ROTATE, 2, -config.zoom, config.zoom), 1.0)
    wide, high = (
        np.where(rotated, rng.between(DrawPurpose.ROTATE, slot, -config.tilt, config.tilt), 0.0) for slot in (3, 4)
    )
    height_px, width_px = levels.shape[-2:]
    cosine, sine = zoom * np.cos(np.radians(degrees)), zoom * np.sin(np.radians(degrees))
    # A rotation is one in pixels, and coordinates are in halves of the sides, which differ: hence the ratios.
    across, down = -sine * height_px / width_px, sine * width_px / height_px

    def move(part: Tensor, which: NDArray[np.intp]) -> Tensor:
        x, y = pixel_centres(width_px, part.device), pixel_centres(height_px, part.device)[:, None]
        c, a, d, sx, sy, tx, ty = (
            per_picture(values[which], part)[:, 0] for values in (cosine, across, down, shift_x, shift_y, wide, high)
        )
        # Of a homography: what is farther than the middle by this share looks smaller by it. Halves, since from border
        # to border x and y go from -1 to 1.
        far = 1 + tx / 2 * x + ty / 2 * y
        return sample_at(part, ((c * x + sx) + a * y) / far, ((c * y + sy) + d * x) / far, interpolate)

    return apply_to_chosen(levels, shifted | rotated, move)


def _saturated(levels: Tensor, rng: CounterRng, config: AugmentConfig) -> Tensor:
    """Pull colours towards their grey, or away from it."""
    towards_grey = rng.between(DrawPurpose.COLOUR, 4, -config.saturation, config.saturation)

    def saturate(part: Tensor, which: NDArray[np.intp]) -> Tensor:
        red, green, blue = (part[:, channel, None] * share for channel, share in enumerate(_LUMA))
        return part.add_((red + green + blue - part).mul_(per_picture(towards_grey[which], part)))

    return apply_to_chosen(levels, rng.bernoulli(DrawPurpose.COLOUR, config.colour_share), saturate)


def _blurred(levels: Tensor, rng: CounterRng, config: AugmentConfig) -> Tensor:
    """Put some pictures out of focus, each by a Gaussian of its own width."""
    scale = levels.shape[-1] / REFERENCE_PX
    least, most = (scale * sigma for sigma in config.blur_sigma_px_at_224)
    sigma = rng.between(DrawPurpose.BLUR, 1, least, most)
    reach = math.ceil(2.5 * most)
    offsets = np.arange(-reach, reach + 1)

    def blur(part: Tensor, which: NDArray[np.intp]) -> Tensor:
        weights = np.exp(-((offsets / sigma[which, None]) ** 2) / 2)
        kernels = torch.from_numpy((weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)).to(part.device)
        planes = F.pad(part.flatten(0, 1)[None], (reach,) * 4, mode="replicate")
        # (1, 3 m, h, w): a grouped convolution has a kernel for each plane; first down, then across.
        kernels = kernels.repeat_interleave(part.shape[1], dim=0)[:, None]
        planes = F.conv2d(planes, kernels[:, :, None, :], groups=planes.shape[1])
        return F.conv2d(planes, kernels[:, :, :, None], groups=planes.shape[1]).view(part.shape)

    return apply_to_chosen(levels, rng.bernoulli(DrawPurpose.BLUR, config.blur_share), blur)


def _developed(
    levels: Tensor, rng: CounterRng, config: AugmentConfig, noise: DrawPurpose, compression: DrawPurpose
) -> Tensor:
    """Add noise, round to 8 bits, compress; with the shares of the shot whose draw purposes are given."""
    composite = noise is DrawPurpose.COMPOSITE_NOISE
    noise_share = config.composite_noise_share if composite else config.noise_share
    jpeg_share = config.composite_jpeg_share if composite else config.jpeg_share
    sigma = rng.between(noise, 1, *config.noise_sigma_levels)
    growth = rng.between(noise, 2, *config.noise_growth)
    least, most = config.jpeg_quality
    quality = rng.between(compression, 1, least, most + 1).astype(np.int64)

    def add_noise(part: Tensor, which: NDArray[np.intp]) -> Tensor:
        keys = torch.from_numpy(rng.noise_keys(noise)[which]).to(part.device)
        normals = standard_normals(keys, part[0].numel()).view(part.shape).mul_(per_picture(sigma[which], part))
        if config.noise_growth[1] > 0:
            grows = per_picture(growth[which], part)
            normals.mul_((part.clamp(0, 255).mul_(2 / 255).sub_(1).mul_(grows)).add_(1).sqrt_())
        return part.add_(normals)

    levels = apply_to_chosen(levels, rng.bernoulli(noise, noise_share), add_noise).round_().clamp_(0, 255)
    chosen = rng.bernoulli(compression, jpeg_share)
    return apply_to_chosen(levels, chosen, lambda part, which: jpeg.compress(part, quality[which]))
