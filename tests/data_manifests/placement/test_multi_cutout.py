"""Who joins whom: drawn by sample alone, honest about splits, and all of them to be seen."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest

from bgfg.data_manifests.placement.multi_cutout import (
    Company,
    Composition,
    CutoutsPerSample,
    MultiCutoutSampler,
    Paste,
    PasteDraw,
)
from bgfg.data_manifests.placement.overlap import AlphaPatch, count_opaque_px, remaining_alphas
from bgfg.data_manifests.terminal.errors import Problem

H, W, K = 40, 60, 5
SPLITS = ["train"] * 12 + ["val"] * 4 + ["test"] * 2
GROUPS = [0, 0, 0, 0, *(f // 2 * 2 for f in range(4, 18))]  # the first two originals are near-duplicates


def paste(f: int, x: int, y: int, distance_mm: int = 0) -> Paste:
    alpha = np.full((9, 6 + f % 3), 255, np.uint8)
    return Paste(f, (x, y, alpha.shape[1], 9), AlphaPatch.clip(alpha, x, y, H, W), distance_mm)


def place_at(draw: PasteDraw) -> Paste:
    return paste(draw.cutout, draw.across * 50 >> 32, draw.down * 30 >> 32)


def compositions(
    crowd: CutoutsPerSample, b: int = 0, seed: int = 0, splits: Sequence[str] = SPLITS
) -> list[list[Composition]]:
    sampler = MultiCutoutSampler(crowd, seed, Company(splits, GROUPS[: len(splits)]))
    numbers = sampler.draw_counts(b, K)
    return [
        list(sampler.compositions(b, f, numbers[f], [paste(f, 3 * k, 2 * k) for k in range(K)], place_at))
        for f in range(len(splits))
    ]


def as_plain(blocks: list[list[Composition]]) -> list[list[list[tuple]]]:
    return [[[(p.cutout, *p.box) for p in composition.pastes] for composition in block] for block in blocks]


def test_a_picture_shows_only_cutouts_of_the_split_of_its_first() -> None:
    for block in compositions(CutoutsPerSample(1, 4)):
        for composition in block:
            assert len({SPLITS[p.cutout] for p in composition.pastes}) == 1


def test_nobody_is_twice_in_a_picture_where_there_are_others() -> None:
    found = compositions(CutoutsPerSample(3, 4))
    for f, block in enumerate(found):
        for composition in block:
            groups = [GROUPS[p.cutout] for p in composition.pastes]
            enough = len({group for group, split in zip(GROUPS, SPLITS, strict=True) if split == SPLITS[f]})
            assert len(set(groups)) == min(len(groups), enough)
    assert any(len(composition.pastes) == 3 for composition in found[17])  # test has one original, which joins itself


def test_the_first_is_the_blocks_own_and_numbers_lie_in_the_range() -> None:
    counts = []
    for f, block in enumerate(compositions(CutoutsPerSample(2, 4))):
        for k, composition in enumerate(block):
            assert (composition.pastes[0].cutout, composition.pastes[0].box[:2]) == (f, (3 * k, 2 * k))
            counts.append(len(composition.pastes))
    assert set(counts) == {2, 3, 4}
    assert {len(p.pastes) for block in compositions(CutoutsPerSample(3, 3)) for p in block} == {3}


def test_a_sample_depends_on_its_own_numbers_alone() -> None:
    whole = as_plain(compositions(CutoutsPerSample(1, 3), b=2))
    assert as_plain(compositions(CutoutsPerSample(1, 3), b=2)) == whole
    assert as_plain(compositions(CutoutsPerSample(1, 3), b=3)) != whole
    assert as_plain(compositions(CutoutsPerSample(1, 3), b=2, seed=1)) != whole


@pytest.mark.parametrize("percent", [0, 30, 50, 100])
def test_those_in_front_cover_no_more_than_they_may(percent: int) -> None:
    covered = 0
    for block in compositions(CutoutsPerSample(4, 6, percent)):
        for composition in block:
            for p, visible_px in zip(composition.pastes, composition.visible_px, strict=True):
                assert 100 * visible_px >= (100 - percent) * p.unoccluded_px
                covered += visible_px < p.unoccluded_px
    assert (covered == 0) == (percent == 0)


def test_where_there_is_no_room_there_are_fewer() -> None:
    sampler = MultiCutoutSampler(CutoutsPerSample(3, 3), 0, Company(["train"] * 4, [0, 0, 2, 2]))
    [composition] = sampler.compositions(0, 0, np.array([3]), [paste(0, 5, 5)], lambda draw: paste(draw.cutout, 5, 5))
    assert len(composition.pastes) == 1


def test_who_stands_farther_is_pasted_first_and_nobody_before_the_first() -> None:
    sampler = MultiCutoutSampler(CutoutsPerSample(5, 5), 0, Company(["train"] * 10, [f // 2 * 2 for f in range(10)]))

    def at(draw: PasteDraw) -> Paste:
        return paste(draw.cutout, draw.across * 50 >> 32, draw.down * 30 >> 32, distance_mm=1_000 + (draw.down >> 22))

    found = list(sampler.compositions(0, 0, np.array([5] * 9), [paste(0, 5, 5, 1_700)] * 9, at))
    for composition in found:
        depths = [p.distance_mm for p in composition.pastes]
        assert depths[0] == 1_700
        assert depths == sorted(depths, reverse=True)
    assert any(len(composition.pastes) == 5 for composition in found)


def soft_paste(f: int, x: int, y: int, distance_mm: int = 0) -> Paste:
    """A cut-out of all alphas, where the order of covering rounds differently."""
    alpha = np.random.default_rng(f).integers(0, 256, (11, 9), dtype=np.uint8)
    return Paste(f, (x, y, 9, 11), AlphaPatch.clip(alpha, x, y, H, W), distance_mm)


@pytest.mark.parametrize("spread_mm", [0, 1_000])
def test_what_is_kept_of_a_sample_is_what_all_its_cutouts_leave_of_each_other(spread_mm: int) -> None:
    sampler = MultiCutoutSampler(CutoutsPerSample(9, 30, 90), 0, Company(["train"] * 40, list(range(40))))

    def at(draw: PasteDraw) -> Paste:
        distance_mm = (draw.across ^ draw.down) * spread_mm >> 32
        return soft_paste(draw.cutout, draw.across * 50 >> 32, draw.down * 29 >> 32, distance_mm)

    counts = np.array([9, 30, 17, 20])
    found = list(sampler.compositions(0, 0, counts, [soft_paste(0, 5, 5, spread_mm)] * 4, at))
    for composition in found:
        patches = [p.patch for p in composition.pastes]
        for kept, whole in zip(composition.remaining_u8, remaining_alphas(patches), strict=True):
            np.testing.assert_array_equal(kept, whole)
        assert list(composition.visible_px) == [count_opaque_px(alpha) for alpha in composition.remaining_u8]
    assert max(len(composition.pastes) for composition in found) > 9


@pytest.mark.parametrize("most", [9, 60])
def test_the_first_cutouts_dont_depend_on_how_many_there_may_be(most: int) -> None:
    few, many = (
        [
            list(
                MultiCutoutSampler(CutoutsPerSample(2, limit), 0, Company(SPLITS, GROUPS)).compositions(
                    0, f, np.full(K, 4), [paste(f, 3 * k, 2 * k) for k in range(K)], place_at
                )
            )
            for f in range(4)
        ]
        for limit in (4, most)
    )
    assert as_plain(few) == as_plain(many)


@pytest.mark.parametrize(
    ("text", "overlap", "expected"),
    [
        ("1", None, None),
        ("1..1", None, None),
        ("3", None, CutoutsPerSample(3, 3, 50)),
        ("1..8", 20, CutoutsPerSample(1, 8, 20)),
    ],
)
def test_options_are_parsed(text: str, overlap: int | None, expected: CutoutsPerSample | None) -> None:
    assert CutoutsPerSample.parse(text, overlap) == expected


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
        CutoutsPerSample.parse(text, overlap)
    assert str(refused.value).startswith(line)
    assert refused.value.exit_code == 2
