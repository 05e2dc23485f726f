"""Masks of COCO annotations: polygons and run lengths become the pixels of each object."""

from __future__ import annotations

import json
import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.images.decode import PictureError

# Corners may lie outside of a picture, but not so far that filling them takes for ever.
_MOST_TIMES = 4
MOST_OBJECTS = 255  # of a picture: they are numbered on 8 bits
TOO_MANY = f"more than {MOST_OBJECTS} objects, the most that are kept"


def read_objects(path: str, line: bytes, size_px: tuple[int, int]) -> tuple[NDArray[np.uint8], list[int]]:
    """Paint the objects of a picture: crowd regions are left out, and of those that overlap the smaller is seen.

    Args:
        path: The picture, for errors.
        line: Its annotations, from `AnnotationsBySample.line`.
        size_px: Its height and width.

    Returns:
        (H, W) uint8, 0 or the number of the object that is seen, counted from 1 in the order of annotations; and the
        category of each.

    Raises:
        PictureError: An annotation has no mask, or one that isn't of this picture.
    """
    rows = [(category, segmentation) for category, iscrowd, segmentation in json.loads(line) if not iscrowd]
    if len(rows) > MOST_OBJECTS:
        raise PictureError(path, TOO_MANY, "Leave some out")
    try:
        masks = [_mask(segmentation, *size_px) for _, segmentation in rows]
    except (ValueError, TypeError, KeyError) as error:
        raise PictureError(path, f"an annotation that can't be painted ({error})", "Mend the COCO file") from error
    seen = np.zeros(size_px, np.uint8)
    for number in sorted(range(len(masks)), key=lambda number: -int(masks[number].sum())):
        seen[masks[number]] = number + 1
    return seen, [category for category, _ in rows]


def _mask(segmentation: Any, height_px: int, width_px: int) -> NDArray[np.bool_]:
    if isinstance(segmentation, dict):
        if segmentation["size"] != [height_px, width_px]:
            raise ValueError(f"of a picture of {segmentation['size']}, which has {[height_px, width_px]}")
        counts = segmentation["counts"]
        return _filled_runs(_parsed_counts(counts) if isinstance(counts, str) else counts, height_px, width_px)
    if not isinstance(segmentation, list) or not segmentation:
        raise ValueError("it has no segmentation")
    from pycocotools import mask as coco_mask

    for polygon in segmentation:
        limit = _MOST_TIMES * max(height_px, width_px)
        if len(polygon) < 6 or len(polygon) % 2 or not all(math.isfinite(x) and abs(x) <= limit for x in polygon):
            raise ValueError(f"a polygon of {len(polygon)} numbers, of corners far outside or too few")
    runs = coco_mask.merge(coco_mask.frPyObjects(segmentation, height_px, width_px))
    # Its own decoder warns with NumPy 2, and is no faster.
    return _filled_runs(_parsed_counts(runs["counts"].decode("ascii")), height_px, width_px)


def _filled_runs(counts: list[int], height_px: int, width_px: int) -> NDArray[np.bool_]:
    """Return the mask of run lengths, which run down the columns and begin with what isn't set."""
    runs = np.array(counts, np.int64)
    if runs.ndim != 1 or (runs < 0).any() or runs.sum() != height_px * width_px:
        raise ValueError("its run lengths don't fill the picture")
    values = np.arange(len(runs)) % 2 == 1
    return np.repeat(values, runs).reshape(width_px, height_px).T


def _parsed_counts(text: str) -> list[int]:
    """Parse compressed run lengths: 5 bits a character, each but the first two the difference to the one but last."""
    counts: list[int] = []
    value = shift = 0
    for character in text.encode("ascii"):
        bits = character - 48
        if not 0 <= bits < 64 or shift > 30:
            raise ValueError("its run lengths aren't COCO's")
        value |= (bits & 0x1F) << shift
        shift += 5
        if not bits & 0x20:
            if bits & 0x10:
                value -= 1 << shift
            counts.append(value + (counts[-2] if len(counts) > 2 else 0))
            value = shift = 0
    return counts
