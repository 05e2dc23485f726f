"""Splits of folders that have none."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import replace

import pytest

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.folders.discovery import ImageMaskPair
from bgfg.train.folders.split import check_split_settings, split_pairs


def pairs(count: int, frames: int = 1, given: str | None = None) -> list[ImageMaskPair]:
    return [ImageMaskPair(f"{i}.jpg", f"{i}.png", f"clip{i // frames}", given) for i in range(count)]


def test_shares_are_met_and_the_same_names_give_the_same_split() -> None:
    splits = split_pairs(pairs(50), "80/10/10")
    assert Counter(splits) == {"train": 40, "val": 5, "test": 5}
    assert splits == split_pairs(pairs(50), "80/10/10")
    assert splits != split_pairs(pairs(50), "80/10/10", seed=1)


def test_counts_take_the_place_of_shares() -> None:
    assert Counter(split_pairs(pairs(20), "100/0/0", val=0, test=4)) == {"train": 16, "test": 4}
    assert Counter(split_pairs(pairs(20), "100/0/0", val=3)) == {"train": 17, "val": 3}


def test_a_name_keeps_its_place_in_the_order_whatever_else_there_is() -> None:
    few, many = pairs(30), pairs(60)
    tested = {pair.image for pair, split in zip(few, split_pairs(few, test=9), strict=True) if split == "test"}
    more = {pair.image for pair, split in zip(many, split_pairs(many, test=18), strict=True) if split == "test"}
    assert len(tested & more) >= 5  # by chance it would be 2 or 3


@pytest.mark.parametrize("seed", range(5))
def test_the_frames_of_a_clip_stay_together(seed: int) -> None:
    clips = pairs(60, frames=5)
    found = defaultdict(set)
    for pair, split in zip(clips, split_pairs(clips, seed=seed), strict=True):
        found[pair.group].add(split)
    assert all(len(splits) == 1 for splits in found.values())
    assert {split for splits in found.values() for split in splits} == {"train", "val", "test"}


def test_what_the_data_say_holds_and_only_the_rest_is_drawn() -> None:
    given = [*pairs(30), *(replace(pair, group=f"test/{pair.group}") for pair in pairs(10, given="test"))]
    splits = split_pairs(given, "80/10/10")
    assert splits[30:] == ["test"] * 10
    assert Counter(splits[:30]) == {"train": 26, "val": 4}


def test_what_belongs_to_a_given_pair_goes_with_it_or_stays_where_it_is() -> None:
    given = [
        *pairs(20),
        ImageMaskPair("a.jpg", "a.png", "clip3", "val"),
        ImageMaskPair("b.jpg", "b.png", "clip4", "val"),
    ]
    given[4] = ImageMaskPair("4.jpg", "4.png", "clip4", "train")
    for seed in range(5):
        splits = split_pairs(given, test=18, seed=seed)
        assert (splits[3], splits[4], Counter(splits)) == ("val", "train", {"test": 17, "val": 3, "train": 2})


def test_train_keeps_one_group_at_least() -> None:
    assert split_pairs(pairs(4, frames=4), "80/10/10") == ["train"] * 4
    assert Counter(split_pairs(pairs(2), "0.01/50/49.99"))["train"] == 1


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"split": "80/10/10", "val": 3}, "--split, --val, --test: give shares, or counts"),
        ({"split": "80/10"}, "--split 80/10: give train/val/test in per cent"),
        ({"val": -1}, "--val -1: give 0 or more"),
        ({"test": -2}, "--test -2: give 0 or more"),
        ({"split_seed": -2}, "--split-seed -2: give 0 or more"),
    ],
)
def test_wrong_settings_are_refused(settings: dict, line: str) -> None:
    with pytest.raises(Problem) as caught:
        check_split_settings(settings)
    assert caught.value.lines[0].startswith(line)
    assert caught.value.exit_code == 2
