"""Pictures of other conventions belong together by the words and numbers that say no kind."""

from __future__ import annotations

from pathlib import Path

import pytest

from bgfg.data_manifests.audit.match_keys import match_key
from bgfg.data_manifests.audit.names import audit_names
from bgfg.data_manifests.audit.picture_entry import PictureEntry
from bgfg.data_manifests.audit.recognition import recognise_path
from bgfg.data_manifests.audit.tree import read_tree
from tests.data_manifests.audit.test_tree import touch


@pytest.mark.parametrize(
    "paths",
    [
        ("images/0007.jpg", "masks/7.png", "depth_maps/7_depth.png"),
        ("train/images/cat_12.jpg", "train/masks/cat_12_mask.png"),
        ("fg_bg/bg003/fg001_02.jpg", "depth/bg003/fg001_02.jpg"),
        ("fgbg_5.jpg", "mask_5.jpg"),
    ],
)
def test_pictures_of_one_sample_have_one_key(paths: tuple[str, ...]) -> None:
    assert len({match_key(path) for path in paths}) == 1


@pytest.mark.parametrize(
    ("one", "other"),
    [("a/images/1.jpg", "b/images/1.jpg"), ("x/1_2.jpg", "x/2_1.jpg"), ("x/cat_1.jpg", "x/dog_1.jpg")],
)
def test_pictures_of_two_samples_have_two_keys(one: str, other: str) -> None:
    assert match_key(one) != match_key(other)


@pytest.mark.parametrize("masks", ["masks", "annotations/masks/all"])
def test_one_missing_mask_is_one_finding_wherever_masks_lie(tmp_path: Path, masks: str) -> None:
    stems = [f"scene{b}/{f}_{k}" for b in range(3) for f in range(4) for k in range(5)]
    if "/" in masks:
        stems = [stem.replace("/", "_") for stem in stems]
    touch(tmp_path, *(f"data/images/{stem}.jpg" for stem in stems), *(f"{masks}/{stem}.png" for stem in stems))
    (tmp_path / masks / f"{stems[17]}.png").unlink()
    errors = [(f.check, f.path) for f in audit_names(read_tree(tmp_path)) if f.severity == "error"]
    assert errors == [("missing-mask", f"data/images/{stems[17]}.jpg")]


def test_names_of_thousands_of_digits_are_words() -> None:
    digits = "9" * 5000  # as the members of an archive may have
    assert match_key(f"images/bg{digits}.jpg")[-1] == (digits,)
    assert recognise_path(f"a.tar/bg/bg{digits}.jpg") == PictureEntry(
        f"a.tar/bg/bg{digits}.jpg", "bg", None, ("not of the grammar",), None, (("a",), (digits,))
    )
