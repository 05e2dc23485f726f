"""What names and structure alone show."""

from __future__ import annotations

from pathlib import Path

import pytest

from bgfg.data_manifests.audit.names import audit_names, name_writer_of
from bgfg.data_manifests.audit.tree import read_tree
from bgfg.data_manifests.terminal.findings import Finding
from tests.data_manifests.audit.test_tree import touch


def found(root: Path, **options: bool) -> list[tuple[str, str, str]]:
    findings = audit_names(read_tree(root), **options)  # type: ignore[arg-type]
    return [(f.severity, f.check, f.path) for f in findings if f.severity != "note"]


def whole(root: Path, backgrounds: int = 2, cutouts: int = 2, placements: int = 3) -> Path:
    for b in range(1, backgrounds + 1):
        touch(root, f"bg/bg{b:03d}.jpeg")
        for c in range(1, cutouts + 1):
            for flip in ("", "_01"):
                touch(root, f"fg/fg{c:03d}{flip}.png", f"fg_mask/frg{c:03d}{flip}.png")
                for k in range(1, placements + 1):
                    stem = f"bg{b:03d}_fg{c:03d}{flip}_{k:03d}"
                    depth = f"bg_{b:03d}_fg_{c:03d}{flip}_{k:03d}_depth_map_{k:03d}"
                    touch(root, f"bg_fg/{stem}.jpeg", f"bg_fg_mask/{stem}_mask.png", f"depth/{depth}.jpeg")
    return root


def test_a_whole_set_is_recognised_and_nothing_is_wrong(tmp_path: Path) -> None:
    findings = list(audit_names(read_tree(whole(tmp_path))))
    assert {f.severity for f in findings} == {"note"}
    assert [f.message for f in findings if "composite" in f.message] == [
        "24 composites, named like bg001_fg001_001.jpeg",
        "24 composite masks, named like bg001_fg001_001_mask.png",
    ]


def test_a_part_of_a_corpus_has_gaps_by_right(tmp_path: Path) -> None:
    whole(tmp_path)
    for pattern in ("*/bg001*", "*/bg_001*", "*/bg002_fg001_001*", "depth/bg_002_fg_001_001*"):
        for path in tmp_path.glob(pattern):
            path.unlink()
    assert {check for _, check, _ in found(tmp_path)} == {"numbering-gap", "count", "missing-image"}
    assert found(tmp_path, partial=True) == []


def test_composites_from_flips_need_no_flipped_files(tmp_path: Path) -> None:
    whole(tmp_path)
    for path in tmp_path.glob("fg*/*_01.png"):
        path.unlink()
    assert found(tmp_path) == []


def test_kinds_that_are_absent_are_noted_once(tmp_path: Path) -> None:
    touch(tmp_path, *(f"bg_fg/bg001_fg001_{k:03d}.jpeg" for k in range(1, 9)))
    notes = [f.message for f in audit_names(read_tree(tmp_path)) if f.check == "kind-absent"]
    assert notes == ["there are no composite masks here at all", "there are no depth maps here at all"]


def test_other_conventions_are_paired_by_their_numbers(tmp_path: Path) -> None:
    touch(tmp_path, *(f"images/{n}.jpg" for n in range(5)), *(f"masks/{n}_mask.png" for n in (0, 1, 2, 4, 9)))
    assert [(c, p) for s, c, p in found(tmp_path) if s == "error"] == [
        ("missing-mask", "images/3.jpg"),
        ("missing-image", "masks/9_mask.png"),
    ]


def test_the_same_number_in_two_folders_is_one_picture_only_by_the_grammar(tmp_path: Path) -> None:
    touch(tmp_path, "a/images/1.jpg", "b/images/1.jpg", "a/bg/bg001.jpeg", "b/bg/bg001.jpeg")
    assert [(c, p) for _, c, p in found(tmp_path) if c == "duplicate-name"] == [("duplicate-name", "b/bg/bg001.jpeg")]


def test_nothing_to_recognise_is_an_error(tmp_path: Path) -> None:
    touch(tmp_path, "a.txt")
    assert found(tmp_path) == [("error", "nothing-recognised", ".")]


def test_the_deviation_and_the_right_name_are_told(tmp_path: Path) -> None:
    touch(tmp_path, "bg/bg1.JPG")
    (finding,) = (f for f in audit_names(read_tree(tmp_path)) if f.severity == "warning")
    assert finding == Finding(
        "warning", "name", "bg/bg1.JPG", "suffix .JPG, not .jpeg, missing zeros; the grammar has bg001.jpeg"
    )


def test_names_have_the_digits_of_the_largest_numbers(tmp_path: Path) -> None:
    names = name_writer_of(read_tree(touch(tmp_path, "bg/bg1200.jpeg", "fg/fg007.png")))
    assert (names.backgrounds, names.cutouts, names.placements) == (1200, 7, 0)


def test_the_kit_has_nothing_wrong_with_it(tmp_path: Path) -> None:
    for n in range(1, 13):
        touch(tmp_path, f"bg/bg{n:03d}.jpeg", f"depth/bg{n:03d}.png", f"fg/fg{n:03d}.png")
    assert found(tmp_path) == []
    notes = [f.message for f in audit_names(read_tree(tmp_path))]
    assert "12 depth maps of backgrounds, named like bg001.png" in notes


@pytest.mark.parametrize(("count", "told"), [(1, "1 picture of instances,"), (2, "2 pictures of instances,")])
def test_pictures_of_instances_are_called_so(tmp_path: Path, count: int, told: str) -> None:
    for n in range(1, count + 1):
        touch(tmp_path, f"bg_fg/bg001_fg001_{n:03d}.jpeg", f"instance/bg001_fg001_{n:03d}_instance.png")
    assert any(f.message.startswith(told) for f in audit_names(read_tree(tmp_path)))


def test_folders_of_classes_are_recognised_and_may_number_alike(tmp_path: Path) -> None:
    for file in ("fg/cat/img001.png", "fg/cat/img002.png", "fg/dog/img001.png"):
        (tmp_path / file).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / file).touch()
    found = list(audit_names(read_tree(tmp_path)))
    assert [f.message for f in found if f.check == "classes"] == ["cut-outs in folders of classes: cat 2, dog 1"]
    assert not [f for f in found if f.severity == "error"]


@pytest.mark.parametrize("folders", [("take1", "take2"), ("train", "val"), ("person", "person_flip"), ("", "dog")])
def test_other_folders_are_no_classes(tmp_path: Path, folders: tuple[str, ...]) -> None:
    for folder in folders:
        (tmp_path / "fg" / folder).mkdir(parents=True, exist_ok=True)
        (tmp_path / "fg" / folder / "img001.png").touch()
    assert not [f for f in audit_names(read_tree(tmp_path)) if f.check == "classes"]
