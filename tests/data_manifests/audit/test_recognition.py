"""What a file is, by its name and by its folder, in our arrangement and in other people's."""

from __future__ import annotations

from pathlib import Path

import pytest

from bgfg.data_manifests.audit.recognition import folder_kind
from bgfg.data_manifests.audit.tree import read_tree
from bgfg.data_manifests.corpus.naming import Name
from tests.data_manifests.audit.test_tree import touch


@pytest.mark.parametrize(
    ("folder", "kind"),
    [
        ("bg", "bg"),
        ("data/Backgrounds", "bg"),
        ("scene_images/bg", "bg"),
        ("fg", "fg"),
        ("foreground", "fg"),
        ("fg_mask", "fg_mask"),
        ("masks_of_cutouts", "fg_mask"),
        ("fg_mattes", "fg_mask"),
        ("matte", "mask"),
        ("overlay_mattes", "mask"),
        ("bg_images", "bg"),
        ("images_fg", "fg"),
        ("images_of_people_masks", "fg_mask"),
        ("bg_fg", "image"),
        ("fg_bg_images", "image"),
        ("overlays", "image"),
        ("bg_fg_mask", "mask"),
        ("masks", "mask"),
        ("depth_maps", "depth"),
        ("bg_fg/depth", "depth"),
        ("out/part-1", None),
        ("", None),
    ],
)
def test_a_folder_says_what_its_pictures_are(folder: str, kind: str | None) -> None:
    assert folder_kind(folder) == kind


def test_names_of_the_grammar_need_no_folder(tmp_path: Path) -> None:
    tree = read_tree(touch(tmp_path, "bg001.jpeg", "bg001_fg002_01_003.jpeg", "notes.txt"))
    assert tree.kinds["bg"][0].name == Name("bg", 0, suffix="jpeg")
    assert tree.kinds["image"][0].name == Name("image", 0, 1, True, 2, "jpeg")
    assert tree.ignored == ("notes.txt",)


def test_a_name_of_img_is_what_its_folder_says(tmp_path: Path) -> None:
    tree = read_tree(touch(tmp_path, "bg/img004.png", "fg/img005.jpg", "masks/img006.png"))
    assert [e.name and e.name.background for e in tree.kinds["bg"]] == [3]
    assert [e.name and e.name.cutout for e in tree.kinds["fg"]] == [4]
    assert [e.number for e in tree.kinds["mask"]] == [6]


def test_other_names_go_by_folder_and_last_number(tmp_path: Path) -> None:
    tree = read_tree(touch(tmp_path, "images/a_12.jpg", "masks/a_12_mask7.png", "masks/portrait.png", "images/x.txt"))
    assert [(e.name, e.number) for e in tree.kinds["image"]] == [(None, 12)]
    assert [e.number for e in tree.kinds["mask"]] == [7, None]
    assert tree.ignored == ("images/x.txt",)


def test_a_folder_of_flips_holds_flips(tmp_path: Path) -> None:
    tree = read_tree(touch(tmp_path, "fg/fg001.png", "fg_flipped/fg001.png"))
    assert [e.name and e.name.flipped for e in tree.kinds["fg"]] == [False, True]


def test_depth_maps_of_backgrounds_are_none_of_the_six_kinds(tmp_path: Path) -> None:
    tree = read_tree(touch(tmp_path, "bg/bg001.jpeg", "depth/bg001.png"))
    assert [entry.path for entry in tree] == ["bg/bg001.jpeg"]
    assert [entry.path for entry in tree.kinds["background_depth"]] == ["depth/bg001.png"]


def test_pictures_of_instances_are_known(tmp_path: Path) -> None:
    tree = read_tree(touch(tmp_path, "a.zip/bg001_fg001_001_instance.png", "bg001_fg001_001_mask.png"))
    assert tree.ignored == ()
    assert tree.kinds["instance"][0].sample == tree.kinds["mask"][0].sample


def test_a_name_alone_may_say_a_kind(tmp_path: Path) -> None:
    tree = read_tree(touch(tmp_path, "bg001_fg001.jpeg", "1_mask.png", "1_depth.png", "bg001_fg001_002.instance.png"))
    assert {kind: len(entries) for kind, entries in tree.kinds.items() if entries} == {
        "image": 1,
        "mask": 1,
        "depth": 1,
        "instance": 1,
    }
