"""Single pictures on their way to a network: disturbed together with all that belongs to them, and coded."""

from __future__ import annotations

from dataclasses import replace

import torch
from bgfg.synth.store.store import Corpus
from bgfg.train.augment.pipeline import Augmentation
from bgfg.train.engine.loader import Batch, Raw
from bgfg.train.targets.objective import Objective


class PicturePreparation:
    """Makes of a batch of pictures and maps what a network of one picture is trained or validated on.

    output_px: size of the network's maps.
    """

    def __init__(self, augmentation: Augmentation, objective: Objective, output_px: tuple[int, int]) -> None:
        self._augmentation, self._objective, self._output_px = augmentation, objective, output_px

    def __call__(self, raw: Raw, epoch: int) -> Batch:
        """Prepare a batch."""
        given = {name: tensor for name, tensor in raw.items() if name != "sample"}
        parts = self._augmentation.alone(given, raw["sample"], epoch)
        picture = parts["picture"].contiguous(memory_format=torch.channels_last)
        return Batch(raw["sample"], None, picture, self._objective.encode(parts, self._output_px))


class InstancePreparation(PicturePreparation):
    """The same of a batch of a corpus's stream, of whose pictures everybody is numbered."""

    def __call__(self, raw: Raw, epoch: int) -> Batch:
        """Prepare a batch."""
        given = {"sample": raw["sample"], "image": raw["image"], "instance": instances_in(raw)}
        return replace(super().__call__(given, epoch), told=True)


def instance_arrays(corpus: Corpus) -> tuple[str, ...]:
    """Return the arrays that tell the instances of a corpus."""
    return ("image", "instance" if "instance" in corpus.layouts else "mask")


def instances_in(raw: Raw) -> torch.Tensor:
    """Return the numbers of a batch's people, (n, 1, H, W) uint8, 0 nobody.

    They are stored where samples have several cut-outs; a single one is what its mask has.
    """
    return raw["instance"] if "instance" in raw else (raw["mask"] >= 128).to(torch.uint8)
