"""Numbers of objects are asked about; classes, parts and other numbers aren't."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from bgfg.data_manifests.images.label_picture import LabelPicture
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.folders.object_numbers import count_whole
from tests.support.mask_folders import decide, palette_of, stripes


def blocks(*numbers: int, pieces: int = 1) -> NDArray[np.uint8]:
    """Return blocks beside one another, each of a number, in so many pieces one below the other."""
    mask = np.zeros((48, 48), np.uint8)
    for i, number in enumerate(numbers):
        for piece in range(pieces):
            mask[4 + 14 * piece : 14 + 14 * piece, 6 * i : 6 * i + 5] = number
    return mask


@pytest.mark.parametrize(
    ("counts", "as_palette"),
    [
        ((1, 2, 3, 2), False), ((1, 3, 1, 2, 1), False), ((2, 5, 3, 8), False), ((0, 1, 2, 4, 3), False),
        ((1, 2, 3, 2), True), ((2, 5, 3, 8), True),
    ],
)  # fmt: skip
def test_objects_that_each_mask_numbers_from_1_on_are_asked_about(counts: Sequence[int], as_palette: bool) -> None:
    masks = [blocks(*range(1, count + 1)) for count in counts]
    palette = palette_of((0, 0, 0), *np.random.default_rng(1).integers(0, 256, (9, 3)).tolist())
    pictures = [LabelPicture(mask, palette if as_palette else None) for mask in masks]
    with pytest.raises(Problem, match=r"give --masks binary .all of them are the mask. or --masks classes") as caught:
        decide(pictures)
    assert (len(caught.value.lines), caught.value.exit_code) == (1, 2)
    assert f"to {max(counts)} of them (in {counts.index(max(counts))}.png)" in caught.value.lines[0]
    assert decide(pictures, "binary").kind == "mask"
    assert decide(pictures, "classes").kind == "classes"


@pytest.mark.parametrize(
    "masks",
    [
        [blocks(1, 2, 3)] * 6,
        [blocks(1, 3), blocks(1, 2), blocks(1), blocks(2), blocks(1, 2, 3)],
        [blocks(*range(1, n + 1), pieces=3) for n in (1, 2, 3, 4)],
        [blocks(1), blocks(1, 2), blocks(1, 2), blocks(1)],
        [blocks(1), blocks(1, 2), blocks(1, 2, 3)],
        [*[blocks(1, 2)] * 9, blocks(1, 2, 3)],
        [*[blocks(1)] * 9, blocks(1, 2), blocks(1, 2)],
        [*[blocks(1, 2)] * 3, *[blocks(1, 2, 3)] * 3],
        [stripes(range(4), i) for i in range(9)],
    ],
    ids=[
        "as many in all",
        "a gap",
        "in pieces",
        "1 and 2",
        "too few masks",
        "a rare class",
        "a rarer class",
        "a class in half",
        "stripes",
    ],
)
def test_classes_are_not(masks: list[NDArray[np.uint8]]) -> None:
    assert decide(masks).kind == "classes"


def test_numbers_in_one_piece_are_counted_void_and_specks_left_out() -> None:
    mask = blocks(1, 2, 3)
    mask[0], mask[40, 40] = 255, 2
    counts = {value: int((mask == value).sum()) for value in (0, 1, 2, 3, 255)}
    assert count_whole(mask, counts) == 3
    mask[20:30, 30:40] = 1
    assert count_whole(mask, counts | {1: int((mask == 1).sum())}) == 2
    assert count_whole(blocks(1, 3), {0: 1, 1: 50, 3: 50}) == count_whole(blocks(1), {0: 1, 1: 50}) == 0


def test_of_a_video_some_objects_may_be_hidden() -> None:
    masks = [blocks(1, 2, 3), blocks(1, 2), *[blocks(1, 2, 3, 4)] * 6, blocks(1), blocks(1, 2), blocks(2, 3)]
    with pytest.raises(Problem, match="as numbers of objects do"):
        decide(masks)


@pytest.mark.parametrize("rest", [[10000], [7, 11]])
def test_classes_and_objects_in_one_number_are_asked_about(rest: list[int]) -> None:
    masks = [stripes([0, 2001 + i, 2002 + i, *rest], i, np.uint16) for i in range(4)]
    with pytest.raises(Problem, match="are a thousand times a class and an object's number"):
        decide(masks)
    assert decide([stripes([0, 1000, 1001, 1002], i, np.uint16) for i in range(4)]).kind == "classes"


def test_colours_that_no_other_mask_has_are_asked_about() -> None:
    colours = np.random.default_rng(1).integers(1, 255, (40, 3)).astype(np.uint8)
    of_objects = [colours[stripes(range(4 * i, 4 * i + 4), i)] for i in range(6)]
    with pytest.raises(Problem, match=r"colours are in one mask alone, as those of objects are.*each colour a class"):
        decide(of_objects)
    assert decide(of_objects, "classes").kind == "classes"
    assert decide([colours[stripes(range(12), i)] for i in range(9)]).kind == "classes"
