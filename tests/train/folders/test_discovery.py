"""Pairs of pictures and masks, by layouts and names."""

from __future__ import annotations

from pathlib import Path

import pytest

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.folders.discovery import FolderLayout, is_folder_of_pairs, recognise_layout
from tests.support.paired_folders import make_aisegment, make_pets


def touch(root: Path, *files: str) -> Path:
    """Write empty files: recognising opens none."""
    for file in files:
        (root / file).parent.mkdir(parents=True, exist_ok=True)
        (root / file).touch()
    return root


def paired(layout: FolderLayout) -> list[tuple[str, str]]:
    return [(pair.image, pair.mask) for pair in layout.pairs]


@pytest.mark.parametrize(
    ("image", "mask"),
    [
        ("images/7.jpg", "masks/7.png"),
        ("Images/7.JPG", "Masks/7.PNG"),
        ("imgs/a b.jpeg", "labels/a_b.tif"),
        ("img_7.png", "mask_7.png"),
        ("img7.jpg", "mask7.png"),
        ("7.jpg", "7_mask.png"),
        ("7.jpg", "7.png"),
        ("7-image.webp", "7-matte.png"),
        ("7_img.png", "7.png"),
        ("photos/deep/er/7.jpg", "masks/deep/er/7.png"),
        ("train/images/7.jpg", "train/masks/7_mask.png"),
        ("7/images/7.png", "7/masks/7.png"),
        ("JPEGImages/2007_1.jpg", "SegmentationClass/2007_1.png"),
    ],
)
def test_an_image_and_its_mask_are_matched_by_name(tmp_path: Path, image: str, mask: str) -> None:
    assert paired(recognise_layout(touch(tmp_path, image, mask))) == [(image, mask)]


def test_pairs_come_in_natural_order_and_hidden_or_other_files_are_none(tmp_path: Path) -> None:
    touch(tmp_path, *(f"{kind}/{i}.png" for kind in ("images", "masks") for i in (10, 2, 1)))
    touch(tmp_path, "images/._1.png", "masks/.hidden/3.png", "images/notes.txt")
    layout = recognise_layout(tmp_path)
    assert [pair.image for pair in layout.pairs] == ["images/1.png", "images/2.png", "images/10.png"]
    assert layout.findings == ()


def test_what_has_no_partner_or_too_many_is_left_out_and_named(tmp_path: Path) -> None:
    touch(tmp_path, "images/1.jpg", "masks/1.png", "images/2.jpg", "masks/3.png", "images/4.jpg", "masks/4.png")
    touch(tmp_path, "masks/4_mask.png")
    layout = recognise_layout(tmp_path)
    assert paired(layout) == [("images/1.jpg", "masks/1.png")]
    found = sorted((finding.severity, finding.check, finding.path) for finding in layout.findings)
    assert found == [
        ("error", "ambiguous", "images/4.jpg"),
        ("error", "ambiguous", "masks/4.png"),
        ("error", "ambiguous", "masks/4_mask.png"),
        ("warning", "orphan-image", "images/2.jpg"),
        ("warning", "orphan-mask", "masks/3.png"),
    ]


@pytest.mark.parametrize(
    ("names", "groups"),
    [
        (("1", "16"), ("1", "16")),
        (("cat_1", "cat_2"), ("cat_1", "cat_2")),
        (("clip3_0001", "clip3_0002"), ("clip3", "clip3")),
        (("1803-07", "1803-08"), ("1803", "1803")),
        (("a/0001", "a/0002", "b/0001"), ("a", "a", "b")),
        (("train/0001", "train/0002"), ("train/0001", "train/0002")),
    ],
)
def test_frames_of_one_clip_are_one_group(tmp_path: Path, names: tuple[str, ...], groups: tuple[str, ...]) -> None:
    touch(tmp_path, *(f"{kind}/{name}.png" for kind in ("images", "masks") for name in names))
    assert tuple(pair.group for pair in recognise_layout(tmp_path).pairs) == groups


def test_folders_that_are_named_after_a_split_give_it(tmp_path: Path) -> None:
    for split in ("train", "valid", "Test", "more"):
        touch(tmp_path, f"{split}/images/1.jpg", f"{split}/masks/1.png")
    assert {pair.image.split("/")[0]: pair.split for pair in recognise_layout(tmp_path).pairs} == {
        "train": "train", "valid": "val", "Test": "test", "more": None,
    }  # fmt: skip


def test_duts_and_dis5k_have_the_split_of_their_authors(tmp_path: Path) -> None:
    for part in ("DIS-TR", "DIS-VD", "DIS-TE3"):
        touch(tmp_path, f"DIS5K/{part}/im/{part}.jpg", f"DIS5K/{part}/gt/{part}.png")
    touch(tmp_path / "DUTS", "DUTS-TE-Image/1.jpg", "DUTS-TE-Mask/1.png", "DUTS-TR-Image/2.jpg", "DUTS-TR-Mask/2.png")
    assert [pair.split for pair in recognise_layout(tmp_path / "DIS5K").pairs] == ["test", "train", "val"]
    assert [pair.split for pair in recognise_layout(tmp_path / "DUTS").pairs] == ["test", "train"]


