"""Numbers of objects: masks that count the objects of each picture from 1 on, as Penn-Fudan's do, and no classes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.terminal.errors import Problem

# Background, and void around objects.
_NO_OBJECT = frozenset((0, 255))
# Masks with objects from which on their numbers say something, and the most objects that are looked at in one.
_FEW_MASKS, _MOST_OBJECTS = 4, 64
# The share of an object's pixels that hang together: the rest lies behind something.
_MAIN_SHARE = 0.9
# The share of numbers in one piece, of all in pictures with several.
_WHOLE_SHARE = 0.9


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
    return sum(_largest_piece(values == number) >= _MAIN_SHARE * counts[number] for number in numbers)


def check_no_objects(
    values: Mapping[str, Counter[int]], whole: Mapping[str, int], ends_touch: Mapping[str, int]
) -> None:
    """Ask where masks number the objects of each picture: classes are hardly ever 1, 2 ... in all of them.

    Args:
        values: How often each value occurs in each mask, by its file.
        whole: What `count_whole` says of each.
        ends_touch: How many neighbours in each have its lowest and its highest value.

    Raises:
        Problem: All masks have numbers without a gap, not as many in each, and nearly each number is in one piece.
    """
    numbers = {file: found for file, each in values.items() if (found := _numbers(each))}
    if len(numbers) < _FEW_MASKS or not all(map(_without_gap, numbers.values())):
        return
    counts = sorted({len(found) for found in numbers.values()})
    several = {file: len(found) for file, found in numbers.items() if len(found) > 1}
    # Two numbers, of which the second lies within the first, are parts, such as a cup in its disc.
    if len(counts) < 2 or (counts[-1] == 2 and not all(ends_touch[file] for file in several)):
        return
    if sum(whole[file] for file in several) < _WHOLE_SHARE * sum(several.values()):
        return
    most = max(several, key=lambda file: several[file])
    line = f"each holds 1, 2 ... without a gap, {counts[0]} to {counts[-1]} of them (in {most}), each in one piece"
    asked = "give --masks binary (all of them are the mask) or --masks classes (each number a class)"
    raise Problem(f"masks: {line}, as numbers of objects do, and classes hardly: {asked}", exit_code=2)


def _numbers(counts: Mapping[int, int]) -> list[int]:
    return sorted(counts.keys() - _NO_OBJECT)


def _without_gap(numbers: list[int]) -> bool:
    return numbers == list(range(1, len(numbers) + 1))


def _largest_piece(inside: NDArray[np.bool_]) -> int:
    _, _, stats, _ = cv2.connectedComponentsWithStats(inside.astype(np.uint8))
    return int(stats[1:, cv2.CC_STAT_AREA].max(initial=0))
