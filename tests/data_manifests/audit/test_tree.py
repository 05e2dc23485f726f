"""Folders of pictures: what lies in them, and what can't be read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bgfg.data_manifests.audit.tree import read_tree
from bgfg.data_manifests.terminal.errors import Problem
from tests.support.refused_opens import refused_opens


def touch(root: Path, *paths: str) -> Path:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).touch()
    return root


def test_links_and_pipes_are_told_and_not_followed(tmp_path: Path) -> None:
    outside = touch(tmp_path / "outside", "bg/bg007.jpeg")
    tree_root = touch(tmp_path / "tree", "bg/bg001.jpeg")
    os.symlink(outside / "bg", tree_root / "more")
    os.symlink(outside / "nothing", tree_root / "bg/bg002.jpeg")
    os.symlink(outside / "bg/bg007.jpeg", tree_root / "bg/bg003.jpeg")
    os.mkfifo(tree_root / "bg/bg004.jpeg")
    os.symlink("bg005.jpeg", tree_root / "bg/bg005.jpeg")
    tree = read_tree(tree_root)
    assert [e.path for e in tree.kinds["bg"]] == ["bg/bg001.jpeg", "bg/bg003.jpeg"]
    assert {(t.path, t.check) for t in tree.issues} == {
        ("more", "link"),
        ("bg/bg002.jpeg", "link"),
        ("bg/bg004.jpeg", "not-a-file"),
        ("bg/bg005.jpeg", "link"),
    }


def test_no_folder_is_a_wrong_call(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="no such folder"):
        read_tree(tmp_path / "nothing")


def test_what_lies_beside_pictures_is_none(tmp_path: Path) -> None:
    paths = ["bg/bg001.json", "bg/._bg001.jpeg", "__MACOSX/bg/bg002.jpeg", "bg/Thumbs.db"]
    assert set(read_tree(touch(tmp_path, "bg/bg001.jpeg", *paths)).ignored) == set(paths)


def test_an_archive_that_may_not_be_read_is_no_damaged_one(tmp_path: Path) -> None:
    with refused_opens(touch(tmp_path, "pack_01.zip") / "pack_01.zip"):
        (issue,) = read_tree(tmp_path).issues
    assert issue == ("pack_01.zip", "unreadable", "can't be read (Permission denied)")


def test_cut_outs_are_told_by_the_folder_beside_them_whatever_photographs_are_called(tmp_path: Path) -> None:
    notes = ("cutouts.jpg", "doubtful/border/mask_1.png", "photos/bg004.json")
    names = ("bg004.png", "bg004.2.png", "IMG_0001.png", "mask_3.png")
    touch(tmp_path, *(f"{home}/{name}" for home in ("dog", "red fox") for name in names))
    touch(tmp_path, *(f"{home}/_cutout/{note}" for home in ("dog", "red fox") for note in notes), "other/mask_3.png")
    tree = read_tree(tmp_path)
    assert [e.path for e in tree.kinds["fg"]] == [f"{h}/{n}" for h in ("dog", "red fox") for n in sorted(names)]
    assert [e.path for kind, entries in tree.kinds.items() if kind != "fg" for e in entries] == ["other/mask_3.png"]
    assert (tree.ignored, tree.issues) == ((), ())
