"""What names say on pictures that belong together: clips and copies do, numbers of data sets and phones don't."""

from __future__ import annotations

import random

import pytest

from bgfg.train.folders.name_groups import group_by_name

DRAW = random.Random(5)

UNRELATED = {
    "coco": [f"coco_train2014_{n:012d}" for n in DRAW.sample(range(500_000), 60)],
    "voc": [f"{year}_{n:06d}" for year in range(2007, 2012) for n in DRAW.sample(range(9999), 12)],
    "voc in a row": [f"2011_{n:06d}" for n in range(60)],
    "phone": [f"pxl_2023011{5 + i % 2}_1{i * 731:08d}" for i in range(60)],
    "another phone": [f"img_20230115_{h:02d}{m:02d}07" for h in (9, 10) for m in range(30)],
    "messenger": [f"img_20230115_wa{n:04d}" for n in range(60)],
    "screenshots": [f"screenshot_2023_01_15_10_{n:02d}_{n * 17 % 60:02d}" for n in range(60)],
    "camera": [f"dsc_{n:04d}" for n in range(60)],
    "export": [f"holidays_2023_{n:03d}" for n in range(60)],
    "downloads": ["download", *(f"download_({n})" for n in range(1, 60))],
    "imagenet": [f"n01440764_{n}" for n in DRAW.sample(range(9_000), 60)],
    "classes": [f"{kind}_{n}" for kind in ("cat", "dog") for n in range(30)],
    "wheat": [f"wheat_crop_{n:04d}" for n in range(60)],
}


@pytest.mark.parametrize("names", UNRELATED.values(), ids=list(UNRELATED))
def test_names_of_data_sets_phones_and_exports_group_nothing(names: list[str]) -> None:
    assert len(set(names)) == 60
    groups = group_by_name([("", name) for name in names])
    assert len(set(groups)) == 60


def test_numbers_in_a_single_folder_are_no_clip() -> None:
    pictures = [("dataset", f"{n:04d}") for n in range(60)]
    assert len(set(group_by_name(pictures))) == 60


CLIPS = {
    "clip3_0001": "clip{c}_{f:04d}",
    "every tenth frame": "vid{c}_{f}0",
    "video of a phone": "vid_2023011{c}_101112_{f:04d}",
    "frames": "walk_{c}_frame_{f:03d}",
    "one word": "s{c}_f{f}",
}


@pytest.mark.parametrize("form", CLIPS.values(), ids=list(CLIPS))
def test_the_frames_of_a_clip_are_one_group(form: str) -> None:
    pictures = [("", form.format(c=c, f=f)) for c in range(10) for f in range(6)]
    groups = group_by_name(pictures)
    assert len(set(groups)) == 10
    assert all(len(set(groups[first : first + 6])) == 1 for first in range(0, 60, 6))


def test_folders_of_frames_are_clips_unless_it_is_known_better() -> None:
    pictures = [(f"clips/{clip}", f"{prefix}{f:05d}") for clip in "abc" for prefix in ("frame_",) for f in range(4)]
    assert group_by_name(pictures) == [folder for folder, _ in pictures]
    apart = group_by_name(pictures, no_clips=("clips/b",))
    assert apart[:4] == ["clips/a"] * 4
    assert apart[4:8] == [f"clips/b/frame_{f:05d}" for f in range(4)]


@pytest.mark.parametrize(
    ("names", "group"),
    [
        (("scene00", "scene00_aug0", "scene00_aug1"), "scene00"),
        (("scene00", "scene00_hflip", "scene00_rot90_3"), "scene00"),
        (("scene00", "scene00_1", "scene00_(2)"), "scene00"),
        (("cat", "cat_flip", "cat_bright"), "cat"),
        (("scene00_orig", "scene00_aug1"), "scene00"),
        (("img_7", "aug_img_7", "flipped_img_7"), "img_7"),
        (("img_0001", "img_0001_copy", "img_0001_copy_(2)"), "img_0001"),
        (("cat_jpg_rf_0123456789abcdef", "cat_jpg_rf_fedcba9876543210"), "cat"),
        (("clip3_0001", "clip3_0002", "clip3_0002_flip"), "clip3"),
    ],
)
def test_copies_of_a_picture_are_one_group(names: tuple[str, ...], group: str) -> None:
    assert group_by_name([("", name) for name in (*names, "other")]) == [group] * len(names) + ["other"]


def test_copies_are_those_of_one_folder() -> None:
    assert group_by_name([("a", "s1"), ("b", "s1_aug")]) == ["a/s1", "b/s1_aug"]


GRIDS = {
    "rows": "tile{p}_{r}_{c}",
    "padded": "scene{p}_{r:02d}_{c:02d}",
    "offsets": "town{p}_{y}_{x}",
    "words": "scan{p}_row{r}_col{c}",
    "axes": "scan{p}_x{r}y{c}",
    "crops of a word": "crop{p}_{r}_{c}",
    "folders": "p{p}/tile_{r}_{c}",
    "folders alone": "p{p}/{r}_{c}",
    "one number": "scan{p}_tile_{n:02d}",
    "a patch": "scan{p}_patch{n}",
}


@pytest.mark.parametrize("form", GRIDS.values(), ids=list(GRIDS))
def test_the_tiles_of_a_picture_are_one_group(form: str) -> None:
    cells = [(p, r, c) for p in range(5) for r in range(3) for c in range(4) if (p, r, c) != (2, 1, 1)]
    paths = [form.format(p=p, r=r, c=c, y=512 * r, x=512 * c, n=4 * r + c) for p, r, c in cells]
    groups = group_by_name([(path.rpartition("/")[0], path.rpartition("/")[2]) for path in paths])
    assert len(set(zip(groups, (p for p, _, _ in cells), strict=True))) == 5
    assert len(set(groups)) == 5


def test_the_clips_of_one_set_are_no_grid() -> None:
    groups = group_by_name([("", f"clip_{c}_{f}") for c in range(4) for f in range(6)])
    assert len(set(groups)) == 4