def test_pets_are_known_with_the_split_of_their_authors(tmp_path: Path) -> None:
    layout = recognise_layout(make_pets(tmp_path))
    assert layout.name == "pets"
    assert len(layout.pairs) == 11
    assert sorted(str(pair.split) for pair in layout.pairs) == ["test"] * 3 + ["train"] * 8
    assert layout.findings == ()
    (tmp_path / "images/beagle_0.jpg").unlink()
    found = {(finding.check, finding.path) for finding in recognise_layout(tmp_path).findings}
    assert found == {("orphan-mask", "annotations/trimaps/beagle_0.png"), ("listed", "beagle_0")}


def test_a_list_that_is_no_text_is_refused(tmp_path: Path) -> None:
    make_pets(tmp_path)
    (tmp_path / "annotations/test.txt").write_bytes(b"Abyssinian_\xff 1 1 1\n")
    with pytest.raises(Problem, match=r"test\.txt: no list of names in UTF-8: replace it with a whole copy"):
        recognise_layout(tmp_path)


def test_pets_without_their_lists_have_no_given_split(tmp_path: Path) -> None:
    make_pets(tmp_path)
    for list_ in ("trainval", "test", "list"):
        (tmp_path / f"annotations/{list_}.txt").unlink()
    assert {pair.split for pair in recognise_layout(tmp_path).pairs} == {None}


def test_aisegment_is_known_and_a_clip_is_a_group(tmp_path: Path) -> None:
    layout = recognise_layout(make_aisegment(tmp_path))
    assert layout.name == "aisegment"
    assert len(layout.pairs) == 15
    assert len({pair.group for pair in layout.pairs}) == 5
    assert all(pair.mask == pair.image.replace("clip_img", "matting").replace("clip_", "matting_").replace("jpg", "png")
               for pair in layout.pairs)  # fmt: skip


@pytest.mark.parametrize(
    ("files", "line"),
    [
        ((), "holds no pictures: give a corpus of bgfg, or a folder of images and masks, such as"),
        (("notes.txt",), "holds no pictures"),
        (("images/1.jpg", "masks/2.png"), "holds 2 pictures and no image with a mask"),
        (("1.jpg", "2.jpg"), "holds 2 pictures and no image with a mask"),
        (
            ("images/1.jpg", "masks/1.npy"),
            "holds 1 picture and no image with a mask; arrays such as masks/1.npy (1 in all) aren't read as masks",
        ),
        (
            ("ds/img/1.jpg", "ds/ann/1.jpg.json"),
            "holds 1 picture and no image with a mask; annotations such as *.json aren't read: export them as masks",
        ),
        (
            ("images/1.jpg", "masks/1.png", "mattes/1.png"),
            "holds 3 pictures and no image with one mask, as 1 image and 2 masks have this name (images/1.jpg, ",
        ),
        (
            ("train2017/1.jpg", "annotations/panoptic_train2017/1.png"),
            "holds 2 pictures and no image with a mask (1 picture called panoptic, not read as masks): give a corpus",
        ),
        (
            ("backgrounds/1.jpg", "masks/1.png"),
            "holds 2 pictures and no image with a mask: backgrounds/1.jpg: 1 picture of backgrounds, which show",
        ),
        (
            ("1/images/1.png", "1/masks/a.png", "1/masks/b.png", "2/images/2.png"),
            "holds 4 pictures and no image with a mask: 1/images/1.png: masks of single objects (a.png, b.png)",
        ),
    ],
)
def test_what_makes_no_pair_is_refused(tmp_path: Path, files: tuple[str, ...], line: str) -> None:
    with pytest.raises(Problem) as caught:
        recognise_layout(touch(tmp_path, *files))
    assert caught.value.lines[0].startswith(f"{tmp_path}: {line}")
    assert caught.value.exit_code == 2


def test_no_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="none: no such folder: give a folder of images and masks"):
        recognise_layout(tmp_path / "none")


@pytest.mark.parametrize(("file", "what"), [("run.json", "a run"), ("kit.json", "a kit")])
def test_a_run_and_a_kit_are_called_that(tmp_path: Path, file: str, what: str) -> None:
    with pytest.raises(Problem, match=f"^{tmp_path}: {what}, .*not a corpus: give the folder of a corpus$"):
        recognise_layout(touch(tmp_path, file, "sheets/1.png", "sheets/2.png"))


def test_a_corpus_is_no_folder_of_pairs(tmp_path: Path, planned: Path) -> None:
    assert is_folder_of_pairs(tmp_path)
    assert not is_folder_of_pairs(planned)
    assert not is_folder_of_pairs(tmp_path / "none")
    assert not is_folder_of_pairs("s3://bucket/corpus")
