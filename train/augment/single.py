"""Augmentation for networks of one picture: photographs with their label maps, and composites without a background."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch
from torch import Tensor

from bgfg.train.augment.background_shot import move_camera, simulate_background_shot
from bgfg.train.augment.config import AugmentConfig
from bgfg.train.augment.counter_rng import CounterRng
from bgfg.train.augment.depth_parallax import DepthParallax
from bgfg.train.augment.geometry import CropFlip
from bgfg.train.augment.pairs import AugmentedPair, PairAugmentation
from bgfg.train.augment.shadow import add_shadows
from bgfg.train.ops.tensor_resize import nearest

# Label maps whose values are codes: between two codes there is no value, so they are never interpolated.
CATEGORICAL_MAPS = ("classes", "known", "instance")


class ImageAugmentation:
    """Augments images together with their label maps: a pure function of (seed, epoch, sample).

    Of its configuration those entries count that concern the frame or the second shot, which is what an image becomes.
    """

    def __init__(self, size_px: int, config: AugmentConfig, seed: int = 0) -> None:
        self._size_px, self._config, self._seed = (size_px, size_px), config, seed

    @torch.no_grad()
    def __call__(self, given: Mapping[str, Tensor], samples: Tensor, epoch: int) -> dict[str, Tensor]:
        """Return a batch as a network of one picture is to see it.

        Args:
            given: "image", (n, 3, H, W) uint8, and maps of the same frame, (n, 1, H, W) uint8, by name. Those of
                CATEGORICAL_MAPS are codes, all others levels. A camera that moves moves its maps along.
            samples: (n,) int64 indices.
            epoch: Number of the epoch.

        Returns:
            "picture", (n, 3, h, w) float32 in 0..1, and the maps, (n, 1, h, w) uint8.
        """
        rng = CounterRng(self._seed, epoch, samples.cpu().numpy())
        crop_flip = CropFlip.draw(rng, self._config)
        shown = crop_flip.apply(given["image"], self._size_px)
        with torch.autocast(shown.device.type, enabled=False):  # what has to be exact isn't rounded
            prepared = {"picture": simulate_background_shot(shown, rng, self._config).div_(255)}
            for name in given.keys() - {"image"}:
                coded = name in CATEGORICAL_MAPS
                maps = crop_flip.apply_to_codes(given[name]) if coded else crop_flip.apply(given[name], self._size_px)
                levels = nearest(maps, self._size_px).float()
                moved = move_camera(levels, rng, self._config, interpolate=not coded)
                prepared[name] = moved.round_().to(torch.uint8)
        return prepared


class CompositeAugmentation:
    """Augments composites for a network that takes no background: a pure function of (seed, epoch, sample).

    Of its configuration those entries count that concern the frame or the second shot, which is what the composite
    becomes. A camera that moves moves mask and depth along.
    """

    def __init__(self, size_px: int, config: AugmentConfig, seed: int = 0) -> None:
        self._size_px, self._config, self._seed = (size_px, size_px), config, seed

    @torch.no_grad()
    def __call__(
        self,
        bg: Tensor,
        bg_fg: Tensor,
        mask: Tensor,
        depth: Tensor | None,
        samples: Tensor,
        epoch: int,
        own: Tensor | None = None,
    ) -> AugmentedPair:
        """Return a batch as the network is to see it.

        Arguments are those of PairAugmentation, of which `bg` and `own` are not used; in the result `bg` is `bg_fg`.
        """
        rng = CounterRng(self._seed, epoch, samples.cpu().numpy())
        crop_flip = CropFlip.draw(rng, self._config)
        composite, mask = (crop_flip.apply(pictures, self._size_px) for pictures in (bg_fg, mask))
        with torch.autocast(composite.device.type, enabled=False):  # what has to be exact isn't rounded
            shot = simulate_background_shot(composite, rng, self._config).div_(255)
            mask = move_camera(mask.float(), rng, self._config).round_().to(torch.uint8)
            if depth is not None:
                codes = crop_flip.apply_to_codes(depth)
                depth = move_camera(codes.float(), rng, self._config, interpolate=False).to(codes.dtype)
        known = torch.ones(len(shot), dtype=torch.bool, device=shot.device)
        zoom = torch.from_numpy(1 / np.sqrt(crop_flip.width * crop_flip.height)).float().to(shot.device)
        return AugmentedPair(shot, shot, mask, depth, known, zoom)


class PhotographAugmentation(PairAugmentation):
    """Augments composites as single photographs of people, for networks that take no background and give no depth.

    What PairAugmentation does to people is done to them here, what it does to the second shot to the composite: a
    camera that moves moves the mask along. In the result `bg` is `bg_fg`.
    """

    def _shots(
        self,
        bare: Tensor,
        levels: Tensor,
        mask: Tensor,
        rng: CounterRng,
        own: Tensor | None,
        parallax: DepthParallax | None,
    ) -> tuple[Tensor, Tensor, Tensor]:
        with torch.autocast(levels.device.type, enabled=False):
            lit = add_shadows(levels, mask, rng, self.config).round_().clamp_(0, 255).to(torch.uint8)
            shot = simulate_background_shot(lit, rng, self.config).div_(255)
            moved = move_camera(mask.float(), rng, self.config).round_().to(torch.uint8)
        return shot, shot, moved
