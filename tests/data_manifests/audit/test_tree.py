"""What a file is, by its name and by its folder, in our arrangement and in other people's."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

import pytest
from bgfg.data_manifests.audit.tree import folder_kind, form, read_tree
from bgfg.data_manifests.corpus.naming import Name
from bgfg.data_manifests.terminal.errors import Problem


def touch(root: Path, *paths: str) -> Path:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).touch()
    return root


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


def test_forms_leave_out_digits_and_flips(tmp_path: Path) -> None:
    tree = read_tree(touch(tmp_path, "fg/fg001.png", "fg/fg001_01.png", "fg/fg012.png", "fg/fg0013.png"))
    assert Counter(map(form, tree.kinds["fg"])) == {"fg000.png": 3, "fg0000.png": 1}
    assert [form(entry) for entry in tree.kinds["fg"] if entry.name and entry.name.flipped] == ["fg000.png"]


def test_links_and_pipes_are_told_and_not_followed(tmp_path: Path) -> None:
    outside = touch(tmp_path / "outside", "bg/bg007.jpeg")
    tree_root = touch(tmp_path / "tree", "bg/bg001.jpeg")
    os.symlink(outside / "bg", tree_root / "more")
    os.symlink(outside / "nothing", tree_root / "bg/bg002.jpeg")
    os.symlink(outside / "bg/bg007.jpeg", tree_root / "bg/bg003.jpeg")
    os.mkfifo(tree_root / "bg/bg004.jpeg")
    tree = read_tree(tree_root)
    assert [e.path for e in tree.kinds["bg"]] == ["bg/bg001.jpeg", "bg/bg003.jpeg"]
    assert {(t.path, t.check) for t in tree.troubles} == {
        ("more", "link"),
        ("bg/bg002.jpeg", "link"),
        ("bg/bg004.jpeg", "not-a-file"),
    }


def test_no_folder_is_a_wrong_call(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="no such folder"):
        read_tree(tmp_path / "nothing")


def test_a_flip_is_left_out_of_a_form_wherever_else_its_digits_stand(tmp_path: Path) -> None:
    names = [f"bg_001_fg_0{n}{flip}_001_depth_map_001.jpeg" for n in ("01", "10", "19") for flip in ("", "_01")]
    tree = read_tree(touch(tmp_path, *names, "bg010_fg010_01_010.jpeg", "bg010_fg010_010.jpeg"))
    assert Counter(map(form, tree.kinds["depth"])) == {"bg_000_fg_000_000_depth_map_000.jpeg": 6}
    assert Counter(map(form, tree.kinds["image"])) == {"bg000_fg000_000.jpeg": 2}


def test_depth_maps_of_backgrounds_are_none_of_the_six_kinds(tmp_path: Path) -> None:
    tree = read_tree(touch(tmp_path, "bg/bg001.jpeg", "depth/bg001.png"))
    assert [entry.path for entry in tree] == ["bg/bg001.jpeg"]
    assert [entry.path for entry in tree.kinds["background_depth"]] == ["depth/bg001.png"]


def test_what_lies_beside_pictures_is_none(tmp_path: Path) -> None:
    paths = ["bg/bg001.json", "bg/._bg001.jpeg", "__MACOSX/bg/bg002.jpeg", "bg/Thumbs.db"]
    assert set(read_tree(touch(tmp_path, "bg/bg001.jpeg", *paths)).ignored) == set(paths)


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
