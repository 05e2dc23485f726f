"""Instances: every person on their own; what is learnt, how it is followed by COCO's precision, and drawn."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, TypedDict

import numpy as np
import torch
from bgfg.train.ops import resize
from bgfg.train.ops.instances import SURE, Instance, instances_at, numbered, picture_of_instances
from bgfg.train.targets import average_precision as precision
from bgfg.train.targets.target import Summary
from numpy.typing import NDArray
from torch import Tensor

if TYPE_CHECKING:
    from bgfg.train.models.maskrcnn import Found

# The only class that a corpus has, beside the background; COCO's number too.
PERSON = 1


class Boxed(TypedDict):
    """The people of a picture as torchvision takes them: boxes (m, 4) float32, left, top, right, bottom in px, labels
    (m,) int64 and masks (m, h, w) uint8, 0 or 1.
    """

    boxes: Tensor
    labels: Tensor
    masks: Tensor


class InstancesTarget:
    """Learns boxes, classes and masks of every person, by the losses of Mask R-CNN, which the network finds itself.

    Its truth is a picture of numbers, 0 where nobody is, and a number of their own for each person.
    """

    name = "instances"
    reads = ("instance",)
    validated = ("mask_ap", "mask_ap50", "mask_ap75", "box_ap")

    def __init__(self) -> None:
        precision.require()  # before the training, not after the first part of it

    def encode(self, instance: Tensor, size: tuple[int, int]) -> Tensor:
        """Return instances (n, 1, H, W) uint8 at the size of a network's input, each pixel the nearest of theirs."""
        return resize.nearest(instance, size)

    def loss(self, found: Found, _truth: Tensor) -> Tensor:
        """Return the sum of the losses that the network found, (1,) float32: a mean over the batch."""
        return torch.stack([loss.float() for loss in found.losses.values()]).sum()[None]

    def measure(self, found: Found, truth: Tensor) -> Tensor:
        """Return what COCO's precision needs of each picture, (n, k) float32 on the CPU."""
        size = truth.shape[-2:]
        pairs = zip(found.detections, truth[:, 0].cpu().numpy(), strict=True)
        return torch.from_numpy(np.stack([precision.matched(instances_of(each, size), true) for each, true in pairs]))

    def summary(self, measured: Tensor, threshold: float | None) -> Summary:
        """Return the precision of masks and boxes; networks are ranked by that of masks."""
        figures = precision.average_precision(measured.numpy())
        goodness = 0.0 if math.isnan(figures["mask_ap"]) else figures["mask_ap"]
        return Summary({name: figures[name] for name in self.validated}, (goodness,))

    def panels(self, found: Found, truth: Tensor, i: int) -> dict[str, NDArray[np.uint8]]:
        """Draw the true and the found people of a sample, each in a colour of their own."""
        size = truth.shape[-2:]
        sure = numbered(instances_of(found.detections[i], size, SURE), size)
        drawn = {"true instances": truth[i, 0].cpu().numpy(), "found instances": sure}
        return {title: picture_of_instances(numbers) for title, numbers in drawn.items()}


def instances_of(detection: Mapping[str, Tensor], size_px: tuple[int, ...], least: float = 0.0) -> list[Instance]:
    """Return what was found in one picture, at the size (H, W), the likeliest first; least: the lowest score."""
    height_px, width_px = size_px
    return instances_at({name: part.cpu().numpy() for name, part in detection.items()}, (height_px, width_px), least)


def boxed(instance: Tensor) -> list[Boxed]:
    """Return the people of each picture from their numbers, (n, 1, h, w) uint8; boxes are those of visible pixels."""
    return [_boxed(numbers) for numbers in instance[:, 0]]


def _boxed(numbers: Tensor) -> Boxed:
    there = torch.unique(numbers)
    masks = numbers == there[there > 0].view(-1, 1, 1)  # (m, h, w)
    sides = []
    for line in (masks.any(dim=1), masks.any(dim=2)):  # which columns, and which rows, show each
        places = torch.arange(line.shape[1], device=line.device)
        first = torch.where(line, places, line.shape[1]).amin(dim=1)
        sides.append((first, torch.where(line, places + 1, 0).amax(dim=1)))
    (left, right), (top, bottom) = sides
    labels = torch.full((len(masks),), PERSON, dtype=torch.int64, device=masks.device)
    return Boxed(
        boxes=torch.stack([left, top, right, bottom], dim=1).float(), labels=labels, masks=masks.to(torch.uint8)
    )
