"""A closer look: which part of a picture to look at once more, around what a first look found, and at what size.

As refinement of a coarse mask does in "Real-time high-resolution background matting" (Lin et al., CVPR 2021), it spends
the network's pixels where people are; but it takes one part, around all of them, and the same network.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from bgfg.train.ops.mask_box import Box, box_around

# Chosen on composites and photographs that were kept out of the training of the networks that come with bgfg.
THERE = 0.3  # alpha from which on something is found
_MARGIN = 0.15  # of the longer side of what is found, around it
_LEAST_GAIN = 1.1  # a part is worth a look of its own if it is seen so many times as large as in a look at the whole
_SMALL = 0.6  # share of height and of width that all that is found takes at most where people are small
_MOST_ENLARGED = 4.0  # pixels of a look to one of the picture: nothing more is seen by more

# Two looks found the same where so much of what either is sure of lies within some pixels of the first look, for these
# are coarse, of what the other one is sure of.
_SAME, _SURE, _APART_PX = 0.6, 0.5, 2


@dataclass(frozen=True)
class PartLook:
    """A look at a part of a picture.

    Attributes:
        box: Rows and columns of the picture.
        look_px: Height and width that they are brought to.
    """

    box: Box
    look_px: tuple[int, int]


def closer_step_px(outputs: Sequence[str], step_px: int | None) -> int | None:
    """Return of what the sides of a closer look are multiples; None for networks that can't look closer.

    Those of masks alone can, in pictures of any size: depth and classes are wanted of the whole picture.

    Args:
        outputs: What the network finds, as its card says it.
        step_px: The network takes sides that are multiples of this; None: only its own size.
    """
    return step_px if tuple(outputs) == ("mask",) else None


def part_around(
    alpha: NDArray[np.float32], picture_px: tuple[int, int], whole_px: float, step_px: int
) -> PartLook | None:
    """Return what to look at once more; None where nothing is found, or a look at the whole is as close.

    Args:
        alpha: What a first look at the whole picture found, (h, w) in 0..1.
        picture_px: Height and width of the picture.
        whole_px: Shorter side of the picture in the look at the whole that is the alternative. The part is given as
            many pixels as a square of this side has.
        step_px: The network takes sides that are multiples of this.
    """
    found = box_around(alpha >= THERE)
    if found is None:
        return None
    # In pixels of the picture.
    spans = [
        (span.start * side_px / cells, span.stop * side_px / cells)
        for span, side_px, cells in zip(found, picture_px, alpha.shape, strict=True)
    ]
    margin_px = _MARGIN * max(stop - start for start, stop in spans)
    spans = [
        (max(0.0, start - margin_px), min(float(side_px), stop + margin_px))
        for (start, stop), side_px in zip(spans, picture_px, strict=True)
    ]
    look_px = _closest_sides(spans, whole_px**2, step_px)
    scales = (side_px / (stop - start) for side_px, (start, stop) in zip(look_px, spans, strict=True))
    scale = min(*scales, _MOST_ENLARGED)
    if scale < _LEAST_GAIN * whole_px / min(picture_px):
        return None
    rows, columns = (
        _stretched(span, side_px / scale, most_px)
        for span, side_px, most_px in zip(spans, look_px, picture_px, strict=True)
    )
    return PartLook((rows, columns), look_px)


def are_small(alpha: NDArray[np.float32]) -> bool:
    """Say whether all that was found, (h, w) in 0..1, takes little of the frame's height and of its width."""
    found = box_around(alpha >= THERE)
    return found is None or all(
        span.stop - span.start < _SMALL * side_px for span, side_px in zip(found, alpha.shape, strict=True)
    )


def confirms(
    first: NDArray[np.float32], closer: NDArray[np.float32], part: PartLook, picture_px: tuple[int, int]
) -> bool:
    """Say whether a closer look at a part found what the first look at the whole found there, and little else.

    Args:
        first: What the first look found, (h, w) in 0..1.
        closer: What the closer one found, (h', w') in 0..1.
        part: What the closer one saw.
        picture_px: Height and width of the picture.
    """
    # The first look's alpha at the middles of the closer one's pixels.
    scales, offsets = [], []
    for span, side_px, cells, pixels in zip(part.box, picture_px, first.shape, closer.shape, strict=True):
        pixel_px = (span.stop - span.start) / pixels
        scales.append(pixel_px * cells / side_px)
        offsets.append((span.start + pixel_px / 2) * cells / side_px - 0.5)
    matrix = np.array([[scales[1], 0, offsets[1]], [0, scales[0], offsets[0]]])
    how = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    there = cv2.warpAffine(first, matrix, closer.shape[::-1], flags=how, borderMode=cv2.BORDER_REPLICATE)
    rows, columns = (2 * math.ceil(_APART_PX / scale) + 1 for scale in scales)
    near = np.ones((rows, columns), np.uint8)
    ours, theirs = (np.asarray(alpha >= _SURE) for alpha in (there, closer))
    return all(
        np.count_nonzero(one & (cv2.dilate(other.astype(np.uint8), near) > 0)) >= _SAME * np.count_nonzero(one)
        for one, other in ((ours, theirs), (theirs, ours))
    )


def is_cut(closer: NDArray[np.float32], part: PartLook, picture_px: tuple[int, int]) -> bool:
    """Say whether what a closer look found, (h', w') in 0..1, reaches a side of the part that isn't the frame's."""
    sides = ((closer[0], closer[-1]), (closer[:, 0], closer[:, -1]))
    return any(
        (span.start > 0 and bool((first >= THERE).any())) or (span.stop < side_px and bool((last >= THERE).any()))
        for span, side_px, (first, last) in zip(part.box, picture_px, sides, strict=True)
    )


def _closest_sides(spans: list[tuple[float, float]], most_px: float, step_px: int) -> tuple[int, int]:
    """Return the sides, multiples of a step, with `most_px` pixels at most, at which spans are seen the largest."""
    height, width = (stop - start for start, stop in spans)
    steps = max(1, int(most_px / step_px**2 + 0.5))
    pairs = [(rows, steps // rows) for rows in range(1, steps + 1)]
    # Of two that show it as large, the one with fewer pixels.
    fitting = [(rows, min(columns, math.ceil(rows * width / height))) for rows, columns in pairs]
    rows, columns = max(fitting, key=lambda pair: (min(pair[0] / height, pair[1] / width), -pair[0] * pair[1]))
    return rows * step_px, columns * step_px


def _stretched(span: tuple[float, float], length_px: float, most_px: int) -> slice:
    """Return a span of this length around the middle of another, moved into 0..most_px and no longer than that."""
    length = min(most_px, round(length_px))
    start = round(min(max(0.0, (span[0] + span[1] - length) / 2), most_px - length))
    return slice(start, start + length)
