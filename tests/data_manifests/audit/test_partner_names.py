"""Masks and depth maps find their pictures by number where only one of the two has a name of the grammar."""

from __future__ import annotations

from pathlib import Path

import pytest

from bgfg.data_manifests.audit.names import audit_names
from bgfg.data_manifests.audit.tree import read_tree
from tests.data_manifests.audit.test_tree import touch


@pytest.mark.parametrize(
    ("whole", "mask"),
    [
        ("fg/fg_{n:03d}.png", "fg_mask/fg_mask_{n:03d}.jpg"),
        ("fg/fg_{n:03d}.png", "fg/fg_mask_{n:03d}.jpg"),
        ("fg/fg{n:03d}.png", "fg_mask/fgmask{n}.png"),
        ("fg/fg{n:03d}.png", "fg_mask/matte_{n}.png"),
        ("fg/fg{n:03d}.png", "alpha/fg_alpha_{n}.png"),
        ("people/person_{n}.png", "people_mask/frg{n:03d}.png"),
        ("cutouts/{n}.png", "cutouts_mask/{n:04d}.png"),
        ("fg/foreground-{n}.png", "fg_mask/foreground-mask-{n}.png"),
        ("bg_fg/bg001_fg001_{n:03d}.jpeg", "masks/1_1_{n}.png"),
        ("bg_fg/bg001_fg001_{n:03d}.jpeg", "masks/mask_bg1_fg1_{n}.png"),
    ],
)
def test_partners_are_found_and_a_missing_one_is_missed(tmp_path: Path, whole: str, mask: str) -> None:
    touch(tmp_path, *(form.format(n=n) for form in (whole, mask) for n in range(1, 6)))
    assert [f for f in audit_names(read_tree(tmp_path)) if f.severity != "note"] == []
    (tmp_path / mask.format(n=4)).unlink()
    errors = [f.path for f in audit_names(read_tree(tmp_path)) if f.check.startswith("missing-") and "mask" in f.check]
    assert errors == [whole.format(n=4)]


def test_names_that_fit_two_are_given_to_none(tmp_path: Path) -> None:
    tree = read_tree(touch(tmp_path, "fg/fg001.png", "fg/fg1.png", "fg_mask/matte_1.png"))
    assert [entry.name for entry in tree.kinds["fg_mask"]] == [None]
