"""What the frame shows: resizing, cropping and flipping, the same for every picture of a sample."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from bgfg.train.augment.config import Strengths
from bgfg.train.augment.counter_rng import Draws, Purpose
from bgfg.train.augment.subset import changed, rows
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F  # noqa: N812 - the name that everybody gives it


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


def look_up(levels: Tensor, x: Tensor, y: Tensor, mixed: bool = True) -> Tensor:
    """Return (n, C, h, w), the bilinear values of (n, C, H, W) float32 at the places x, y, both (n, h, w).

    mixed: False for the values of the nearest pixels instead.
    Places are in −1..1 from border to border of the frame; beyond it, the outermost pixel goes on.
    """
    height_px, width_px = levels.shape[-2:]
    # Held to the outermost pixels' centres by hand: not every device knows padding_mode="border".
    last_x, last_y = 1 - 1 / width_px, 1 - 1 / height_px
    grid = torch.stack([x.clamp(-last_x, last_x), y.clamp(-last_y, last_y)], dim=-1)
    mode = "bilinear" if mixed else "nearest"
    return F.grid_sample(levels, grid, mode=mode, padding_mode="zeros", align_corners=False)


def centres(count: int, device: torch.device) -> Tensor:
    """Return the places of pixel centres along a side, (count,) float32 within −1..1."""
    return (2 * torch.arange(count, device=device) + 1) / count - 1


@dataclass(frozen=True)
class Framing:
    """Which samples of a batch are flipped, and which part of its frame each shows.

    flipped, cropped: (n,) bool. side, left, top: (n,) float64, shares of the frame's sides, (1, 0, 0) where not
    cropped. least_side: what `side` can't fall below.
    """

    flipped: NDArray[np.bool_]
    cropped: NDArray[np.bool_]
    side: NDArray[np.float64]
    left: NDArray[np.float64]
    top: NDArray[np.float64]
    least_side: float

    @classmethod
    def drawn(cls, draws: Draws, strengths: Strengths) -> Framing:
        """Draw the framing of a batch."""
        cropped = draws.chosen(Purpose.CROP, strengths.crop_share)
        side = np.where(cropped, draws.between(Purpose.CROP, 1, *strengths.crop_side), 1.0)
        left, top = ((1 - side) * draws.uniform(Purpose.CROP, slot) for slot in (2, 3))
        flipped = draws.chosen(Purpose.FLIP, strengths.flip_share)
        return cls(flipped, cropped, side, left, top, strengths.crop_side[0])

    def pictures(self, pictures: Tensor, size_px: tuple[int, int]) -> Tensor:
        """Return what the frame shows of (n, C, H, W) uint8, as (n, C, h, w) uint8, contiguous.

        Cropped ones are shrunk, antialiased, to where the smallest crop has the size wanted, and cut out bilinearly
        from that; the others are plainly resized.
        """
        shown = resize(pictures, size_px).clone(memory_format=torch.contiguous_format)
        shown = changed(shown, self.cropped, lambda _part, which: self._crops(pictures, which, size_px))
        return changed(shown, self.flipped, lambda part, _which: part.flip(3))

    def codes(self, codes: Tensor) -> Tensor:
        """Return what the frame shows of (n, 1, H, W) codes of any dtype, in the same size: the nearest code each."""
        if not (self.cropped.any() or self.flipped.any()):
            return codes
        down, across = self._nearest(self.top, codes.shape[2]), self._nearest(self.left, codes.shape[3])
        across = np.where(self.flipped[:, None], across[:, ::-1], across)
        y, x = (torch.from_numpy(places).to(codes.device) for places in (down[:, :, None], across[:, None, :]))
        sample = torch.arange(len(codes), device=codes.device).view(-1, 1, 1)
        return codes[sample, 0, y, x].unsqueeze(1)

    def _crops(self, pictures: Tensor, which: NDArray[np.intp], size_px: tuple[int, int]) -> Tensor:
        height_px, width_px = (
            min(own, math.ceil(wanted / self.least_side))
            for own, wanted in zip(pictures.shape[-2:], size_px, strict=True)
        )
        # With the channels last, rows are copied whole, and resizing is twice as fast.
        part = rows(pictures.permute(0, 2, 3, 1), which).permute(0, 3, 1, 2)
        levels = resize(part, (height_px, width_px)).float()
        x = self._places(self.left, size_px[1], pictures.device)[:, None, :]
        y = self._places(self.top, size_px[0], pictures.device)[:, :, None]
        shape = (len(levels), *size_px)
        crops = look_up(levels, x.expand(shape), y.expand(shape))
        return crops.round_().clamp_(0, 255).to(torch.uint8)

    def _places(self, start: NDArray[np.float64], count: int, device: torch.device) -> Tensor:
        """Return where the pixel centres of the crops lie in their frames, (m, count) float32 in −1..1."""
        shares = self._shares(start, count)[self.cropped]
        return torch.from_numpy((2 * shares - 1).astype(np.float32)).to(device)

    def _nearest(self, start: NDArray[np.float64], count: int) -> NDArray[np.int64]:
        return np.minimum(self._shares(start, count) * count, count - 1).astype(np.int64)

    def _shares(self, start: NDArray[np.float64], count: int) -> NDArray[np.float64]:
        return start[:, None] + self.side[:, None] * ((np.arange(count) + 0.5) / count)
