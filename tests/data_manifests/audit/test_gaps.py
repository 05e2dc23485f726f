"""Gaps are told by ranges, as the set spells its numbers, in time and memory that follow the files, not the numbers."""

from __future__ import annotations

import time
import tracemalloc
from pathlib import Path

import pytest

from bgfg.data_manifests.audit.gaps import find_gaps, gaps_between
from bgfg.data_manifests.audit.names import audit_names
from bgfg.data_manifests.audit.recognition import foreign_entry
from bgfg.data_manifests.audit.tree import read_tree
from tests.data_manifests.audit.test_tree import touch


def gaps_told(root: Path, *paths: str) -> list[str]:
    findings = audit_names(read_tree(touch(root, *paths)))
    return [f.message.partition(": no ")[2] for f in findings if f.check == "numbering-gap"]


@pytest.mark.parametrize(
    ("numbers", "start", "gaps"),
    [
        ([], 0, []),
        ([0, 1, 2], 0, []),
        ([2], 0, [(0, 1)]),
        ([5, 6, 9, 11], 5, [(7, 8), (10, 10)]),
        ([0, 20230115123456], 0, [(1, 20230115123455)]),
    ],
)
def test_gaps_lie_between_the_numbers(numbers: list[int], start: int, gaps: list[tuple[int, int]]) -> None:
    assert gaps_between(numbers, start) == gaps


@pytest.mark.parametrize(
    ("form", "told"),
    [
        ("bg/bg{n:03d}.jpeg", "bg007.jpeg, bg010.jpeg to bg012.jpeg"),
        ("bg/bg_{n}.jpg", "bg_7.jpg, bg_10.jpg to bg_12.jpg"),
        ("bg/BG-{n:04d}.JPG", "BG-0007.JPG, BG-0010.JPG to BG-0012.JPG"),
        ("bg/IMG_{n:04d}.jpg", "IMG_0007.jpg, IMG_0010.jpg to IMG_0012.jpg"),
        ("backgrounds/room {n}.jpg", "room 7.jpg, room 10.jpg to room 12.jpg"),
        ("people/p{n:02d}.png", "p07.png, p10.png to p12.png"),
        ("fg/fg_{n}_flip.png", "fg_7_flip.png, fg_10_flip.png to fg_12_flip.png"),
        ("images/scene_{n:05d}.jpg", "scene_00007.jpg, scene_00010.jpg to scene_00012.jpg"),
    ],
)
def test_numbers_are_spelled_as_the_others_are(tmp_path: Path, form: str, told: str) -> None:
    numbers = [n for n in range(1, 30) if n not in (7, 10, 11, 12)]
    assert gaps_told(tmp_path, *(form.format(n=n) for n in numbers)) == [told]


def test_a_gap_where_numbers_gain_a_digit_is_seen(tmp_path: Path) -> None:
    numbers = [n for n in range(1, 30) if n != 10]
    assert gaps_told(tmp_path, *(f"backgrounds/room_{n}.jpg" for n in numbers)) == ["room_10.jpg"]


def test_five_ranges_are_told_and_the_rest_counted(tmp_path: Path) -> None:
    (told,) = gaps_told(tmp_path, *(f"bg/bg{n:03d}.jpeg" for n in range(1, 60, 3)))
    assert told == (
        "bg002.jpeg to bg003.jpeg, bg005.jpeg to bg006.jpeg, bg008.jpeg to bg009.jpeg, bg011.jpeg to bg012.jpeg, "
        "bg014.jpeg to bg015.jpeg and 28 more"
    )


def test_a_far_number_is_one_range(tmp_path: Path) -> None:
    paths = [f"bg/bg{n:03d}.jpeg" for n in (1, 2, 99_999)]
    assert gaps_told(tmp_path, *paths) == ["bg003.jpeg to bg99998.jpeg"]


@pytest.mark.parametrize("form", ["bg/bg_{n}.jpg", "bg/IMG_{n}.jpg", "backgrounds/room_{n}.jpg", "images/{n}.jpg"])
@pytest.mark.parametrize("last", [20230118, 20230115123459])
def test_dates_are_no_series_and_cost_nothing(tmp_path: Path, form: str, last: int) -> None:
    tree = read_tree(touch(tmp_path, *(form.format(n=n) for n in (last - 1000, last - 3, last))))
    tracemalloc.start()
    findings = list(audit_names(tree))
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert not [f for f in findings if f.check == "numbering-gap"]
    assert peak_bytes < 2**20


def test_what_another_folder_has_is_not_left_out(tmp_path: Path) -> None:
    paths = [f"images/{'val' if n in (3, 7, 8) else 'train'}/{n}.jpg" for n in range(1, 12) if n != 5]
    assert gaps_told(tmp_path, *paths) == ["5.jpg", "5.jpg"]
    assert gaps_told(tmp_path, "images/train/5.jpg") == []


def test_every_fifth_frame_of_a_clip_is_all_there_is(tmp_path: Path) -> None:
    clip = [f"images/frame_{n:04d}.jpg" for n in range(0, 60, 2)]
    assert gaps_told(tmp_path, *clip) == []
    assert gaps_told(tmp_path, "images/frame_0007.jpg") != []


def test_many_folders_of_one_series_take_a_moment(tmp_path: Path) -> None:
    entries = [foreign_entry(f"images/{n // 20}/{n}.jpg", "image") for n in range(60_000)]
    began = time.process_time()
    assert list(find_gaps("image", "composite", entries)) == []
    assert time.process_time() - began < 5
