"""Detected instances: from a network's maps to masks, number maps, COCO records and drawings. Needs no PyTorch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from bgfg.train.ops.array_resize import resize_bilinear

# Instance numbers are bytes, and 0 is no instance.
MAX_INSTANCES = 255

# The least probability of a pixel of a mask, and the least score of an instance that is reported.
DETECTION_THRESHOLD = 0.5

# Colours that are told apart easily, by most people: those of Okabe and Ito, and some between.
_COLOURS = np.array(
    [
        (230, 159, 0), (86, 180, 233), (0, 158, 115), (240, 228, 66), (213, 94, 0), (204, 121, 167), (0, 114, 178),
        (148, 103, 189), (140, 86, 75), (188, 189, 34), (23, 190, 207), (255, 152, 150),
    ],
    np.uint8,
)  # fmt: skip
_TINT = 0.45


@dataclass(frozen=True)
class Instance:
    """An instance, such as a person, in a picture of (H, W).

    Attributes:
        box_px: Left, top, right, bottom.
        label: Number of its class, 1 for a person.
        score: 0..1.
        mask: (H, W) bool.
    """

    box_px: tuple[float, float, float, float]
    label: int
    score: float
    mask: NDArray[np.bool_]

    def to_coco(self, number: int, names: Sequence[str] = ()) -> dict[str, Any]:
        """Return a record for JSON: the box in COCO's form, the mask as COCO's run lengths, not compressed.

        Args:
            number: Its number in the picture.
            names: Names of the classes, the background first; where there are none, the record has no "name".
        """
        left, top, right, bottom = (round(side, 2) for side in self.box_px)
        box = [left, top, round(right - left, 2), round(bottom - top, 2)]
        name = {"name": names[self.label]} if names else {}
        return {
            "number": number, "label": self.label, **name, "score": round(self.score, 4), "bbox": box,
            "area": int(self.mask.sum()), "segmentation": coco_run_lengths(self.mask),
        }  # fmt: skip


def instances_at(
    maps: Mapping[str, NDArray], size_px: tuple[int, int], least: float = DETECTION_THRESHOLD
) -> list[Instance]:
    """Return the instances that a network found in a picture, at the picture's own size.

    Args:
        maps: "boxes", "labels", "scores" and "masks" of one picture, masks and boxes at the size that the network saw.
        size_px: Height and width of the picture.
        least: Least score of an instance.

    Returns:
        The instances in the network's order, which is by score.
    """
    height_px, width_px = size_px
    masks = maps["masks"]
    down, across = height_px / masks.shape[-2], width_px / masks.shape[-1]
    found = []
    for box, label, score, mask in zip(maps["boxes"], maps["labels"], maps["scores"], masks, strict=True):
        if score < least:
            continue
        left, top, right, bottom = (box * (across, down, across, down)).tolist()
        found.append(
            Instance(
                (left, top, right, bottom),
                int(label),
                float(score),
                resize_bilinear(mask[0], size_px) >= DETECTION_THRESHOLD,
            )
        )
    return found


def number_map(instances: Sequence[Instance], size_px: tuple[int, ...]) -> NDArray[np.uint8]:
    """Return (H, W) uint8: 0 where there is no instance, else 1 for the first and so on; the first is in front."""
    numbers = np.zeros(size_px, np.uint8)
    for number, instance in reversed(list(enumerate(instances, start=1))):
        numbers[instance.mask] = number
    return numbers


def colour_instances(numbers: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Return a number map (h, w) as colours on black, (h, w, 3) uint8 RGB, each instance in its own colour."""
    picture: NDArray[np.uint8] = _colours_of(numbers) * (numbers > 0)[..., None]
    return picture


def overlay_instances(
    picture: NDArray[np.uint8], numbers: NDArray[np.uint8], instances: Sequence[Instance] = (),
    names: Sequence[str] = (),
) -> NDArray[np.uint8]:  # fmt: skip
    """Return a picture with each instance tinted and outlined in its own colour.

    Args:
        picture: (H, W, 3) uint8 RGB.
        numbers: Number map, (H, W) uint8.
        instances: Instances whose boxes and scores are drawn too.
        names: Names of their classes, the background first, to be written beside the scores; none for no names.

    Returns:
        (H, W, 3) uint8 RGB.
    """
    there = (numbers > 0)[..., None]
    tinted = np.where(there, (1 - _TINT) * picture + _TINT * _colours_of(numbers), picture).round().astype(np.uint8)
    thick_px = max(1, round(min(picture.shape[:2]) / 240))
    edge = cv2.morphologyEx(numbers, cv2.MORPH_GRADIENT, np.ones((2 * thick_px + 1,) * 2, np.uint8)) > 0
    drawn: NDArray[np.uint8] = np.where(there & edge[..., None], _colours_of(numbers), tinted)
    for number, instance in enumerate(instances, start=1):
        name = f"{names[instance.label]} " if names else ""
        _draw_box(drawn, instance, name, _COLOURS[(number - 1) % len(_COLOURS)].tolist(), thick_px)
    return drawn


def coco_run_lengths(mask: NDArray[np.bool_]) -> dict[str, Any]:
    """Return COCO's run-length code of a mask (H, W), not compressed: {"size": [H, W], "counts": [...]}.

    Counts are those of zeros and ones by turns, zeros first, down the columns; pycocotools' `frPyObjects` reads them.
    """
    # Zero in front, so that the first run is one of zeros, maybe of none; a change behind, so that the last run ends.
    flat = np.concatenate([[False], mask.ravel(order="F"), [not mask[-1, -1]]])
    ends = np.flatnonzero(flat[1:] != flat[:-1])
    return {"size": list(mask.shape), "counts": np.diff(ends, prepend=0).tolist()}


def _colours_of(numbers: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return _COLOURS[(numbers.astype(np.intp) - 1) % len(_COLOURS)]


def _draw_box(picture: NDArray[np.uint8], instance: Instance, name: str, colour: Sequence[int], thick_px: int) -> None:
    left, top, right, bottom = (round(side) for side in instance.box_px)
    cv2.rectangle(picture, (left, top), (right - 1, bottom - 1), colour, thick_px)
    scale = max(0.35, min(picture.shape[:2]) / 900)
    at = (left + 2 * thick_px, max(top - 2 * thick_px, round(22 * scale)))
    text = f"{name}{instance.score:.2f}"
    cv2.putText(picture, text, at, cv2.FONT_HERSHEY_SIMPLEX, scale, colour, thick_px, cv2.LINE_AA)
