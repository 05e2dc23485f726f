"""Training pairs, disturbed: joint geometry, and how a real second shot differs from the first.

    augment = Augmentation(96, TRAINING, seed=0, others=backgrounds_of_the_training_split)
    pair = augment(bg, bg_fg, mask, depth, samples, epoch)

Everything is a pure function of (seed, epoch, sample): what a sample becomes doesn't depend on the batch it is in, on
the rank, or on whether the run was resumed; on a CPU to the last bit.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import torch
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.augment import background_shot
from bgfg.train.augment.config import TRAINING, Strengths
from bgfg.train.augment.counter_rng import Draws, Purpose
from bgfg.train.augment.distractors import crowded
from bgfg.train.augment.geometry import Framing, resize
from bgfg.train.augment.shadow import shaded
from bgfg.train.augment.subset import changed, rows
from bgfg.train.augment.texture import repainted
from bgfg.train.ops.resize import nearest
from torch import Tensor

# Cell E of the evaluation: held-out pairs under each disturbance alone; `all`, the three together that the threshold on
# the difference was measured under (shift, exposure, noise); and `harsh`, everything but the wrong background.
DISTURBANCES: dict[str, Strengths] = {
    "shift": Strengths(shift_share=1.0, shift_px_at_224=2.0),
    "rotate": Strengths(rotate_share=1.0),
    "exposure": Strengths(exposure_share=1.0),
    "colour": Strengths(colour_share=1.0),
    "noise": Strengths(noise_share=1.0, noise_sigma_levels=(5.0, 5.0)),
    "jpeg": Strengths(jpeg_share=1.0, composite_jpeg_share=1.0, jpeg_quality=(85, 85)),
    "shadow": Strengths(shadow_share=1.0),
    "wrong background": Strengths(wrong_share=1.0),
    "all": Strengths(
        shift_share=1.0,
        shift_px_at_224=2.0,
        exposure_share=1.0,
        noise_share=1.0,
        noise_sigma_levels=(5.0, 5.0),
    ),
    "harsh": Strengths(
        shift_share=1.0,
        shift_px_at_224=2.0,
        rotate_share=1.0,
        exposure_share=1.0,
        colour_share=1.0,
        noise_share=1.0,
        composite_noise_share=1.0,
        noise_sigma_levels=(5.0, 5.0),
        jpeg_share=1.0,
        composite_jpeg_share=1.0,
        jpeg_quality=(85, 85),
        shadow_share=1.0,
    ),
}
# The maps whose values are codes, between which there is nothing.
CODES = ("classes", "known", "instance")

_STRESS_SEED = 20_240_607


class Pair(NamedTuple):
    """A batch ready for the network.

    bg, bg_fg: (n, 3, h, w) float32 in 0..1, the bare background's shot and the composite. mask: (n, 1, h, w) uint8,
    0..255. depth: (n, 1, Hd, Wd), codes of the size and dtype given, 0 unknown, or None. known: (n,) bool, whether the
    depth given belongs to the composite: False where nobody is there, for the bare background's depth isn't at
    hand, and where somebody more is.
    zoom: (n,) float32, by how much depth is to be brought nearer, None for not at all: what a crop enlarges looks as
    if it had been taken from so much nearer, and a network of one picture can't know better.
    """

    bg: Tensor
    bg_fg: Tensor
    mask: Tensor
    depth: Tensor | None
    known: Tensor
    zoom: Tensor | None = None


class Augmentation:
    """Disturbs batches on whatever device they are on.

    size_px: of the network's input, a side or (height, width). others: (m, 3, H, W) uint8, what a wrong background may
    be, and what people are painted with: those of the training split, else the network sees what it is to be tested on.
    Raises Problem where `strengths` wants other backgrounds and there are none.
    """

    def __init__(
        self,
        size_px: int | tuple[int, int],
        strengths: Strengths = TRAINING,
        seed: int = 0,
        others: Tensor | None = None,
    ) -> None:
        self.size_px = (size_px, size_px) if isinstance(size_px, int) else size_px
        self.strengths, self.seed = strengths, seed
        self._others = None if others is None else resize(others, self.size_px).contiguous()
        _check_others(strengths, others)

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
    ) -> Pair:
        """Return a batch as the network is to see it.

        bg, bg_fg: (n, 3, H, W) uint8, in any memory format; mask: (n, 1, H, W) uint8; depth: (n, 1, Hd, Wd) codes, or
        None; samples: (n,) int64, best on the CPU, for that is where their draws are made. own: (n,) int64, where each
        sample's own background is among `others`, so that a wrong one is never that; else one in m is the right one.
        """
        draws = Draws(self.seed, epoch, samples.cpu().numpy())
        framing = Framing.drawn(draws, self.strengths)
        bare, composite, mask = (framing.pictures(pictures, self.size_px) for pictures in (bg, bg_fg, mask))
        empty = draws.chosen(Purpose.EMPTY, self.strengths.empty_share)
        composite = changed(composite, empty, lambda _part, which: rows(bare, which))
        mask = changed(mask, empty, lambda part, _which: part.zero_())
        with torch.autocast(bare.device.type, enabled=False):
            levels = repainted(composite.float(), bare, mask, draws, self.strengths, self._others)
            levels, mask, more = crowded(levels, mask, draws, self.strengths, self._others)
        unknown = empty | more
        if depth is not None:
            depth = framing.codes(depth)
            if unknown.any():
                depth = depth.clone()
            for place in np.flatnonzero(unknown):
                depth[place].zero_()  # one by one: older releases of PyTorch can't choose among 16-bit codes
        second, first = _shots(bare, levels, mask, draws, self.strengths, self._others, own)
        return Pair(second.div_(255), first.div_(255), mask, depth, torch.from_numpy(~unknown).to(bg.device))

    @torch.no_grad()
    def alone(self, given: Mapping[str, Tensor], samples: Tensor, epoch: int) -> dict[str, Tensor]:
        """Return a batch of pictures without a bare background as a network is to see it.

        given: "image", (n, 3, H, W) uint8, and what belongs to it, of the same frame: maps (n, 1, H, W) uint8, of which
        those of CODES are never mixed, and the others levels. samples: (n,) int64. The picture is disturbed as the
        second shot of a pair is, and what moves there takes its maps along.
        Returns the same with "picture", (n, 3, h, w) float32 in 0..1, for "image".
        """
        draws = Draws(self.seed, epoch, samples.cpu().numpy())
        framing = Framing.drawn(draws, self.strengths)
        shown = framing.pictures(given["image"], self.size_px)
        with torch.autocast(shown.device.type, enabled=False):
            prepared = {"picture": background_shot.taken_again(shown, draws, self.strengths).div_(255)}
            for name in given.keys() - {"image"}:
                coded = name in CODES
                maps = framing.codes(given[name]) if coded else framing.pictures(given[name], self.size_px)
                levels = nearest(maps, self.size_px).float()
                prepared[name] = (
                    background_shot.moved(levels, draws, self.strengths, not coded).round_().to(torch.uint8)
                )
        return prepared


@torch.no_grad()
def stress(
    name: str,
    bg: Tensor,
    bg_fg: Tensor,
    mask: Tensor,
    samples: Tensor,
    others: Tensor | None = None,
    own: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """Return (bg, bg_fg) under a disturbance of DISTURBANCES, with a fixed seed: uint8, of the size given.

    bg, bg_fg: (n, 3, H, W) uint8; mask: (n, 1, H, W) uint8; it still holds afterwards, since the frame stays. samples:
    (n,) int64. others: (m, 3, H, W) uint8 and own: (n,) int64, as Augmentation has them; "wrong background" needs them.
    """
    strengths = DISTURBANCES[name]
    _check_others(strengths, others)
    draws = Draws(_STRESS_SEED, 0, samples.cpu().numpy())
    bare = bg.clone(memory_format=torch.contiguous_format)
    second, first = _shots(bare, bg_fg.contiguous(), mask, draws, strengths, others, own)
    return second.to(torch.uint8), first.to(torch.uint8)


def _shots(
    bare: Tensor,
    composite: Tensor,
    mask: Tensor,
    draws: Draws,
    strengths: Strengths,
    others: Tensor | None,
    own: Tensor | None,
) -> tuple[Tensor, Tensor]:
    """Return the second shot and the composite as cameras deliver them, (n, 3, h, w) float32 levels 0..255."""
    # A trainer's autocast must not round what has to be exact.
    with torch.autocast(bare.device.type, enabled=False):
        first = background_shot.taken(shaded(composite.float(), mask, draws, strengths), draws, strengths)
        if others is not None:
            bare = _wrong(bare, draws, strengths, others, own)
        return background_shot.taken_again(bare, draws, strengths), first


def _wrong(bare: Tensor, draws: Draws, strengths: Strengths, others: Tensor, own: Tensor | None) -> Tensor:
    """Put another background in the place of those that are chosen."""
    drawn = draws.between(Purpose.WRONG, 1, 0, len(others) - (own is not None)).astype(np.int64)
    if own is not None:
        drawn += drawn >= own.cpu().numpy()
    wrong = draws.chosen(Purpose.WRONG, strengths.wrong_share)
    return changed(bare, wrong, lambda _part, which: rows(others, drawn[which]))


def _check_others(strengths: Strengths, others: Tensor | None) -> None:
    for name in ("wrong_share", "repaint_share", "crowd_share"):
        share = getattr(strengths, name)
        if share > 0 and (others is None or len(others) < 2):
            raise Problem(f"{name} {share}: give two or more `others` to take other backgrounds from, or 0")
