"""A convention of other people is told once, and the names that aren't even of that each."""

from __future__ import annotations

from pathlib import Path

import pytest

from bgfg.data_manifests.audit.names import audit_names
from bgfg.data_manifests.audit.tree import read_tree
from tests.data_manifests.audit.test_tree import touch


def found(root: Path, *paths: str) -> list[tuple[str, str]]:
    findings = audit_names(read_tree(touch(root, *paths)))
    return [(f.check, f.path) for f in findings if f.severity != "note" or f.check == "convention"]


CONVENTIONS = {
    "bg/bg_{n}.jpg": "bg/bg_1.jpg",
    "backgrounds/BG-{n:02d}.jpeg": "backgrounds/BG-01.jpeg",
    "bg/bgimg{n:03d}.jpg": "bg/bgimg001.jpg",
    "bg/bg{n:03d}.png": "bg/bg001.png",
    "BG/{n}.jpg": "BG/1.jpg",
    "scenes/room {n}.jpeg": "scenes/room 1.jpeg",
    "fg/fg_{n}_flip.png": "fg/fg_10_flip.png",
    "fg_bg/fgimg{n}_01_bgimg1_1.jpg": "fg_bg/fgimg10_01_bgimg1_1.jpg",
}


@pytest.mark.parametrize("form", CONVENTIONS)
def test_a_convention_is_one_finding(tmp_path: Path, form: str) -> None:
    findings = found(tmp_path, *(form.format(n=n) for n in range(1, 100)))
    assert findings == [("convention", CONVENTIONS[form])]


@pytest.mark.parametrize(
    ("form", "odd"),
    [
        ("bg/bg_{n}.jpg", "bg/BG_7.JPG"),
        ("bg/bg_{n}.jpg", "bg/bg_07.jpg"),
        ("backgrounds/BG-{n:02d}.jpeg", "backgrounds/BG-7.jpeg"),
        ("bg/bg{n:03d}.png", "bg/bg7.png"),
        ("BG/{n}.jpg", "BG/7.JPG"),
        ("BG/{n:04d}.jpg", "BG/7.jpg"),
        ("scenes/room {n}.jpeg", "scenes/room7.jpeg"),
    ],
)
def test_a_name_that_is_not_even_of_its_convention_is_named(tmp_path: Path, form: str, odd: str) -> None:
    usual = [form.format(n=n) for n in range(1, 100) if n != 7]
    assert [check for check in found(tmp_path, *usual, odd) if check[0] == "name"] == [("name", odd)]


def test_a_name_of_the_grammar_is_odd_among_others(tmp_path: Path) -> None:
    usual = [f"bg/bg_{n}.jpg" for n in range(1, 30)]
    assert ("name", "bg/bg030.jpeg") in found(tmp_path, *usual, "bg/bg030.jpeg")


def test_names_that_are_words_are_one_finding(tmp_path: Path) -> None:
    words = ["beach", "kitchen 2", "old_town", "Abyssinian_34"]
    images, masks = [f"images/{word}.jpg" for word in words], [f"masks/{word}.png" for word in words]
    assert found(tmp_path, *images, *masks) == [
        ("convention", "images/Abyssinian_34.jpg"), ("convention", "masks/Abyssinian_34.png"),
    ]  # fmt: skip


def test_a_word_among_names_of_the_grammar_is_named(tmp_path: Path) -> None:
    paths = [*(f"bg/bg{n:03d}.jpeg" for n in range(1, 9)), "bg/beach.jpeg"]
    assert found(tmp_path, *paths) == [("name", "bg/beach.jpeg")]


def test_numbers_that_others_leave_out_are_told(tmp_path: Path) -> None:
    paths = [f"images/{n}.jpg" for n in range(1, 30) if n not in (5, 17)]
    assert ("numbering-gap", "images") in found(tmp_path, *paths)


@pytest.mark.parametrize(
    ("image", "mask", "depth"),
    [
        ("fg_bg/fgimg{f}_bgimg{b}_{k}.jpg", "fg_bg_mask/fgimg{f}_bgimg{b}_{k}.jpg", "depth/fgimg{f}_bgimg{b}_{k}.jpg"),
        ("images/bg{b}_fg{f}_{k}.jpg", "masks/bg{b}_fg{f}_{k}.jpg", "depth/bg{b}_fg{f}_{k}.jpg"),
        ("fg_bg/bg{b}/fg{f:03d}_{k:02d}.jpg", "masks/bg{b}/fg{f:03d}_{k:02d}.jpg", "depth/bg{b}/fg{f:03d}_{k:02d}.jpg"),
        ("fg_bg/bg{b}/img_{f}{k}.jpg", "fg_bg_mask/bg{b}/img_{f}{k}.jpg", "depths/bg{b}/img_{f}{k}.jpg"),
        ("all/bg{b}_fg{f}_{k}.jpg", "all/mask_bg{b}_fg{f}_{k}.jpg", "all/bg{b}_fg{f}_{k}_depth.jpg"),
    ],
)
def test_arrangements_of_other_people_have_no_errors_but_the_planted_one(
    tmp_path: Path, image: str, mask: str, depth: str
) -> None:
    samples = [{"b": b, "f": f, "k": k} for b in range(1, 4) for f in range(1, 4) for k in range(1, 4)]
    touch(tmp_path, *(form.format(**sample) for form in (image, mask, depth) for sample in samples))
    assert {check for check, _ in found(tmp_path)} == {"convention"}
    (tmp_path / mask.format(**samples[13])).unlink()
    missing = [path for check, path in found(tmp_path) if check == "missing-mask"]
    assert missing == [image.format(**samples[13])]


def test_a_folder_of_a_way_of_its_own_is_told_once(tmp_path: Path) -> None:
    paths = [f"office/rgb/{n:05d}.jpg" for n in range(20)] + [f"floor/rgb/{n}.jpg" for n in range(8)]
    assert found(tmp_path, *paths) == [("convention", "office/rgb/00000.jpg"), ("convention", "floor/rgb/0.jpg")]


def test_a_name_that_breaks_the_way_of_its_folder_is_named_all_the_same(tmp_path: Path) -> None:
    paths = [f"office/rgb/{n:05d}.jpg" for n in range(20)] + [f"floor/rgb/{n}.jpg" for n in range(8)]
    names = [path for check, path in found(tmp_path, *paths, "floor/rgb/p9.jpg") if check == "name"]
    assert names == ["floor/rgb/p9.jpg"]
