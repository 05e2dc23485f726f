"""Trimaps and void: masks that set the pixels apart of which nobody said what they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise

from bgfg.data_manifests.terminal.errors import Problem, first_few
from bgfg.train.folders.mask_encoding import MASK_NAMES, MaskEncoding
from bgfg.train.folders.mask_statistics import FLAT_SHARE, MaskStatistics
from bgfg.train.ops.label_codes import IGNORE_INDEX

_PETS = ("pet", "background", "outline")
# In a band around objects there are hardly any places where background and object touch: so many a pixel of the band.
_FEW_TOUCHES = 0.02
# Numbers of classes are known by one of the first among them, or by none above this.
_FIRST_CLASS, _MOST_CLASS = 2, 63
# Where they are neither, so many times the largest gap between them lies below what is ignored, and there are so many
# of them, or it is as wide as the second number says.
_GAPS, _WIDE_GAPS, _MANY_CLASSES = 2, 10, 8


def pets_trimaps() -> MaskEncoding:
    """Return how the trimaps of Oxford-IIIT Pets are read: 1 pet, 2 background, 3 not classified, along the outline."""
    description = "trimaps: 1 pet, 2 background, 3 outline"
    return MaskEncoding("classes", description, {1: 0, 2: 1, 3: 2}, _PETS, background=1, outline_class=2)


def are_pets_trimaps(masks: Mapping[str, MaskStatistics]) -> bool:
    """Return whether masks hold what the trimaps of Oxford-IIIT Pets hold, and nothing else."""
    known = pets_trimaps().codes.keys()
    return all(mask.kind in ("grey", "palette") and mask.counts.keys() <= known for mask in masks.values())


def are_plain_trimaps(masks: Mapping[str, MaskStatistics]) -> bool:
    """Return whether masks hold three grey levels in all, as trimaps of background, unknown and object do."""
    levels = set().union(*(mask.counts for mask in masks.values()))
    return len(levels) == 3 and all(mask.kind == "grey" for mask in masks.values())


def trimap_encoding(pooled: Sequence[int]) -> MaskEncoding:
    """Take the lowest value for the background, the highest for the mask, and ignore what lies between.

    Args:
        pooled: All values of all masks, ascending.
    """
    codes = dict.fromkeys(pooled, IGNORE_INDEX) | {pooled[0]: 0, pooled[-1]: 1}
    between = first_few(pooled[1:-1]) or "nothing"
    how = f"trimaps: {pooled[0]} background, {pooled[-1]} mask, {between} ignored"
    return MaskEncoding("classes", how, codes, MASK_NAMES)


def check_no_trimaps(
    masks: Mapping[str, MaskStatistics], values: Mapping[str, Counter[int]], pooled: Sequence[int]
) -> None:
    """Ask where one level always lies between the two others: as the unknown does in trimaps, and nested classes do.

    Args:
        masks: What was found in each mask, by its file.
        values: How often each value occurs in each of them.
        pooled: All values of all masks, ascending.
    """
    if len(pooled) != 3:
        return
    low, middle, high = pooled
    both = [file for file, found in values.items() if low in found and high in found]
    if not both or any(middle not in values[file] for file in both):
        return
    touches, band = sum(masks[file].ends_touch for file in both), sum(values[file][middle] for file in both)
    if touches <= _FEW_TOUCHES * band:
        line = f"{middle} always lies between {low} and {high}, as the unknown does in trimaps, and nested classes do"
        raise Problem(
            f"masks: {line}: give --masks trimap ({middle} is ignored) or --masks classes (each value a class)",
            exit_code=2,
        )


def void_of(
    masks: Mapping[str, MaskStatistics], values: Mapping[str, Counter[int]], pooled: Sequence[int]
) -> int | None:
    """Return the value that may mark pixels that don't count: the highest of 8 or 16 bits, above numbers of classes.

    Levels that are spread over the whole range, as 0, 128 and 255 are, are classes all of them.

    Args:
        masks: What was found in each mask, by its file.
        values: How often each value occurs in each of them.
        pooled: All values of all masks, ascending.
    """
    *others, highest = pooled
    numbers = [value for value in others if value]
    if not numbers or highest not in (255, 65535) or highest - 1 in others:
        return None
    if highest == 65535 and numbers[-1] > highest // 2:
        return None
    if numbers[0] <= _FIRST_CLASS or numbers[-1] <= _MOST_CLASS:
        return highest
    gap, largest = highest - numbers[-1], max((high - low for low, high in pairwise(others)), default=numbers[0])
    far = gap > _GAPS * largest and (len(numbers) >= _MANY_CLASSES or gap > _WIDE_GAPS * largest)
    return highest if far or (gap > largest and _is_thin(masks, values, highest)) else None


def _is_thin(masks: Mapping[str, MaskStatistics], values: Mapping[str, Counter[int]], value: int) -> bool:
    """Return whether a value lies along outlines alone and fills no areas."""
    seen = [file for file, found in values.items() if value in found and len(found) > 2]
    flat, count = sum(masks[file].flat[value] for file in seen), sum(values[file][value] for file in seen)
    return bool(seen) and flat < FLAT_SHARE * count
