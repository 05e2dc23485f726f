"""Pairs of shots made into the batches of a network: augmented, resized, and their truths encoded."""

from __future__ import annotations

import torch
from torch import Tensor

from bgfg.train.augment.pairs import PairAugmentation
from bgfg.train.augment.single import CompositeAugmentation
from bgfg.train.augment.stress import stress
from bgfg.train.engine.batch import Batch
from bgfg.train.stream.to_device import RawBatch
from bgfg.train.targets.depth import scale_by_zoom
from bgfg.train.targets.objective import Objective


class PairTransform:
    """Turns raw batches of a corpus's stream into what a network of one input size is trained or validated on.

    Attributes:
        augmentation: What is done to pictures, masks and depth.
    """

    def __init__(
        self,
        augmentation: PairAugmentation | CompositeAugmentation,
        objective: Objective,
        output_px: tuple[int, int],
        backgrounds: Tensor | None,
        others: Tensor | None = None,
        condition: str | None = None,
        shots: int = 2,
    ) -> None:
        """Transform batches for a network.

        Args:
            augmentation: What is done to pictures, masks and depth, at the network's input size.
            objective: The targets, which encode the truths.
            output_px: Height and width of the network's maps.
            backgrounds: (B, 3, H, W) uint8, all backgrounds of the corpus; None where `augmentation` takes composites
                alone, or raw batches have the second shots themselves, as "bare".
            others: (m,) int64, ascending: the indices of the backgrounds that `augmentation` may use as a wrong one, in
                its own order.
            condition: A disturbance of the evaluation that comes before all else, at the full size; None for none.
            shots: How many pictures the network takes.
        """
        self.augmentation, self._objective, self._output_px = augmentation, objective, output_px
        self._shots = shots
        self._backgrounds, self._others, self._condition = backgrounds, others, condition

    def __call__(self, raw: RawBatch, epoch: int) -> Batch:
        """Return the batch; `raw` is on the device but for its indices, which are best left on the CPU."""
        image, mask = raw["image"], raw["mask"]
        bare, own = raw.get("bare", image), None
        if self._backgrounds is not None:
            background = raw["background"].to(image.device)
            bare = self._backgrounds[background]
            own = None if self._others is None else torch.searchsorted(self._others, background)
        if self._condition is not None:
            bare, image = stress(self._condition, bare, image, mask, raw["sample"])
        pair = self.augmentation(bare, image, mask, raw.get("depth"), raw["sample"], epoch, own)
        bg, bg_fg = (shot.contiguous(memory_format=torch.channels_last) for shot in (pair.bg, pair.bg_fg))
        parts = {"mask": pair.mask, "picture": pair.bg_fg} | ({} if pair.depth is None else {"depth": pair.depth})
        parts["known"] = torch.full_like(pair.mask, 255)  # of composites all is
        truths = self._objective.encode(parts, self._output_px)
        if pair.zoom is not None and "depth" in truths:
            truths["depth"] = scale_by_zoom(truths["depth"], pair.zoom)
        return Batch(raw["sample"], bg if self._shots > 1 else None, bg_fg, truths)
