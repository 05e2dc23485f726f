"""Parallax by true depth: the camera of the second shot stood a few centimetres beside that of the composite.

A camera that steps aside by a baseline, without turning, sees a place shifted by focal length · baseline / depth, the
focal length in pixels: the near moves more than the far. That is the warp by disparity of view synthesis, with one
colour for each place (layered representations, such as Zhou et al., "Stereo magnification", SIGGRAPH 2018, know what is
behind it too). The shot is looked up backwards: each of its pixels gets that place of the background which lands on it,
of several the nearest. What was hidden behind something near, so that nothing lands there, repeats what is seen beside
that thing; beyond the frame, its outermost pixels go on.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from bgfg.train.augment.config import AugmentConfig
from bgfg.train.augment.counter_rng import CounterRng, DrawPurpose
from bgfg.train.augment.geometry import CropFlip, pixel_centres, sample_at
from bgfg.train.augment.scene_depth import SceneDepth
from bgfg.train.augment.subset import apply_to_chosen

# No place is shifted further than by this share of the frame's longer side. With usual cameras, and what is at least
# 0.3 m off (scene_depth.py), none would be; a telephoto lens, or a baseline that isn't of a hand, would ask for more.
_FURTHEST = 0.25


@dataclass(frozen=True)
class DepthParallax:
    """Which backgrounds of a batch are shifted by their depth, and how far.

    Attributes:
        shifted: (n,) bool.
        per_m: (m, h, w) float32, the inverse depth, in 1/m, of what the m that are shifted show.
        px_at_1_m: (m, 2) float64, by how many pixels, across and down, a place at a depth of 1 m is shifted.
    """

    shifted: NDArray[np.bool_]
    per_m: Tensor
    px_at_1_m: NDArray[np.float64]

    @classmethod
    def draw(
        cls,
        scene: SceneDepth,
        own: NDArray[np.intp],
        crop_flip: CropFlip,
        size_px: tuple[int, int],
        rng: CounterRng,
        config: AugmentConfig,
    ) -> DepthParallax:
        """Draw the parallax of a batch; a wrong background has none, nor has one of which no depth is known.

        Args:
            scene: The depth of some backgrounds.
            own: (n,) the place of each sample's background among those.
            crop_flip: What part of its frame each sample shows.
            size_px: Height and width at which it shows that, h and w.
            rng: The draws of the batch.
            config: What is done, to which share of the samples.
        """
        chosen = rng.bernoulli(DrawPurpose.PARALLAX, config.parallax_share) & scene.is_known[own]
        chosen &= ~rng.bernoulli(DrawPurpose.WRONG, config.wrong_share)
        angle = rng.between(DrawPurpose.PARALLAX, 1, 0, 2 * np.pi)
        baseline_m = rng.between(DrawPurpose.PARALLAX, 2, 0, config.parallax_baseline_m)
        which = np.flatnonzero(chosen)
        # A crop is enlarged, and what is seen in it moves further.
        frame_px = np.array(size_px[::-1]) / np.stack([crop_flip.width, crop_flip.height], axis=1)
        direction = np.stack([np.cos(angle), np.sin(angle)], axis=1)
        px_at_1_m = (direction * baseline_m[:, None] * scene.focal[own] * frame_px)[which]
        return cls(chosen, crop_flip.nearest_of(scene.per_m, own[which], which, size_px).float(), px_at_1_m)

    def apply(self, levels: Tensor) -> Tensor:
        """Shift the places of pictures, (n, C, h, w) float32; overwritten."""
        if not self.px_at_1_m.any():
            return levels
        return apply_to_chosen(levels, self.shifted, lambda part, _which: self._shift(part))

    def _shift(self, part: Tensor) -> Tensor:
        """Return the pictures that are shifted, (m, C, h, w), as they are afterwards."""
        length_px = np.hypot(*self.px_at_1_m.T)
        step_px = self.px_at_1_m / np.maximum(length_px, np.finfo(np.float64).tiny)[:, None]
        height_px, width_px = part.shape[-2:]
        # The frame's sides are 2 long.
        across, down = (2 * step_px / (width_px, height_px)).astype(np.float32).T
        across, down = (torch.from_numpy(side.copy()).to(part.device).view(-1, 1, 1) for side in (across, down))
        x, y = pixel_centres(width_px, part.device), pixel_centres(height_px, part.device)[:, None]
        reach_px = self.per_m * torch.from_numpy(length_px.astype(np.float32)).to(part.device).view(-1, 1, 1)
        landed_px = _of_what_lands(reach_px.clamp(max=_FURTHEST * max(height_px, width_px)), x, y, across, down)
        return sample_at(part, x - across * landed_px, y - down * landed_px)


def _of_what_lands(reach_px: Tensor, x: Tensor, y: Tensor, across: Tensor, down: Tensor) -> Tensor:
    """Return how far that came which lands on each pixel: of what is shifted on to it, the furthest, for it is nearest.

    Args:
        reach_px: (m, h, w) float32, how far what is seen at each pixel is shifted.
        x: (w,), where the pixels are across the frame.
        y: (h, 1), likewise down the frame.
        across: (m, 1, 1), what a step of one pixel in the direction of the shift is across the frame.
        down: (m, 1, 1), likewise down the frame.
    """
    landed_px = reach_px
    for steps in range(1, math.ceil(float(reach_px.max()) - 0.5) + 1):
        before_x, before_y = ((at - steps * side).expand_as(reach_px) for at, side in ((x, across), (y, down)))
        behind = sample_at(reach_px[:, None], before_x, before_y, interpolate=False)[:, 0]
        lands = behind > steps - 0.5
        landed_px = torch.where(lands, torch.maximum(landed_px, behind), landed_px)
    return landed_px
