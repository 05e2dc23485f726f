"""Overview strips and folders of trials aren't of the set; splits, and what has its partners, are."""

from __future__ import annotations

from pathlib import Path

import pytest

from bgfg.data_manifests.audit.names import audit_names
from bgfg.data_manifests.audit.renames import copy_renamed, propose_renames
from bgfg.data_manifests.audit.tree import read_tree
from tests.data_manifests.audit.test_tree import touch

PAIRS = [path for n in range(1, 9) for path in (f"images/{n}.jpg", f"masks/{n}.png")]
ASSETS = [path for n in range(1, 9) for path in (f"bg/bg{n:03d}.jpeg", f"fg/fg{n:03d}.png")]


def outside(root: Path, *paths: str) -> list[str]:
    findings = list(audit_names(read_tree(touch(root, *paths))))
    assert [finding for finding in findings if finding.severity != "note"] == []
    return [finding.path for finding in findings if finding.check == "not-a-member"]


@pytest.mark.parametrize(
    "other",
    [
        "overview.jpg",
        "images/overview.jpg",
        "images/strip_1.jpg",
        "masks/contact_sheet.png",
        "masks/overview_mask.png",
        "images/montage-01.jpg",
        "images/all.jpg",
        "depth_preview.png",
    ],
)
def test_strips_are_no_members(tmp_path: Path, other: str) -> None:
    known = read_tree(touch(tmp_path, *PAIRS, other))
    assert outside(tmp_path) == ([other] if other not in known.ignored else [])


@pytest.mark.parametrize("folder", ["test", "tests", "tmp", "images/test", "samples", "previews"])
def test_trials_are_no_members(tmp_path: Path, folder: str) -> None:
    assert outside(tmp_path, *PAIRS, *ASSETS, f"{folder}/img_001.jpg", f"{folder}/fg_002.png") == [folder]


@pytest.mark.parametrize(
    "paths",
    [
        [f"{split}/{kind}/{n}.png" for split in ("train", "test") for kind in ("images", "masks") for n in range(4)],
        [f"{kind}/{split}/{n}.png" for split in ("train", "test") for kind in ("images", "masks") for n in range(4)],
        [f"test/{kind}/{n}.png" for kind in ("images", "masks") for n in range(4)],
        [*PAIRS, *(f"test/{kind}/{n}.png" for kind in ("images", "masks") for n in range(2))],
        [f"{kind}/sample_{n}.png" for kind in ("images", "masks") for n in range(4)],
        [*PAIRS, "images/sample_11.jpg", "masks/sample_11.png"],
        [f"fg/figure_{n}.png" for n in range(4)],
        ["bg/beach.jpg", "bg/gallery.jpg", "bg/kitchen.jpg", "bg/street.jpg"],
        [f"bg/strip_mall_{n}.jpg" for n in range(2)] + [f"bg/road_side_{n}.jpg" for n in range(9)],
        ["images/cat.jpg", "images/figure.jpg", "images/dog.jpg", "masks/cat.png", "masks/figure.png", "masks/dog.png"],
    ],
)
def test_splits_and_pictures_with_partners_are_members(tmp_path: Path, paths: list[str]) -> None:
    tree = read_tree(touch(tmp_path, *paths))
    assert tree.outside == ()
    assert len([entry for entries in tree.kinds.values() for entry in entries]) == len(paths)


def test_a_missing_mask_in_a_test_split_is_an_error_where_others_have_theirs(tmp_path: Path) -> None:
    paths = [f"{split}/{kind}/{n}.png" for split in ("train", "test") for kind in ("images", "masks") for n in range(4)]
    touch(tmp_path, *paths)
    (tmp_path / "test/masks/2.png").unlink()
    errors = [(f.check, f.path) for f in audit_names(read_tree(tmp_path)) if f.severity == "error"]
    assert errors == [("missing-mask", "test/images/2.png")]


def test_a_renamed_copy_has_them_too(tmp_path: Path) -> None:
    tree = read_tree(touch(tmp_path / "set", *ASSETS, "test/img_001.jpg", "fg/overview.png"))
    assert set(tree.outside) == {"test/img_001.jpg", "fg/overview.png"}
    assert copy_renamed(tree, propose_renames(tree), tmp_path / "out") == len(ASSETS) + 2
    assert (tmp_path / "out/renamed/test/img_001.jpg").is_file()
