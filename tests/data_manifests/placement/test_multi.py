"""Who joins whom: drawn by sample alone, honest about splits, and all of them to be seen."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from bgfg.data_manifests.placement.multi import Crowd, Gathering, Paste, Picture
from bgfg.data_manifests.placement.overlap import Patch
from bgfg.data_manifests.terminal.errors import Problem

H, W, K = 40, 60, 5
SPLITS = ["train"] * 12 + ["val"] * 4 + ["test"] * 2
GROUPS = [0, 0, 0, 0, *(f // 2 * 2 for f in range(4, 18))]  # the first two originals are near-duplicates


def paste(f: int, x: int, y: int, standing_mm: int = 0) -> Paste:
    alpha = np.full((9, 6 + f % 3), 255, np.uint8)
    return Paste(f, (x, y, alpha.shape[1], 9), Patch.of(alpha, x, y, H, W), standing_mm)


def stand(f: int, across: int, down: int) -> Paste:
    return paste(f, across * 50 >> 32, down * 30 >> 32)


def gather(crowd: Crowd, b: int = 0, seed: int = 0, splits: Sequence[str] = SPLITS) -> list[list[Picture]]:
    gathering = Gathering(crowd, seed, splits, GROUPS[: len(splits)])
    numbers = gathering.numbers(b, K)
    return [
        list(gathering.pictures(b, f, numbers[f], [paste(f, 3 * k, 2 * k) for k in range(K)], stand))
        for f in range(len(splits))
    ]


def as_plain(blocks: list[list[Picture]]) -> list[list[list[tuple]]]:
    return [[[(p.cutout, *p.box) for p in picture.pastes] for picture in block] for block in blocks]


def test_a_picture_shows_only_cutouts_of_the_split_of_its_first() -> None:
    for block in gather(Crowd(1, 4)):
        for picture in block:
            assert len({SPLITS[p.cutout] for p in picture.pastes}) == 1


def test_nobody_is_twice_in_a_picture_where_there_are_others() -> None:
    found = gather(Crowd(3, 4))
    for f, block in enumerate(found):
        for picture in block:
            groups = [GROUPS[p.cutout] for p in picture.pastes]
            enough = len({group for group, split in zip(GROUPS, SPLITS, strict=True) if split == SPLITS[f]})
            assert len(set(groups)) == min(len(groups), enough)
    assert any(len(picture.pastes) == 3 for picture in found[17])  # test has one original, which joins itself


def test_the_first_is_the_blocks_own_and_numbers_lie_in_the_range() -> None:
    counts = []
    for f, block in enumerate(gather(Crowd(2, 4))):
        for k, picture in enumerate(block):
            assert (picture.pastes[0].cutout, picture.pastes[0].box[:2]) == (f, (3 * k, 2 * k))
            counts.append(len(picture.pastes))
    assert set(counts) == {2, 3, 4}
    assert {len(p.pastes) for block in gather(Crowd(3, 3)) for p in block} == {3}


def test_a_sample_depends_on_its_own_numbers_alone() -> None:
    whole = as_plain(gather(Crowd(1, 3), b=2))
    assert as_plain(gather(Crowd(1, 3), b=2)) == whole
    assert as_plain(gather(Crowd(1, 3), b=3)) != whole
    assert as_plain(gather(Crowd(1, 3), b=2, seed=1)) != whole


@pytest.mark.parametrize("percent", [0, 30, 50, 100])
def test_those_in_front_cover_no_more_than_they_may(percent: int) -> None:
    covered = 0
    for block in gather(Crowd(4, 6, percent)):
        for picture in block:
            for p, visible_px in zip(picture.pastes, picture.visible_px, strict=True):
                assert 100 * visible_px >= (100 - percent) * p.alone_px
                covered += visible_px < p.alone_px
    assert (covered == 0) == (percent == 0)


def test_where_there_is_no_room_there_are_fewer() -> None:
    gathering = Gathering(Crowd(3, 3), 0, ["train"] * 4, [0, 0, 2, 2])
    [picture] = gathering.pictures(0, 0, np.array([3]), [paste(0, 5, 5)], lambda f, _x, _y: paste(f, 5, 5))
    assert len(picture.pastes) == 1


def test_who_stands_farther_is_pasted_first_and_nobody_before_the_first() -> None:
    gathering = Gathering(Crowd(5, 5), 0, ["train"] * 10, [f // 2 * 2 for f in range(10)])

    def at(f: int, across: int, down: int) -> Paste:
        return paste(f, across * 50 >> 32, down * 30 >> 32, standing_mm=1_000 + (down >> 22))

    pictures = list(gathering.pictures(0, 0, np.array([5] * 9), [paste(0, 5, 5, 1_700)] * 9, at))
    for picture in pictures:
        depths = [p.standing_mm for p in picture.pastes]
        assert depths[0] == 1_700
        assert depths == sorted(depths, reverse=True)
    assert any(len(picture.pastes) == 5 for picture in pictures)


@pytest.mark.parametrize(
    ("text", "overlap", "expected"),
    [("1", None, None), ("1..1", None, None), ("3", None, Crowd(3, 3, 50)), ("1..8", 20, Crowd(1, 8, 20))],
)
def test_options_are_parsed(text: str, overlap: int | None, expected: Crowd | None) -> None:
    assert Crowd.parse(text, overlap) == expected


@pytest.mark.parametrize(
    ("text", "overlap", "line"),
    [
        ("0", None, "--cutouts-per-sample 0: give a number or a range from 1 to 255, such as 3 or 1..3"),
        ("3..2", None, "--cutouts-per-sample 3..2: give"),
        ("1..256", None, "--cutouts-per-sample 1..256: give"),
        ("many", None, "--cutouts-per-sample many: give"),
        ("1..3", 101, "--max-overlap 101: give per cent from 0 to 100, such as 50"),
        ("1", 50, "--max-overlap 50: goes with several cut-outs: add --cutouts-per-sample 1..3"),
    ],
)
def test_options_that_make_no_sense_are_refused_in_a_line(text: str, overlap: int | None, line: str) -> None:
    with pytest.raises(Problem) as refused:
        Crowd.parse(text, overlap)
    assert str(refused.value).startswith(line)
    assert refused.value.exit_code == 2
