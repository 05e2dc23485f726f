"""Forms of names."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from bgfg.data_manifests.audit.picture_entry import name_form
from bgfg.data_manifests.audit.tree import read_tree
from tests.data_manifests.audit.test_tree import touch


def test_forms_leave_out_digits_and_flips(tmp_path: Path) -> None:
    tree = read_tree(touch(tmp_path, "fg/fg001.png", "fg/fg001_01.png", "fg/fg012.png", "fg/fg0013.png"))
    assert Counter(map(name_form, tree.kinds["fg"])) == {"fg000.png": 3, "fg0000.png": 1}
    assert [name_form(entry) for entry in tree.kinds["fg"] if entry.name and entry.name.flipped] == ["fg000.png"]


def test_a_flip_is_left_out_of_a_form_wherever_else_its_digits_stand(tmp_path: Path) -> None:
    names = [f"bg_001_fg_0{n}{flip}_001_depth_map_001.jpeg" for n in ("01", "10", "19") for flip in ("", "_01")]
    tree = read_tree(touch(tmp_path, *names, "bg010_fg010_01_010.jpeg", "bg010_fg010_010.jpeg"))
    assert Counter(map(name_form, tree.kinds["depth"])) == {"bg_000_fg_000_000_depth_map_000.jpeg": 6}
    assert Counter(map(name_form, tree.kinds["image"])) == {"bg000_fg000_000.jpeg": 2}
