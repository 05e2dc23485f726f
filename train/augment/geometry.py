"""Resizing, cropping and flipping, the same for every picture of a sample."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - its usual name

from bgfg.train.augment.config import AugmentConfig
from bgfg.train.augment.counter_rng import CounterRng, DrawPurpose
from bgfg.train.augment.subset import apply_to_chosen, take


def resize(pictures: Tensor, size_px: tuple[int, int]) -> Tensor:
    """Resize (n, C, H, W) uint8 to (n, C, h, w) uint8, bilinear, antialiased where it shrinks.

    On a CPU in fixed point, elsewhere in floating point: at most one level of 255 apart.
    """
    if tuple(pictures.shape[-2:]) == size_px:
        return pictures
    if pictures.device.type == "cpu":
        return F.interpolate(pictures, size_px, mode="bilinear", antialias=True)
    return _resized_in_floating_point(pictures, size_px)


def _resized_in_floating_point(pictures: Tensor, size_px: tuple[int, int]) -> Tensor:
    levels = F.interpolate(pictures.float(), size_px, mode="bilinear", antialias=True)
    return levels.round_().clamp_(0, 255).to(torch.uint8)


def sample_at(levels: Tensor, x: Tensor, y: Tensor, interpolate: bool = True) -> Tensor:
    """Return the values of pictures at given places.

    Args:
        levels: (n, C, H, W) float32.
        x: (n, h, w), −1..1 from border to border of the frame; beyond it, the outermost pixel goes on.
        y: (n, h, w), likewise.
        interpolate: Whether values between pixels are bilinear, or those of the nearest pixel.

    Returns:
        (n, C, h, w) float32.
    """
    height_px, width_px = levels.shape[-2:]
    # Clamped to the outermost pixels' centres here: not every device knows padding_mode="border".
    last_x, last_y = 1 - 1 / width_px, 1 - 1 / height_px
    grid = torch.stack([x.clamp(-last_x, last_x), y.clamp(-last_y, last_y)], dim=-1)
    mode = "bilinear" if interpolate else "nearest"
    return F.grid_sample(levels, grid, mode=mode, padding_mode="zeros", align_corners=False)


def pixel_centres(count: int, device: torch.device) -> Tensor:
    """Return the coordinates of pixel centres along a side, (count,) float32 within −1..1."""
    return (2 * torch.arange(count, device=device) + 1) / count - 1


@dataclass(frozen=True)
class CropFlip:
    """Which samples of a batch are flipped, and which part of its frame each shows.

    Attributes:
        flipped: (n,) bool, left and right exchanged, after cropping.
        cropped: (n,) bool.
        width: (n,) float64, that of the crop as a share of the frame's, 1 where not cropped.
        height: (n,) float64, likewise.
        left: (n,) float64, where the crop begins, as a share of the frame's width.
        top: (n,) float64, where the crop begins, as a share of the frame's height.
        least_side: What `width` and `height` can't fall below.
    """

    flipped: NDArray[np.bool_]
    cropped: NDArray[np.bool_]
    width: NDArray[np.float64]
    height: NDArray[np.float64]
    left: NDArray[np.float64]
    top: NDArray[np.float64]
    least_side: float

    @classmethod
    def draw(cls, rng: CounterRng, config: AugmentConfig) -> CropFlip:
        """Draw crops and flips of a batch."""
        cropped = rng.bernoulli(DrawPurpose.CROP, config.crop_share)
        side = np.where(cropped, rng.between(DrawPurpose.CROP, 1, *config.crop_side), 1.0)
        # Both sides have the square root of the stretch, so that one narrows as the other widens, up to the frame's.
        stretch = np.where(cropped, config.crop_stretch ** rng.between(DrawPurpose.CROP, 4, -0.5, 0.5), 1.0)
        width, height = np.minimum(side * stretch, 1.0), np.minimum(side / stretch, 1.0)
        left = (1 - width) * rng.uniform(DrawPurpose.CROP, 2)
        top = (1 - height) * rng.uniform(DrawPurpose.CROP, 3)
        flipped = rng.bernoulli(DrawPurpose.FLIP, config.flip_share)
        return cls(flipped, cropped, width, height, left, top, config.crop_side[0] / math.sqrt(config.crop_stretch))

    def apply(self, pictures: Tensor, size_px: tuple[int, int]) -> Tensor:
        """Crop, flip and resize pictures.

        Those that are cropped are shrunk, antialiased, to where the smallest crop has the size wanted, and cut out
        bilinearly from that; the others are plainly resized.

        Args:
            pictures: (n, C, H, W) uint8.
            size_px: Height and width wanted.

        Returns:
            (n, C, h, w) uint8, contiguous.
        """
        shown = resize(pictures, size_px).clone(memory_format=torch.contiguous_format)
        shown = apply_to_chosen(shown, self.cropped, lambda _part, which: self._crops(pictures, which, size_px))
        return apply_to_chosen(shown, self.flipped, lambda part, _which: part.flip(3))

    def apply_to_codes(self, codes: Tensor) -> Tensor:
        """Crop and flip codes (n, 1, H, W) of any dtype in the same size: each the nearest code."""
        if not (self.cropped.any() or self.flipped.any()):
            return codes
        every = np.arange(len(codes))
        height_px, width_px = codes.shape[2:]
        return self.nearest_of(codes[:, 0], every, every, (height_px, width_px)).unsqueeze(1)

    def nearest_of(
        self, maps: Tensor, rows: NDArray[np.intp], which: NDArray[np.intp], size_px: tuple[int, int]
    ) -> Tensor:
        """Crop, flip and resize maps of some samples, each pixel the nearest one.

        Args:
            maps: (m, H, W) of any dtype.
            rows: (k,) the map of each of these samples.
            which: (k,) their places in the batch.
            size_px: Height and width wanted.

        Returns:
            (k, h, w).
        """
        down = self._nearest(self.top, self.height, size_px[0], maps.shape[1])[which]
        across = self._nearest(self.left, self.width, size_px[1], maps.shape[2])[which]
        across = np.where(self.flipped[which, None], across[:, ::-1], across)
        places = (rows[:, None, None], down[:, :, None], across[:, None, :])
        row, y, x = (torch.from_numpy(place).to(maps.device) for place in places)
        return maps[row, y, x]

    def _crops(self, pictures: Tensor, which: NDArray[np.intp], size_px: tuple[int, int]) -> Tensor:
        height_px, width_px = (
            min(own, math.ceil(wanted / self.least_side))
            for own, wanted in zip(pictures.shape[-2:], size_px, strict=True)
        )
        # With the channels last, rows are copied whole, and resizing is twice as fast.
        part = take(pictures.permute(0, 2, 3, 1), which).permute(0, 3, 1, 2)
        levels = resize(part, (height_px, width_px)).float()
        x = self._places(self.left, self.width, size_px[1], pictures.device)[:, None, :]
        y = self._places(self.top, self.height, size_px[0], pictures.device)[:, :, None]
        shape = (len(levels), *size_px)
        crops = sample_at(levels, x.expand(shape), y.expand(shape))
        return crops.round_().clamp_(0, 255).to(torch.uint8)

    def _places(
        self, start: NDArray[np.float64], side: NDArray[np.float64], count: int, device: torch.device
    ) -> Tensor:
        """Return where the pixel centres of the crops lie in their frames, (m, count) float32 in −1..1."""
        shares = _shares(start, side, count)[self.cropped]
        return torch.from_numpy((2 * shares - 1).astype(np.float32)).to(device)

    def _nearest(
        self, start: NDArray[np.float64], side: NDArray[np.float64], count: int, source_px: int
    ) -> NDArray[np.int64]:
        return np.minimum(_shares(start, side, count) * source_px, source_px - 1).astype(np.int64)


def _shares(start: NDArray[np.float64], side: NDArray[np.float64], count: int) -> NDArray[np.float64]:
    """Return where a crop's pixel centres lie along a side of the frame, (n, count) in 0..1."""
    return start[:, None] + side[:, None] * ((np.arange(count) + 0.5) / count)
