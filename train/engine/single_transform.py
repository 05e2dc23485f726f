"""Single pictures made into the batches of a network: augmented together with their maps, and truths encoded."""

from __future__ import annotations

from dataclasses import replace

import torch

from bgfg.train.augment.single import ImageAugmentation
from bgfg.train.engine.batch import Batch
from bgfg.train.engine.label_maps import ClassMaps, instance_maps
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


class LabelMapTransform(PictureTransform):
    """Turns raw batches of a corpus's stream into what a network of instances or classes is trained or validated on."""

    def __init__(
        self,
        augmentation: ImageAugmentation,
        objective: Objective,
        output_px: tuple[int, int],
        classes: ClassMaps | None,
        computes_losses: bool,
    ) -> None:
        """Transform batches for a network.

        Args:
            augmentation: What is done to pictures and maps, at the network's input size.
            objective: The targets, which encode the truths.
            output_px: Height and width of the network's maps.
            classes: The classes of the corpus; None where no target reads them.
            computes_losses: Whether the network computes its losses itself, and takes the truths for it.
        """
        super().__init__(augmentation, objective, output_px)
        self._reads = {part for target in objective.targets.values() for part in target.reads}
        self._classes, self._computes_losses = classes, computes_losses

    def __call__(self, raw: RawBatch, epoch: int) -> Batch:
        """Return the batch."""
        given = {"sample": raw["sample"], "image": raw["image"]}
        if "instance" in self._reads:
            given["instance"] = instance_maps(raw)
        if self._classes is not None:
            given["classes"] = self._classes(raw)
        if "mask" in self._reads:
            given["mask"] = raw["mask"]
        return replace(super().__call__(given, epoch), net_computes_losses=self._computes_losses)
