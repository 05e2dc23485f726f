"""Training pictures for networks that look at the composite alone: another frame, another camera."""

from __future__ import annotations

import torch
from bgfg.train.augment.background_shot import taken_again
from bgfg.train.augment.config import Strengths
from bgfg.train.augment.counter_rng import Draws
from bgfg.train.augment.geometry import Framing
from bgfg.train.augment.pipeline import Pair
from torch import Tensor


class OneShot:
    """Disturbs composites as `pipeline.Augmentation` does pairs: a pure function of (seed, epoch, sample).

    Of its strengths count those of the frame, and those of the second shot, which is what the composite becomes.
    """

    def __init__(self, size_px: int, strengths: Strengths, seed: int = 0) -> None:
        self._size_px, self._strengths, self._seed = (size_px, size_px), strengths, seed

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
        """Return a batch as the network is to see it; arguments and result are Augmentation's, `bg` being `bg_fg`."""
        draws = Draws(self._seed, epoch, samples.cpu().numpy())
        framing = Framing.drawn(draws, self._strengths)
        composite, mask = (framing.pictures(pictures, self._size_px) for pictures in (bg_fg, mask))
        with torch.autocast(composite.device.type, enabled=False):  # what has to be exact isn't rounded
            shot = taken_again(composite, draws, self._strengths).div_(255)
        known = torch.ones(len(shot), dtype=torch.bool, device=shot.device)
        zoom = torch.from_numpy(1 / framing.side).float().to(shot.device)
        return Pair(shot, shot, mask, None if depth is None else framing.codes(depth), known, zoom)
