"""Depth maps belong to the pictures that they are named like; a composite's never goes by the name of a background."""

from __future__ import annotations

from pathlib import Path

import pytest

from bgfg.data_manifests.audit.renames import propose_renames
from bgfg.data_manifests.audit.tree import read_tree
from tests.data_manifests.audit.test_renames import JPEG, made
from tests.data_manifests.audit.test_tree import touch

ASSETS = [path for n in range(1, 4) for path in (f"bg/img_{n:04d}.jpg", f"fg/img_{n:04d}.png")]


@pytest.mark.parametrize(
    ("composites", "depth"),
    [
        ("overlay/img_{n:04d}.jpg", "overlay_depth/img_{n:04d}.jpg"),
        ("overlay/img_{n:04d}.jpg", "overlay/depth/bg_{n:04d}.jpg"),
        ("images/img_{n:04d}.jpg", "depth/img_{n:04d}.jpg"),
        ("composites/{n}.jpg", "depth/bg{n:03d}.png"),
        ("fg_bg/bg{n}.png", "fg_bg_depth/bg{n}.jpg"),
    ],
)
@pytest.mark.parametrize("count", [3, 60])
def test_the_depth_of_a_composite_is_never_called_a_background(
    tmp_path: Path, composites: str, depth: str, count: int
) -> None:
    paths = [*ASSETS, *(form.format(n=n) for form in (composites, depth) for n in range(1, count + 1))]
    root = made(tmp_path, **dict.fromkeys(paths, JPEG))
    renamed = {r.old: r.new for r in propose_renames(read_tree(root)) if r.old in paths and "depth" in r.old}
    assert set(renamed.values()) <= {""}


@pytest.mark.parametrize(
    ("backgrounds", "depth"),
    [
        ("bg/bg{n:03d}.jpeg", "depth/bg{n:03d}.png"),
        ("bg/img_{n:04d}.jpg", "depth/img_{n:04d}.png"),
        ("bg/room_{n}.jpg", "depth/room_{n}.png"),
        ("backgrounds/{n}.jpg", "background_depth/{n}.png"),
        ("bg/{n}.jpg", "bg/{n}_depth.png"),
        ("bg{n:03d}.jpeg", "bg{n:03d}_depth.png"),
        ("scenes/{n}.jpg", "scenes/depth/{n}.png"),
    ],
)
def test_the_depth_of_backgrounds_is_known_beside_composites(tmp_path: Path, backgrounds: str, depth: str) -> None:
    composites = [f"bg_fg/bg{b:03d}_fg{f:03d}_001.jpeg" for b in range(1, 4) for f in range(1, 4)]
    both = [form.format(n=n) for form in (backgrounds, depth) for n in range(1, 4)]
    tree = read_tree(touch(tmp_path, *composites, *both))
    counts = {kind: len(entries) for kind, entries in tree.kinds.items() if entries}
    assert counts == {"bg": 3, "image": 9, "background_depth": 3}


@pytest.mark.parametrize("form", ["overlay/bg_{n:04d}.jpg", "overlay/fg_{n:04d}.png", "fg_bg/img_{n:04d}.png"])
def test_composites_are_never_called_backgrounds_or_cutouts(tmp_path: Path, form: str) -> None:
    assets = [path for n in range(1, 4) for path in (f"bg/bg_{n:04d}.jpg", f"fg/fg_{n:04d}.png")]
    composites = [form.format(n=n) for n in range(1, 8)]
    tree = read_tree(made(tmp_path, **dict.fromkeys([*assets, *composites], JPEG)))
    assert [entry.path for entry in tree.kinds["image"]] == composites
    assert {rename.new for rename in propose_renames(tree) if rename.old in composites} == {""}


def test_a_folder_of_all_kinds_keeps_its_backgrounds(tmp_path: Path) -> None:
    paths = [path for n in range(1, 5) for path in (f"bg_fg/bg{n:03d}.jpeg", f"bg_fg/fg{n:03d}.png")]
    tree = read_tree(touch(tmp_path, *paths))
    assert {kind: len(entries) for kind, entries in tree.kinds.items() if entries} == {"bg": 4, "fg": 4}


@pytest.mark.parametrize("folder", ["overlay_mask", "overlay_masks", "composites/mask"])
@pytest.mark.parametrize("name", ["bg_0050.png", "fg_0050.png", "img_0050.png", "img_0050.jpg"])
def test_masks_of_composites_are_never_called_those_of_cutouts(tmp_path: Path, folder: str, name: str) -> None:
    root = made(tmp_path, **{f"{folder}/{name}": JPEG})
    tree = read_tree(root)
    assert [entry.kind for entry in tree] == ["mask"]
    assert [rename.new for rename in propose_renames(tree)] == [""]
