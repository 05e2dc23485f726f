"""The renaming that is proposed is of the grammar, loses nothing, and stays within its folder."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from bgfg.data_manifests.audit.names import audit_names
from bgfg.data_manifests.audit.renames import (
    RENAMED_FOLDER,
    RENAMES_FILE,
    copy_renamed,
    propose_renames,
    write_rename_table,
)
from bgfg.data_manifests.audit.tree import read_tree
from bgfg.data_manifests.terminal.errors import Problem

JPEG, PNG = b"\xff\xd8\xff\xe0 a photograph", b"\x89PNG\r\n\x1a\n a drawing"


def made(root: Path, **files: bytes) -> Path:
    for path, content in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_bytes(content)
    return root


def proposals(root: Path) -> dict[str, str]:
    return {rename.old: rename.new for rename in propose_renames(read_tree(root))}


def test_every_deviation_that_a_name_can_mend_is_mended(tmp_path: Path) -> None:
    root = made(
        tmp_path,
        **{
            "bg/bg001.JPG": JPEG,
            "bg/bg2.jpeg": JPEG,
            "bg/img003.jpg": JPEG,
            "fg/fg 4.png": PNG,
            "fg/fg001.png": PNG,
            "bg_fg/bg1_fg4_1.jpg": JPEG,
            "bg_fg_mask/bg001_fg004_001_mask.jpeg": PNG,
        },
    )
    assert proposals(root) == {
        "bg/bg001.JPG": "bg/bg001.jpeg",
        "bg/bg2.jpeg": "bg/bg002.jpeg",
        "bg/img003.jpg": "bg/bg003.jpeg",
        "fg/fg 4.png": "fg/fg004.png",
        "bg_fg/bg1_fg4_1.jpg": "bg_fg/bg001_fg004_001.jpeg",
        "bg_fg_mask/bg001_fg004_001_mask.jpeg": "bg_fg_mask/bg001_fg004_001_mask.png",
    }


def test_numbers_of_other_names_count_from_one(tmp_path: Path) -> None:
    root = made(tmp_path, **{f"backgrounds/room_{n}.jpg": JPEG for n in range(3)}, **{"people/p7.png": PNG})
    assert proposals(root) == {
        "backgrounds/room_0.jpg": "backgrounds/bg001.jpeg",
        "backgrounds/room_1.jpg": "backgrounds/bg002.jpeg",
        "backgrounds/room_2.jpg": "backgrounds/bg003.jpeg",
        "people/p7.png": "people/fg007.png",
    }


def test_what_renaming_cannot_mend_is_said(tmp_path: Path) -> None:
    root = made(tmp_path, **{"bg/bg001.png": PNG, "bg_fg/some.jpg": JPEG})
    assert [(r.new, "can't mend" in r.why) for r in propose_renames(read_tree(root))] == [("", True), ("", True)]


def test_two_that_would_share_a_name_keep_theirs(tmp_path: Path) -> None:
    root = made(tmp_path, **{"bg/bg1.jpeg": JPEG, "bg/bg001.jpg": JPEG, "bg/bg002.jpeg": JPEG, "bg/bg2.jpg": JPEG})
    found = propose_renames(read_tree(root))
    assert [r.new for r in found] == ["", "", ""]
    assert all("2 files would be called bg/bg00" in r.why for r in found)


def test_a_renamed_copy_has_no_deviations_and_all_files(tmp_path: Path) -> None:
    root = made(tmp_path / "tree", **{"bg/bg1.JPG": JPEG, "fg/img2.png": PNG, "readme.txt": b"hello"})
    tree = read_tree(root)
    assert copy_renamed(tree, propose_renames(tree), tmp_path / "out") == 3
    copy = read_tree(tmp_path / "out" / RENAMED_FOLDER)
    assert not [finding for finding in audit_names(copy) if finding.check == "name"]
    assert (copy.root / "bg/bg001.jpeg").read_bytes() == JPEG
    assert (copy.root / "readme.txt").read_bytes() == b"hello"
    assert sorted(p.name for p in (root / "bg").iterdir()) == ["bg1.JPG"]


def test_links_are_not_copied(tmp_path: Path) -> None:
    root = made(tmp_path / "tree", **{"bg/bg1.jpg": JPEG})
    (root / "bg/bg2.jpg").symlink_to(made(tmp_path / "secret", x=JPEG) / "x")
    tree = read_tree(root)
    assert copy_renamed(tree, propose_renames(tree), tmp_path / "out") == 1


def test_a_copy_is_never_made_over_another_or_within_the_tree(tmp_path: Path) -> None:
    root = made(tmp_path / "tree", **{"bg/bg1.jpg": JPEG})
    tree = read_tree(root)
    copy_renamed(tree, [], tmp_path / "out")
    with pytest.raises(Problem, match="is there already"):
        copy_renamed(tree, [], tmp_path / "out")
    with pytest.raises(Problem, match="lies within"):
        copy_renamed(tree, [], root / "out")


def test_a_killed_copy_is_begun_again(tmp_path: Path) -> None:
    root = made(tmp_path / "tree", **{"bg/bg1.jpg": JPEG})
    made(tmp_path / "out" / f".{RENAMED_FOLDER}.partial", **{"left over": b""})
    tree = read_tree(root)
    assert copy_renamed(tree, propose_renames(tree), tmp_path / "out") == 1
    assert [p.name for p in (tmp_path / "out" / RENAMED_FOLDER).rglob("*") if p.is_file()] == ["bg001.jpeg"]


def test_hostile_names_stay_one_line_of_the_table(tmp_path: Path) -> None:
    root = made(tmp_path / "tree", **{'bg/bg1\n","x.jpg': JPEG, "bg/bg 2\r.jpg": JPEG})
    write_rename_table(propose_renames(read_tree(root)), tmp_path / "out")
    text = (tmp_path / "out" / RENAMES_FILE).read_text()
    rows = list(csv.reader(text.splitlines()))
    assert rows[0] == ["old", "new", "why"]
    assert len(rows) == len(text.splitlines()) == 3


def test_depth_maps_of_backgrounds_are_renamed_with_them_and_copied(tmp_path: Path) -> None:
    root = made(tmp_path / "tree", **{"bg/bg1.jpg": JPEG, "depth/bg1.png": PNG, "depth/bg002.png": PNG})
    tree = read_tree(root)
    assert proposals(root) == {"bg/bg1.jpg": "bg/bg001.jpeg", "depth/bg1.png": "depth/bg001.png"}
    assert copy_renamed(tree, propose_renames(tree), tmp_path / "out") == 3
