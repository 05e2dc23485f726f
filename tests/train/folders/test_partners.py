"""Second shots and depth maps beside the pairs of a folder, by their names."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from bgfg.train.folders.folder import ImageMaskFolder
from bgfg.train.folders.pairing import pair_files
from bgfg.train.folders.partners import Partners, find_partners
from tests.support.paired_folders import save
from tests.support.real_folder import make_real


def partners_of(*files: str) -> Partners:
    pairs, _ = pair_files(files)
    paired = {path for pair in pairs for path in (pair.image, pair.mask)}
    assert pairs
    return find_partners([pair.image for pair in pairs], sorted(set(files) - paired))


ONE_EACH = ("images/1.jpg", "masks/1.png", "images/2.jpg", "masks/2.png")


@pytest.mark.parametrize(
    ("files", "shots"),
    [
        ((*ONE_EACH, "backgrounds/1.jpg"), {"images/1.jpg": "backgrounds/1.jpg"}),
        ((*ONE_EACH, "bg/bg1.png", "bg/bg2.png"), {"images/1.jpg": "bg/bg1.png", "images/2.jpg": "bg/bg2.png"}),
        ((*ONE_EACH, "bgr/empty.jpg"), {"images/1.jpg": "bgr/empty.jpg", "images/2.jpg": "bgr/empty.jpg"}),
        ((*ONE_EACH, "bg/a.jpg", "bg/b.jpg"), {}),
        ((*ONE_EACH, "bg/1.jpg", "bg/1.png"), {}),
        (
            ("images/a/1.jpg", "masks/a/1.png", "images/room/1.jpg", "masks/room/1.png", "bg/room.jpg", "bg/x.png"),
            {"images/room/1.jpg": "bg/room.jpg"},
        ),
        (
            ("hall/images/1.jpg", "hall/masks/1.png", "room/images/1.jpg", "room/masks/1.png", "room/bg/empty.jpg"),
            {"room/images/1.jpg": "room/bg/empty.jpg"},
        ),
        (
            ("image/bg001_fg002_003.jpeg", "mask/bg001_fg002_003_mask.png", "bg/bg002.jpeg", "bg/bg001.jpeg"),
            {"image/bg001_fg002_003.jpeg": "bg/bg001.jpeg"},
        ),
        (("image/bg001_fg002_003.jpeg", "mask/bg001_fg002_003_mask.png", "bg/bg002.jpeg"), {}),
    ],
    ids=["name", "number", "alone", "several", "two of a name", "scene", "scene's folder", "grammar", "another's"],
)  # fmt: skip
def test_a_second_shot_is_found_by_name_by_scene_or_alone(files: tuple[str, ...], shots: dict[str, str]) -> None:
    assert partners_of(*files).second_shots == shots


@pytest.mark.parametrize(
    ("image", "mask", "depth"),
    [
        ("images/1.jpg", "masks/1.png", "depth/1.png"),
        ("a/rgb/7.jpg", "a/mask/7.png", "a/depth_maps/7.tiff"),
        ("7.jpg", "7_mask.png", "7_depth.png"),
        ("i/bg001_fg002_01_003.jpeg", "m/bg001_fg002_01_003_mask.png", "d/bg_001_fg_002_01_003_depth_map_003.png"),
    ],
)
def test_a_depth_map_is_found_by_its_name(image: str, mask: str, depth: str) -> None:
    assert partners_of(image, mask, depth).depth_maps == {image: depth}


def test_what_a_folder_says_of_partners(tmp_path: Path) -> None:
    folder = ImageMaskFolder(make_real(tmp_path, depth=True))
    told = [finding.message for finding in folder.findings]
    for what, own in zip(("a second shot", "a depth map"), told, strict=False):
        assert own.startswith(f"8 of 8 pictures have {what}, as images/000.png has this: read by ")
    assert folder.second_shot(3) == tmp_path / "backgrounds/003.png"
    assert folder.depth_map(3) == tmp_path / "depth/003.png"


def test_a_depth_map_to_look_at_is_none(tmp_path: Path) -> None:
    make_real(tmp_path)
    save(np.zeros((4, 4, 3), np.uint8), tmp_path / "depth/003.png")
    assert ImageMaskFolder(tmp_path).depth_map(3) is None


def test_pictures_with_one_second_shot_stay_in_one_split_where_there_are_several_scenes(tmp_path: Path) -> None:
    root = make_real(tmp_path, 12, 0)
    for seed in range(12):
        place = ("hall", "room", "yard")[seed // 4]
        for kind in ("images", "masks"):
            (root / kind / place).mkdir(parents=True, exist_ok=True)
            (root / kind / f"{seed:03}.png").rename(root / kind / place / f"p{seed * 37 % 101}.png")
    for place in ("hall", "room", "yard"):
        save(np.full((40, 56, 3), 90, np.uint8), root / "backgrounds" / f"{place}.png")
    folder = ImageMaskFolder(root, {"groups": "names", "split": "34/33/33"})
    splits = {pair.image.split("/")[1]: split for pair, split in zip(folder.pairs, folder.splits, strict=True)}
    assert len(set(folder.splits)) == 3
    assert all(splits[p.image.split("/")[1]] == s for p, s in zip(folder.pairs, folder.splits, strict=True))


def test_second_shots_that_are_copies_are_of_one_scene(tmp_path: Path) -> None:
    folder = ImageMaskFolder(make_real(tmp_path, 12, 3), {"groups": "names"})
    assert len({pair.group for pair in folder.pairs}) == 3
    alone = ImageMaskFolder(make_real(tmp_path / "one", 12, 1), {"groups": "names"})
    assert len({pair.group for pair in alone.pairs}) == 12


def test_second_shots_that_cannot_be_read_stop_nobody_who_needs_none(tmp_path: Path) -> None:
    root = make_real(tmp_path, 6, 3)
    for seed, path in enumerate(sorted((root / "backgrounds").iterdir())[:3]):
        path.unlink()
        if seed == 0:
            path.symlink_to("nowhere")
        elif seed == 1:
            os.mkfifo(path)
        else:
            path.mkdir()
    assert len(ImageMaskFolder(root).pairs) == 6
