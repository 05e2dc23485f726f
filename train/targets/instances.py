"""The instances target: every person on their own; its truth, its losses, its metrics and its drawings."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, TypedDict

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from bgfg.train.ops import tensor_resize
from bgfg.train.ops.instances import DETECTION_THRESHOLD, Instance, colour_instances, instances_at, number_map
from bgfg.train.targets import average_precision as precision
from bgfg.train.targets.target import MetricSummary


class DetectionTruth(TypedDict):
    """The people of a picture as torchvision takes them.

    Attributes:
        boxes: (m, 4) float32: left, top, right, bottom in px.
        labels: (m,) int64.
        masks: (m, h, w) uint8, 0 or 1.
    """

    boxes: Tensor
    labels: Tensor
    masks: Tensor


class DetectorOutput(NamedTuple):
    """Output of a detection network for n pictures.

    Attributes:
        losses: Scalars over the batch by torchvision's names; {} where no truth was given.
        detections: Of each picture, the likeliest first: "boxes" (k, 4) float32, left, top, right, bottom in px,
            "labels" (k,) int64, "scores" (k,) float32 and "masks" (k, 1, h, w) float32 in 0..1; [] in training.
    """

    losses: Mapping[str, Tensor]
    detections: Sequence[Mapping[str, Tensor]]

    def float(self) -> DetectorOutput:
        """Return the same in single precision."""
        return DetectorOutput(
            {name: loss.float() for name, loss in self.losses.items()},
            [{name: part.float() if part.is_floating_point() else part for name, part in found.items()}
             for found in self.detections],
        )  # fmt: skip


class InstancesTarget:
    """Boxes, classes and masks of every person, learnt by the losses of Mask R-CNN, which the network computes itself.

    Its truth is a picture of numbers: 0 where nobody is, and a number of their own for each person; and where there are
    several classes, a picture of the class of each pixel.

    Args:
        classes: How many classes there are, the background not counted.
    """

    name = "instances"
    metric_names = ("mask_ap", "mask_ap50", "mask_ap75", "box_ap")

    def __init__(self, classes: int = 1) -> None:
        precision.require_pycocotools()  # fails before training, not at the first validation
        self.classes = classes
        self.reads = ("instance",) if classes == 1 else ("instance", "classes")

    def encode(self, instance: Tensor, *rest: Any) -> Tensor:
        """Return the truth at the size of a network's input, each pixel the nearest of the given ones.

        Args:
            instance: (n, 1, H, W) uint8.
            *rest: Where there are several classes the class of each pixel, (n, 1, H, W) uint8; then the size (h, w).

        Returns:
            (n, 1, h, w) uint8, or (n, 2, h, w): numbers, and classes.
        """
        *classes, size = rest
        return tensor_resize.nearest(torch.cat([instance, *classes], dim=1), size)

    def loss(self, found: DetectorOutput, _truth: Tensor) -> Tensor:
        """Return the sum of the losses that the network computed, (1,) float32: a mean over the batch."""
        return torch.stack([loss.float() for loss in found.losses.values()]).sum()[None]

    def measure(self, found: DetectorOutput, truth: Tensor) -> Tensor:
        """Return what COCO's precision needs of each picture, (n, k) float32 on the CPU."""
        size = truth.shape[-2:]
        rows = []
        for each, (numbers, *classes) in zip(found.detections, truth.cpu().numpy(), strict=True):
            labels = classes[0] if classes else None
            rows.append(precision.match_detections(detected_instances(each, size), numbers, labels, self.classes))
        return torch.from_numpy(np.stack(rows))

    def summary(self, measured: Tensor, threshold: float | None) -> MetricSummary:
        """Return the average precision of masks and boxes; networks are ranked by that of masks."""
        metrics = precision.average_precision(measured.numpy())
        ranking_score = 0.0 if math.isnan(metrics["mask_ap"]) else metrics["mask_ap"]
        return MetricSummary({name: metrics[name] for name in self.metric_names}, (ranking_score,))

    def panels(self, found: DetectorOutput, truth: Tensor, i: int) -> dict[str, NDArray[np.uint8]]:
        """Draw the true and the detected people of a sample, each in a colour of their own."""
        size = truth.shape[-2:]
        sure = number_map(detected_instances(found.detections[i], size, DETECTION_THRESHOLD), size)
        drawn = {"true instances": truth[i, 0].cpu().numpy(), "found instances": sure}
        return {title: colour_instances(numbers) for title, numbers in drawn.items()}


def detected_instances(detection: Mapping[str, Tensor], size_px: tuple[int, ...], least: float = 0.0) -> list[Instance]:
    """Return the detections of one picture at the size (H, W), the likeliest first.

    Args:
        detection: The picture's part of `DetectorOutput.detections`.
        size_px: Height and width of the picture.
        least: Lowest score that counts.
    """
    height_px, width_px = size_px
    return instances_at({name: part.cpu().numpy() for name, part in detection.items()}, (height_px, width_px), least)


def detection_truths(truth: Tensor) -> list[DetectionTruth]:
    """Return the people of each picture from `InstancesTarget.encode`; boxes enclose the visible pixels."""
    return [_boxed(numbers, *classes) for numbers, *classes in truth]


def _boxed(numbers: Tensor, classes: Tensor | None = None) -> DetectionTruth:
    """Return the people of a picture. numbers, classes: (h, w) uint8; without classes all are of the first."""
    there = torch.unique(numbers)
    masks = numbers == there[there > 0].view(-1, 1, 1)  # (m, h, w)
    sides = []
    for line in (masks.any(dim=1), masks.any(dim=2)):  # which columns, then which rows, show each person
        places = torch.arange(line.shape[1], device=line.device)
        # The first place that shows a person, and one past the last; elsewhere values that never win.
        first = torch.where(line, places, line.shape[1]).amin(dim=1)
        sides.append((first, torch.where(line, places + 1, 0).amax(dim=1)))
    (left, right), (top, bottom) = sides
    if classes is None:
        labels = torch.ones(len(masks), dtype=torch.int64, device=masks.device)
    else:  # all pixels of an instance are of one class
        labels = torch.where(masks, classes, 0).flatten(1).amax(dim=1).long()
    return DetectionTruth(
        boxes=torch.stack([left, top, right, bottom], dim=1).float(), labels=labels, masks=masks.to(torch.uint8)
    )
