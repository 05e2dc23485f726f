"""Augmentation of training pairs: crops and flips of all maps together, and a second shot unlike the first.

    augment = PairAugmentation(96, PAIR_CONFIG, seed=0, others=backgrounds_of_the_training_split)
    pair = augment(bg, bg_fg, mask, depth, samples, epoch)

Everything is a pure function of (seed, epoch, sample): what a sample becomes doesn't depend on the batch it is in, on
the rank, or on whether the run was resumed; on a CPU to the last bit.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.augment.background_shot import simulate_background_shot, simulate_composite_shot
from bgfg.train.augment.config import PAIR_CONFIG, AugmentConfig
from bgfg.train.augment.counter_rng import CounterRng, DrawPurpose
from bgfg.train.augment.decoys import add_decoys
from bgfg.train.augment.depth_parallax import DepthParallax
from bgfg.train.augment.distractors import add_distractors
from bgfg.train.augment.geometry import CropFlip, resize
from bgfg.train.augment.scene_depth import SceneDepth
from bgfg.train.augment.shadow import add_shadows
from bgfg.train.augment.subset import apply_to_chosen, take
from bgfg.train.augment.texture import repaint_people


class AugmentedPair(NamedTuple):
    """A batch of pairs as the network is to see it.

    Attributes:
        bg: Shots of the bare backgrounds, (n, 3, h, w) float32 in 0..1.
        bg_fg: Composites, (n, 3, h, w) float32 in 0..1.
        mask: (n, 1, h, w) uint8, 0..255.
        depth: (n, 1, Hd, Wd) codes of the size and dtype given, 0 unknown; None where none was given.
        known: (n,) bool, whether the depth given belongs to the composite. It doesn't in composites without a person,
            for the bare background's depth isn't at hand, nor in those with a distractor.
        zoom: (n,) float32, by how much depth is to be brought nearer; None for not at all. What a crop enlarges looks
            as if it had been taken from so much nearer, and a network of one picture can't know better.
    """

    bg: Tensor
    bg_fg: Tensor
    mask: Tensor
    depth: Tensor | None
    known: Tensor
    zoom: Tensor | None = None


class PairAugmentation:
    """Augments batches of (bare background, composite, mask, depth) on whatever device they are on."""

    def __init__(
        self,
        size_px: int | tuple[int, int],
        config: AugmentConfig = PAIR_CONFIG,
        seed: int = 0,
        others: Tensor | None = None,
        scene: SceneDepth | None = None,
    ) -> None:
        """Prepare the augmentation.

        Args:
            size_px: Size of the network's input, a side or (height, width).
            config: What is done, to which share of the samples.
            seed: Seed of all draws.
            others: (m, 3, H, W) uint8, other backgrounds to take wrong ones and textures of people from. Give those of
                the training split alone, or else the network sees what it is to be tested on.
            scene: The depth of each of `others`, for parallax by depth; None to draw how near places are. It is used
                where a call says which background is whose.

        Raises:
            Problem: `config` needs other backgrounds and there are fewer than two.
        """
        self.size_px = (size_px, size_px) if isinstance(size_px, int) else size_px
        self.config, self.seed = config, seed
        self._others = None if others is None else resize(others, self.size_px).contiguous()
        self._scene = scene
        require_others(config, others)

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

        Args:
            bg: Bare backgrounds, (n, 3, H, W) uint8, in any memory format.
            bg_fg: Composites, (n, 3, H, W) uint8, in any memory format.
            mask: (n, 1, H, W) uint8.
            depth: (n, 1, Hd, Wd) codes, or None.
            samples: (n,) int64 indices, best on the CPU, for that is where the draws are made.
            epoch: Number of the epoch.
            own: (n,) int64, the place of each sample's own background among `others`, so that a wrong background is
                never the right one; without it, one in m is.
        """
        rng = CounterRng(self.seed, epoch, samples.cpu().numpy())
        crop_flip = CropFlip.draw(rng, self.config)
        bare, composite, mask = (crop_flip.apply(pictures, self.size_px) for pictures in (bg, bg_fg, mask))
        bare, composite, mask = add_decoys(bare, composite, mask, rng, self.config, self._others)
        empty = rng.bernoulli(DrawPurpose.EMPTY, self.config.empty_share)
        composite = apply_to_chosen(composite, empty, lambda _part, which: take(bare, which))
        mask = apply_to_chosen(mask, empty, lambda part, _which: part.zero_())
        # A trainer's autocast must not round what has to be exact.
        with torch.autocast(bare.device.type, enabled=False):
            levels = repaint_people(composite.float(), bare, mask, rng, self.config, self._others)
            levels, mask, crowded = add_distractors(levels, mask, rng, self.config, self._others)
        unknown = empty | crowded
        if depth is not None:
            depth = crop_flip.apply_to_codes(depth)
            if unknown.any():
                depth = depth.clone()
            for place in np.flatnonzero(unknown):
                depth[place].zero_()  # one by one: older releases of PyTorch can't choose among 16-bit codes
        parallax = self._parallax(crop_flip, rng, own)
        second, first, mask = self._shots(bare, levels, mask, rng, own, parallax)
        known = torch.from_numpy(~unknown).to(bg.device)
        return AugmentedPair(second, first, mask, depth, known)

    def _parallax(self, crop_flip: CropFlip, rng: CounterRng, own: Tensor | None) -> DepthParallax | None:
        if self._scene is None or own is None:
            return None
        return DepthParallax.draw(self._scene, own.cpu().numpy(), crop_flip, self.size_px, rng, self.config)

    def _shots(
        self,
        bare: Tensor,
        levels: Tensor,
        mask: Tensor,
        rng: CounterRng,
        own: Tensor | None,
        parallax: DepthParallax | None,
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return the shots of background and composite, (n, 3, h, w) float32 in 0..1, and the mask of the latter."""
        second, first = simulate_shots(bare, levels, mask, rng, self.config, self._others, own, parallax)
        return second.div_(255), first.div_(255), mask


def simulate_shots(
    bare: Tensor,
    composite: Tensor,
    mask: Tensor,
    rng: CounterRng,
    config: AugmentConfig,
    others: Tensor | None,
    own: Tensor | None,
    parallax: DepthParallax | None = None,
) -> tuple[Tensor, Tensor]:
    """Return the shot of the bare background and the composite as cameras deliver them.

    Args:
        bare: (n, 3, h, w) uint8.
        composite: (n, 3, h, w), levels 0..255 of any dtype.
        mask: (n, 1, h, w) uint8.
        rng: The draws of the batch.
        config: What is done, to which share of the samples.
        others: (m, 3, h, w) uint8, what a wrong background may be; None where none is wrong.
        own: (n,) int64, the place of each sample's own background among `others`, or None.
        parallax: Which bare backgrounds have parallax by their depth; None for drawn parallax in all.

    Returns:
        Background and composite, (n, 3, h, w) float32, whole levels 0..255.
    """
    with torch.autocast(bare.device.type, enabled=False):
        first = simulate_composite_shot(add_shadows(composite.float(), mask, rng, config), rng, config)
        if others is not None:
            bare = _with_wrong_backgrounds(bare, rng, config, others, own)
        return simulate_background_shot(bare, rng, config, parallax), first


def require_others(config: AugmentConfig, others: Tensor | None) -> None:
    """Raise Problem where a configuration needs other backgrounds and there are fewer than two."""
    for name in ("wrong_share", "repaint_share", "crowd_share", "decoy_share"):
        share = getattr(config, name)
        if share > 0 and (others is None or len(others) < 2):
            raise Problem(f"{name} {share}: give two or more `others` to take other backgrounds from, or 0")


def _with_wrong_backgrounds(
    bare: Tensor, rng: CounterRng, config: AugmentConfig, others: Tensor, own: Tensor | None
) -> Tensor:
    """Put another background in the place of those that are chosen."""
    # With `own` known, one fewer may be drawn, and numbers from the own one on move up: it is skipped.
    drawn = rng.between(DrawPurpose.WRONG, 1, 0, len(others) - (own is not None)).astype(np.int64)
    if own is not None:
        drawn += drawn >= own.cpu().numpy()
    wrong = rng.bernoulli(DrawPurpose.WRONG, config.wrong_share)
    return apply_to_chosen(bare, wrong, lambda _part, which: take(others, drawn[which]))
