"""Splits by identity."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bgfg.data_manifests.corpus.splits import (
    SPLITS,
    parse_shares,
    sample_splits,
    split_added_classes,
    split_classes,
    split_groups,
)
from bgfg.data_manifests.terminal.errors import Problem


def test_a_hundred_are_dealt_eighty_ten_ten() -> None:
    splits = split_groups(range(100), (0.8, 0.1, 0.1), 0, "background")
    assert [splits.count(part) for part in ("train", "val", "test")] == [80, 10, 10]
    assert splits != split_groups(range(100), (0.8, 0.1, 0.1), 1, "background")
    assert splits != split_groups(range(100), (0.8, 0.1, 0.1), 0, "cutout")


@given(st.lists(st.integers(0, 12), min_size=1, max_size=40), st.integers(0, 2**32))
def test_groups_stay_together_and_train_is_never_empty(groups: list[int], seed: int) -> None:
    splits = split_groups(groups, (0.8, 0.1, 0.1), seed, "cutout")
    by_group: dict[int, set[str]] = {}
    for group, split in zip(groups, splits, strict=True):
        by_group.setdefault(group, set()).add(split)
    assert all(len(found) == 1 for found in by_group.values())
    assert "train" in splits
    assert ("test" in splits) == (len(by_group) >= 2)
    assert ("val" in splits) == (len(by_group) >= 3)


def test_a_big_group_does_not_swallow_a_small_share() -> None:
    groups = [0] * 50 + list(range(1, 51))
    splits = split_groups(groups, (0.8, 0.1, 0.1), 3, "background")
    assert (splits.count("val"), splits.count("test")) == (10, 10)


def reference_split(background: str, cutout: str, k: int, K: int) -> str:
    if background == cutout == "train":
        return "seen" if K > 1 and k == K - 1 else "train"
    return background if background == cutout else "mixed"


@pytest.mark.parametrize("background", ["train", "val", "test"])
@pytest.mark.parametrize("K", [1, 3])
def test_sample_splits_follow_the_format(background: str, K: int) -> None:
    cutouts = ["train", "val", "test", "train"]
    table = sample_splits(background, cutouts, K)
    expected = [[reference_split(background, cutout, k, K) for k in range(K)] for cutout in cutouts]
    assert np.array(SPLITS)[table].tolist() == expected


@pytest.mark.parametrize(
    "text", ["80/20", "80/10/20", "a/b/c", "0/50/50", "110/-5/-5", "", "80/nan/10", "nan/10/10", "inf/0/0"]
)
def test_shares_that_make_no_sense_are_refused_with_the_option(text: str) -> None:
    with pytest.raises(Problem, match="--split") as caught:
        parse_shares(text)
    assert caught.value.exit_code == 2


def test_shares_are_read() -> None:
    assert parse_shares("80/10/10") == (0.8, 0.1, 0.1)
    assert parse_shares("100/0/0") == (1.0, 0.0, 0.0)


def reference_classes(groups: list[int], labels: list[str], seed: int) -> list[str]:
    """Slow and obvious: each class is split as if there was no other, then each identity looked up."""
    leader = {group: next(label for g, label in zip(groups, labels, strict=True) if g == group) for group in groups}
    splits = []
    for identity, group in enumerate(groups):
        mine = [i for i in range(len(groups)) if leader[groups[i]] == leader[group]]
        key = hashlib.sha256(f"cutout/{leader[group]}".encode()).hexdigest()
        splits.append(split_groups([groups[i] for i in mine], SHARES, seed, key)[mine.index(identity)])
    return splits


SHARES = (0.8, 0.1, 0.1)
IDENTITIES = st.lists(st.tuples(st.integers(0, 15), st.sampled_from(["cat", "dog", "ü, ö"])), min_size=1, max_size=40)


@given(IDENTITIES, st.integers(0, 2**32))
def test_classes_are_split_apart_and_each_is_everywhere_if_it_can_be(found: list[tuple[int, str]], seed: int) -> None:
    groups, labels = [group for group, _ in found], [label for _, label in found]
    splits = split_classes(groups, labels, SHARES, seed, "cutout")
    if len(set(labels)) > 1:
        assert splits == reference_classes(groups, labels, seed)
    for group in set(groups):
        assert len({split for g, split in zip(groups, splits, strict=True) if g == group}) == 1
    for label in set(labels):
        own = {g for g in groups if {lab for other, lab in found if other == g} == {label}}
        there = {split for (_, lab), split in zip(found, splits, strict=True) if lab == label}
        assert len(there) >= min(len(own), 3)


@given(st.lists(st.integers(0, 12), min_size=1, max_size=40), st.integers(0, 2**32))
def test_one_class_is_split_as_no_class_is(groups: list[int], seed: int) -> None:
    there = split_groups(groups, SHARES, seed, "cutout")
    assert split_classes(groups, ["dog"] * len(groups), SHARES, seed, "cutout") == there


def test_another_class_leaves_the_split_of_the_others() -> None:
    labels = ["cat"] * 10 + ["dog"] * 12
    before = split_classes(range(22), labels, SHARES, 5, "cutout")
    after = split_classes(range(30), [*labels, *["ant"] * 8], SHARES, 5, "cutout")
    assert after[:22] == before
    assert [before[:10].count(part) for part in ("train", "val", "test")] == [8, 1, 1]


@given(st.lists(st.lists(st.integers(0, 9), min_size=1, max_size=6), max_size=12), st.integers(0, 2**32))
def test_additions_leave_groups_together_and_come_to_the_shares(additions: list[list[int]], seed: int) -> None:
    """Groups 0..9 are there already; a new picture of none of them has a group of its own."""
    shares = (0.8, 0.1, 0.1)
    known = dict(enumerate(split_groups(range(10), shares, seed, "background")))
    splits = list(known.values())
    for step in additions:
        groups = [number if number < 4 else 100 + len(splits) + i for i, number in enumerate(step)]
        counts = {part: splits.count(part) for part in ("train", "val", "test")}
        found = split_added_classes(groups, [""] * len(groups), known, {"": counts}, shares, seed, "background")
        assert found == split_added_classes(groups, [""] * len(groups), known, {"": counts}, shares, seed, "background")
        assert [known[g] for g in groups if g in known] == [s for g, s in zip(groups, found, strict=True) if g in known]
        known |= dict(zip(groups, found, strict=True))
        splits += found
        for part, share in (("val", 0.1), ("test", 0.1)):
            room = round(share * len(splits))
            joined = sum(known[g] == part for g in groups if g < 100)
            assert splits.count(part) >= min(room, counts[part] + sum(g >= 100 for g in groups) - len(step) // 2) - 1
            assert splits.count(part) <= max(room, counts[part] + joined)


def test_backgrounds_that_are_added_one_by_one_come_to_the_shares_too() -> None:
    shares, known = (0.8, 0.1, 0.1), dict(enumerate(split_groups(range(10), (0.8, 0.1, 0.1), 3, "background")))
    for number in range(10, 100):
        counts = {part: list(known.values()).count(part) for part in ("train", "val", "test")}
        (known[number],) = split_added_classes([number], [""], known, {"": counts}, shares, 3, "background")
    assert [list(known.values()).count(part) for part in ("train", "val", "test")] == [80, 10, 10]
