"""Single pictures made into the batches of a network: augmented together with their maps, and truths encoded."""

from __future__ import annotations

from dataclasses import replace

import torch

from bgfg.synth.store.corpus import Corpus
from bgfg.train.augment.single import ImageAugmentation
from bgfg.train.engine.batch import Batch
from bgfg.train.ops.label_codes import IGNORE_INDEX
from bgfg.train.stream.to_device import RawBatch
from bgfg.train.targets.objective import Objective


class PictureTransform:
    """Turns raw batches of pictures and maps into what a network of one picture is trained or validated on."""

    def __init__(self, augmentation: ImageAugmentation, objective: Objective, output_px: tuple[int, int]) -> None:
        """Transform batches for a network whose maps have the size `output_px`, height and width."""
        self._augmentation, self._objective, self._output_px = augmentation, objective, output_px

    def __call__(self, raw: RawBatch, epoch: int) -> Batch:
        """Return the batch."""
        given = {name: tensor for name, tensor in raw.items() if name != "sample"}
        parts = self._augmentation(given, raw["sample"], epoch)
        picture = parts["picture"].contiguous(memory_format=torch.channels_last)
        return Batch(raw["sample"], None, picture, self._objective.encode(parts, self._output_px))


class InstanceTransform(PictureTransform):
    """Turns raw batches of a corpus's stream into what a network of instances is trained or validated on."""

    def __call__(self, raw: RawBatch, epoch: int) -> Batch:
        """Return the batch, with the truths for the network to compute its losses from."""
        given = {"sample": raw["sample"], "image": raw["image"], "instance": instance_maps(raw)}
        return replace(super().__call__(given, epoch), net_computes_losses=True)


def instance_arrays(corpus: Corpus) -> tuple[str, ...]:
    """Return the arrays of a corpus that instances are read from."""
    return ("image", "instance" if "instance" in corpus.layouts else "mask")


def instance_maps(raw: RawBatch) -> torch.Tensor:
    """Return the instance number of each pixel, (n, 1, H, W) uint8, 0 where nobody is.

    The maps are stored where samples have several cut-outs; where they have one, its mask is the instance. In the masks
    of a folder each number is one.
    """
    if "classes" in raw:
        return torch.where(raw["classes"] == IGNORE_INDEX, 0, raw["classes"])
    return raw["instance"] if "instance" in raw else (raw["mask"] >= 128).to(torch.uint8)
