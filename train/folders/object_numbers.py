"""Numbers of objects: masks that count the objects of each picture from 1 on, as Penn-Fudan's do, and no classes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.terminal.errors import Problem, first_few

# Background, and void around objects, of 8 and 16 bits.
_NO_OBJECT = frozenset((0, 255, 65535))
# Masks with objects from which on their numbers say something, and the most objects that are looked at in one.
_FEW_MASKS, _MOST_OBJECTS = 4, 64
# The share of such masks that have numbers without a gap: of a video's objects some may be hidden.
_WITHOUT_GAP_SHARE = 0.9
# So many objects some mask holds, and at most this share of the masks has the same number of objects.
_MANY, _SAME_COUNT_SHARE = 3, 0.75
# From this on numbers may be those of a class and of an object in one; the void of MOTS is none.
_CODED_FROM, _MOTS_VOID = 1000, 10000
# The longest side at which pieces are looked for: each pixel takes six bytes there.
_MOST_SIDE_PX = 8_000
# The share of an object's pixels that hang together: the rest lies behind something.
_MAIN_SHARE = 0.9
# The share of numbers in one piece, of all in pictures with several.
_WHOLE_SHARE = 0.9
_ASK = "give --masks binary (all of them are the mask) or --masks classes (each number a class)"


def count_whole(values: NDArray[Any], counts: Mapping[int, int]) -> int:
    """Count the numbers of a mask that hang together, where they are 1, 2 ... without a gap.

    Args:
        values: (H, W) of an unsigned type.
        counts: How often each value occurs.

    Returns:
        How many hang together; 0 where there is a gap, or fewer than two numbers.
    """
    numbers = _numbers(counts)
    if not 2 <= len(numbers) <= _MOST_OBJECTS or not _without_gap(numbers):
        return 0
    step = -(-max(values.shape) // _MOST_SIDE_PX)  # the pieces of a huge mask are found in a smaller one
    thinned = values[::step, ::step]
    return sum(_hangs_together(thinned == number) for number in numbers)


def check_no_objects(values: Mapping[str, Counter[int]], whole: Mapping[str, int]) -> None:
    """Ask where masks number the objects of each picture: classes are hardly ever 1, 2 ... in all of them.

    Args:
        values: How often each value occurs in each mask, by its file.
        whole: What `count_whole` says of each.

    Raises:
        Problem: Masks have numbers without a gap, not as many in each, and nearly each number is in one piece; or
            numbers are thousands of classes with those of objects.
    """
    _check_coded(values)
    filled = {file: found for file, each in values.items() if (found := _numbers(each))}
    numbers = {file: found for file, found in filled.items() if _without_gap(found)}
    if len(numbers) < max(_FEW_MASKS, _WITHOUT_GAP_SHARE * len(filled)):
        return
    counts = Counter(map(len, numbers.values()))
    several = {file: len(found) for file, found in numbers.items() if len(found) > 1}
    # Where most masks have as many, a class is rare; 1 and 2 may as well be parts, or a class that isn't always there.
    if max(counts) < _MANY or max(counts.values()) > _SAME_COUNT_SHARE * len(numbers):
        return
    if min(counts) > 1 and len(counts) < _MANY:
        return
    if sum(whole[file] for file in several) < _WHOLE_SHARE * sum(several.values()):
        return
    most = max(several, key=lambda file: several[file])
    line = f"each holds 1, 2 ... without a gap, {min(counts)} to {max(counts)} of them (in {most}), each in one piece"
    raise Problem(f"masks: {line}, as numbers of objects do, and classes hardly: {_ASK}", exit_code=2)


def check_no_colours_of_objects(values: Mapping[str, Counter[int]]) -> None:
    """Ask where most colours are in one mask alone, several in each: as those of objects are, of COCO's panoptic ones.

    Args:
        values: How often each colour occurs in each mask, by its file.
    """
    masks_of = Counter(colour for each in values.values() for colour in each)
    alone = sum(count == 1 for count in masks_of.values())
    if len(values) >= _FEW_MASKS and alone >= 2 * len(values) and 2 * alone > len(masks_of):
        line = f"{alone:,} of their {len(masks_of):,} colours are in one mask alone, as those of objects are"
        raise Problem(f"masks: {line}: {_ASK.replace('number', 'colour')}", exit_code=2)


def _check_coded(values: Mapping[str, Counter[int]]) -> None:
    """Ask where numbers are a thousand times a class and the object's own, as in MOTS (with 10000) and Cityscapes."""
    pooled = set().union(*values.values()) - {0, 65535}
    coded, plain = {n for n in pooled if n >= _CODED_FROM} - {_MOTS_VOID}, {n for n in pooled if n < _CODED_FROM}
    shared = len({number // _CODED_FROM for number in coded}) < len(coded)
    if shared and max(plain, default=0) < 255 and (plain or _MOTS_VOID in pooled):
        line = (
            f"{first_few(sorted(coded))} are a thousand times a class and an object's number, as in MOTS and Cityscapes"
        )
        raise Problem(f"masks: {line}: {_ASK}", exit_code=2)


def _numbers(counts: Mapping[int, int]) -> list[int]:
    return sorted(counts.keys() - _NO_OBJECT)


def _without_gap(numbers: list[int]) -> bool:
    return numbers == list(range(1, len(numbers) + 1))


def _hangs_together(inside: NDArray[np.bool_]) -> bool:
    _, _, stats, _ = cv2.connectedComponentsWithStats(inside.view(np.uint8))
    areas = stats[1:, cv2.CC_STAT_AREA]
    return bool(areas.max(initial=0) >= _MAIN_SHARE * areas.sum())
