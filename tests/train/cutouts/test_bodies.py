"""Shapes of two people who touch are told from those of one, at any size; the office cut-outs say how surely."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from bgfg.train.cutouts.bodies import shows_two_bodies
from bgfg.train.cutouts.regions import find_regions, whole_region
from tests.support.project import SHARED

OFFICE = SHARED / "office" / "fg"

Mask = NDArray[np.bool_]


def person(canvas: NDArray[np.uint8], x: int, scale: float = 1.0) -> None:
    """Draw a figure that stands on the ground at 300: a head, a body, two legs."""

    def at(dx: float, dy: float) -> tuple[int, int]:
        return round(x + dx * scale), round(300 - dy * scale)

    cv2.ellipse(canvas, at(0, 150), (round(34 * scale), round(62 * scale)), 0, 0, 360, 1, -1)
    cv2.circle(canvas, at(0, 232), round(21 * scale), 1, -1)
    for side in (-16, 16):
        cv2.line(canvas, at(side, 110), at(side, 0), 1, round(22 * scale))


def figures(*people: tuple[int, float]) -> Mask:
    canvas = np.zeros((320, 400), np.uint8)
    for x, scale in people:
        person(canvas, x, scale)
    return canvas.astype(bool)


def holding_hands() -> Mask:
    canvas = figures((110, 1.0), (270, 0.85)).astype(np.uint8)
    cv2.line(canvas, (120, 160), (270, 170), 1, 12)
    return canvas.astype(bool)


def with_a_bag() -> Mask:
    canvas = figures((150, 1.0)).astype(np.uint8)
    cv2.line(canvas, (150, 130), (215, 190), 1, 12)
    cv2.rectangle(canvas, (205, 185), (240, 222), 1, -1)
    return canvas.astype(bool)


@pytest.mark.parametrize("scale", [0.5, 1.0, 3.0])
@pytest.mark.parametrize(
    ("mask", "two"),
    [
        (figures((150, 1.0)), False),
        (figures((150, 1.0))[:190], False),  # head and shoulders
        (with_a_bag(), False),
        (np.pad(figures((150, 1.0)).T, 20), False),  # who lies is one too
        (figures((110, 1.0), (179, 1.0)), True),
        (figures((110, 1.0), (165, 1.0)), False),  # pressed together: there is no neck
        (figures((110, 1.0), (172, 0.8)), True),
        (holding_hands(), True),
        (figures((110, 1.0), (125, 1.0)), False),  # one before the other: nothing tells them apart
    ],
    ids=["one", "head", "bag", "lying", "shoulder", "pressed", "smaller", "hands", "before"],
)
def test_two_who_touch_side_by_side_are_told(mask: Mask, two: bool, scale: float) -> None:
    size = round(mask.shape[1] * scale), round(mask.shape[0] * scale)
    resized = cv2.resize(mask.astype(np.float32), size, interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    assert shows_two_bodies(np.asarray(resized) >= 0.5) == two


def test_cracks_make_no_bodies_and_people_one_by_one_are_never_doubted() -> None:
    strapped = figures((200, 1.0)).astype(np.float32)
    strapped[:, 199:201] = 0
    [region] = find_regions(strapped)
    assert not region.is_two
    hands = holding_hands().astype(np.float32)
    assert [region.is_two for region in find_regions(hands)] == [True]
    whole = whole_region(hands)
    assert whole is not None
    assert not whole.is_two


@pytest.mark.skipif(not OFFICE.is_dir(), reason="../shared/office is not there")
def test_of_cut_outs_of_others_those_of_two_people_alone_are_doubted() -> None:
    """Number 2 holds two people, and so on: looked at by hand; fifty of the hundred hold one."""
    found = set()
    for number, path in enumerate(sorted(OFFICE.iterdir())):
        rgba = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
        assert rgba is not None
        largest = find_regions(np.pad(rgba[..., 3].astype(np.float32) / 255, 20))[0]
        if largest.is_two:
            found.add(number)
    assert found == {2, 9, 17, 23, 28, 32, 39, 46, 47, 53, 66, 72, 73, 88, 89, 92}
