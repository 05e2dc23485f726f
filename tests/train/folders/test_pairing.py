"""Which image belongs to which mask: the folder decides, and a word only where it tells partners apart."""

from __future__ import annotations

import pytest

from bgfg.train.folders.pairing import pair_files


def paired(files: list[str]) -> list[tuple[str, str]]:
    return sorted((pair.image, pair.mask) for pair in pair_files(files)[0])


def checks(files: list[str]) -> list[tuple[str, str]]:
    return sorted((finding.check, finding.path) for finding in pair_files(files)[1])


@pytest.mark.parametrize(
    "stem",
    ["IMG_0001", "photo_0001", "image_0001", "label_0001", "pexels-photo-1", "mask_3", "gt 4", "img_mask_1", "seg"],
)
def test_a_word_that_both_names_have_says_nothing(stem: str) -> None:
    image, mask = f"images/{stem}.jpg", f"masks/{stem}.png"
    [pair] = pair_files([image, mask])[0]
    assert (pair.image, pair.mask) == (image, mask)


def test_cameras_with_words_of_images_and_the_same_numbers_are_kept_apart() -> None:
    stems = [f"{word}_{i:04d}" for word in ("IMG", "DSC", "photo", "label") for i in range(3)]
    pairs = sorted((f"images/{stem}.jpg", f"masks/{stem}.png") for stem in stems)
    assert paired([file for pair in pairs for file in pair]) == pairs
    beside = sorted((f"{stem}.jpg", f"{stem}_mask.png") for stem in stems)
    assert paired([file for pair in beside for file in pair]) == beside
    jpegs = sorted((f"{stem}.jpg", f"{stem}.png") for stem in stems)
    assert paired([file for pair in jpegs for file in pair]) == jpegs


@pytest.mark.parametrize(
    ("image", "mask"),
    [
        ("images/img/1.jpg", "labels/img/1.png"),
        ("images/7.jpg", "images/7_mask.png"),
        ("images/7.jpg", "masks/7.jpg.png"),
        ("train/7.jpg", "train_masks/7.gif"),
        ("rgb/7.png", "Ground Truth/7.png"),
        ("Original/7.tif", "Ground_Truth/7.tif"),
        ("7/image.png", "7/mask.png"),
        ("images/7.png", "mask_images/7.png"),
        ("images/image_7.jpg", "masks/7.png"),
        ("images/7.jpg", "trimaps/7.png"),
        ("photos/7.jpg", "silhouettes/7.png"),
        ("fgr/7.jpg", "pha/7.jpg"),
        ("JPEGImages/480p/bear/7.jpg", "Annotations/480p/bear/7.png"),
        ("PNGImages/FudanPed7.png", "PedMasks/FudanPed7_mask.png"),
        ("people/7.jpg", "masks/7.png"),
        ("frames/bear/7.jpg", "masks/bear/7.png"),
        ("ISIC_Task1-2_Training_Input/7.jpg", "ISIC_Task1_Training_GroundTruth/7_segmentation.png"),
        ("photos/IMG_7.jpg", "photos/IMG_7_alpha.png"),
    ],
)
def test_what_differs_tells_partners_apart(image: str, mask: str) -> None:
    assert paired([image, mask]) == paired([mask, image]) == [(image, mask)]


def test_partners_that_are_gone_leave_no_wrong_pair() -> None:
    files = ["images/IMG_0001.jpg", "masks/photo_0001.png", "images/label_2.jpg", "masks/mask_2.png"]
    assert paired(files) == []
    assert checks(files) == [
        ("orphan-image", "images/IMG_0001.jpg"), ("orphan-image", "images/label_2.jpg"),
        ("orphan-mask", "masks/mask_2.png"), ("orphan-mask", "masks/photo_0001.png"),
    ]  # fmt: skip


def test_two_sets_whose_folders_differ_by_a_word_alone_are_two_sets() -> None:
    files = [f"{outer}/{inner}/1.png" for outer in ("photos", "pictures") for inner in ("images", "masks")]
    assert paired(files) == [(f"{outer}/images/1.png", f"{outer}/masks/1.png") for outer in ("photos", "pictures")]


@pytest.mark.parametrize(
    "files",
    [
        ["7.jpg", "7_mask.png", "7_label.png"],
        ["images/7.jpg", "masks/7.png", "masks/7_mask.png"],
        ["images/7.jpg", "images/7.png", "masks/7.png"],
        ["img_7.png", "mask_7.png", "7.png"],
    ],
)
def test_several_masks_or_images_of_one_name_are_all_left_out(files: list[str]) -> None:
    assert paired(files) == []
    assert checks(files) == sorted(("ambiguous", file) for file in files)


def test_an_image_that_shares_a_word_less_name_takes_nobody_s_mask() -> None:
    files = ["images/0001.jpg", "masks/0001.png", "images/IMG_0001.jpg"]
    assert paired(files) == [("images/0001.jpg", "masks/0001.png")]
    assert checks(files) == [("orphan-image", "images/IMG_0001.jpg")]


@pytest.mark.parametrize(
    ("image", "mask", "beside"),
    [
        ("images/7.jpg", "masks/7.png", ["trimaps/7.png"]),
        ("image/7.jpg", "alpha/7.png", ["trimap/7.png"]),
        ("7.jpg", "7_matte.png", ["7_trimap.png"]),
        ("JPEGImages/7.jpg", "SegmentationClass/7.png", ["SegmentationObject/7.png"]),
        ("Images/7.jpg", "Category_ids/7.png", ["Human_ids/7.png", "Instance_ids/7.png"]),
        ("img/7.jpg", "masks_machine/7.png", ["masks_human/7.png"]),
        ("leftImg8bit/a/7_leftImg8bit.png", "gtFine/a/7_gtFine_labelIds.png", ["gtFine/a/7_gtFine_color.png"]),
    ],
)
def test_trimaps_and_numbers_of_objects_beside_masks_are_not_taken_and_named(
    image: str, mask: str, beside: list[str]
) -> None:
    assert paired([image, mask, *beside]) == [(image, mask)]
    assert checks([image, mask, *beside]) == [("beside-masks", file) for file in beside]


def test_images_of_one_split_never_get_masks_of_another() -> None:
    assert paired(["a_train_images/7.jpg", "b_test_masks/7.png"]) == []
    assert paired(["a_test_images/7.jpg", "b_test_masks/7.png"]) == [("a_test_images/7.jpg", "b_test_masks/7.png")]


def test_masks_of_something_are_not_those_of_anything_else() -> None:
    assert paired(["backgrounds/7.jpg", "foreground_masks/7.png"]) == []
    assert paired(["backgrounds/7.jpg", "masks/7.png"]) == paired(["bg_images/7.jpg", "pha/7.png"]) == []
    assert paired(["data/cats/7.jpg", "data/dogs_masks/7.png"]) == []
    assert paired(["people/7.jpg", "dogs/7.jpg", "masks/7.png"]) == []
    assert paired(["bg/7.jpg", "fg/7.png"]) == []
    assert paired(["bg/7.jpg", "depth/7.png"]) == []
    assert paired(["bg_fg/bg1_fg1_1.jpg", "masks/1_1_1.png", "depth/1-1-1.png"]) == []


def test_a_word_of_other_maps_in_both_names_says_nothing() -> None:
    files = ["images/7.jpg", "masks/7.png", "images/depth_1.jpg", "masks/depth_1.png", "depth/7.png"]
    assert paired(files) == [("images/7.jpg", "masks/7.png"), ("images/depth_1.jpg", "masks/depth_1.png")]
    assert checks(files) == [("beside-masks", "depth/7.png")]


def test_an_end_that_all_masks_have_is_no_part_of_their_names() -> None:
    pairs = [(f"images/Seq05VD_f0{i}0.png", f"labels/Seq05VD_f0{i}0_L.png") for i in range(4)]
    assert paired([file for pair in pairs for file in pair]) == pairs
    assert paired(["images/a_1.png", "images/a_2.png", "labels/a_1_x.png", "labels/a_2_y.png"]) == []


@pytest.mark.parametrize("depth", ["depth/7.png", "rgb/7_depth.png", "depth_gt_7.png", "depth/mask_7.png"])
def test_depth_is_no_mask_where_there_is_no_other(depth: str) -> None:
    assert paired(["rgb/7.jpg", depth]) == paired(["7.jpg", depth]) == []


def test_folders_without_any_partner_are_named_once_and_warned_of_where_their_names_promise_some() -> None:
    pairs = [f"{folder}/{i}{suffix}" for folder, suffix in (("images", ".jpg"), ("masks", ".png")) for i in range(3)]
    others = [f"{folder}/{i}.png" for folder in ("edges", "cats_masks") for i in range(5)]
    found = pair_files([*pairs, *others, "images/9.jpg", "images/8.jpg"])[1]
    assert [(finding.severity, finding.check, finding.path) for finding in found] == [
        ("note", "orphan-image", "edges/0.png"),
        ("warning", "orphan-mask", "cats_masks/0.png"),
        ("warning", "orphan-image", "images/9.jpg"),
        ("warning", "orphan-image", "images/8.jpg"),
    ]
    assert found[0].message == "none of the 5 pictures of edges has a mask: left out (0.png, 1.png, 2.png and 2 more)"


@pytest.mark.parametrize(
    ("image", "mask"),
    [
        ("backgrounds/images/7.jpg", "backgrounds/masks/7.png"),
        ("images/background_7.jpg", "masks/background_7.png"),
        ("images/bg/7.jpg", "masks/bg/7.png"),
    ],
)
def test_masks_of_backgrounds_are_those_that_lie_with_them(image: str, mask: str) -> None:
    assert paired([image, mask]) == [(image, mask)]
    assert (image, mask) in paired([image, mask, "images/8.jpg", "masks/8.png"])


def test_backgrounds_beside_pairs_are_named_once() -> None:
    files = [f"{folder}/{i}.png" for folder in ("original", "mask", "bg") for i in range(3)]
    [finding] = pair_files(files)[1]
    assert (finding.severity, finding.check, finding.path) == ("note", "backgrounds", "bg/0.png")
    assert finding.message.startswith("3 pictures of bg, which show nothing that masks mark: not read")


def test_many_pictures_without_masks_are_one_line_and_no_warning_where_a_part_alone_has_masks() -> None:
    images, masks = ([f"{folder}/{i}.png" for i in range(20)] for folder in ("JPEGImages", "SegmentationClass"))
    [finding] = pair_files(images + masks[:6])[1]
    assert (finding.severity, finding.check) == ("note", "orphan-image")
    assert (
        finding.message
        == "14 pictures of JPEGImages have no mask of their name: left out (6.png, 7.png, 8.png and 11 more)"
    )
    [finding] = pair_files(images + masks[:14])[1]
    assert (finding.severity, finding.check) == ("warning", "orphan-image")
    found = pair_files(images + masks[:6] + ["SegmentationClass/99.png"])[1]
    assert [each.severity for each in found] == ["warning", "warning"]


@pytest.mark.parametrize(
    ("images", "masks", "such"),
    [
        ("stage1_train/{n}/images/{n}.png", "stage1_train/{n}/masks/{k}b{n}.png", "stage1_train/1/masks/1.png"),
        ("images/{n}.jpg", "masks/{n}_{k}.png", "masks/1.png"),
    ],
)
def test_masks_of_single_objects_are_one_error_that_says_what_to_do(images: str, masks: str, such: str) -> None:
    numbers = range(1, 5)
    files = [images.format(n=n) for n in numbers] + [masks.format(n=n, k=k) for n in numbers for k in range(3)]
    pairs, [finding] = pair_files(files)
    assert (pairs, finding.severity, finding.check) == ([], "error", "several-masks")
    assert "as 4 images have, and one mask an image is read: join them into one" in finding.message
    assert f"such as {such}" in finding.message


def test_words_may_be_glued_to_a_split_and_to_nothing_else() -> None:
    assert paired(["trainimages/7.png", "trainmasks/7.png"]) == [("trainimages/7.png", "trainmasks/7.png")]
    assert paired(["val/7.png", "trainannot/7.png"]) == paired(["cats/7.png", "catsannot/7.png"]) == []


@pytest.mark.parametrize(
    ("image", "mask"),
    [
        ("images/{i}.jpg", "masks/{i:04d}.png"),
        ("images/{i:05d}.jpg", "masks/{i:02d}.png"),
        ("images/{i}.jpg", "masks/{i:02d}.png"),  # of which some are equal
        ("img_{i}.png", "mask_{i:03d}.png"),
        ("train/images/s{i}_{i}.jpg", "train/masks/s{i:02d}_{i:04d}_mask.png"),
    ],
)
def test_names_that_differ_in_zeros_alone_are_partners_and_it_is_said(image: str, mask: str) -> None:
    pairs = sorted((image.format(i=i), mask.format(i=i)) for i in range(12))
    files = [file for pair in pairs for file in pair]
    assert paired(files) == pairs
    assert checks(files) == [("zeros", image.format(i=0))]


@pytest.mark.parametrize(
    "files",
    [
        ["images/7.jpg", "images/07.jpg", "masks/007.png"],  # whose mask is it?
        ["images/7.jpg", "masks/07.png", "masks/007.png"],
        ["images/1/7.jpg", "masks/10/7.png"],
        ["images/7.jpg", "masks/70.png"],
        ["7.jpg", "007.png"],  # nothing says that one is a mask
    ],
)
def test_zeros_are_overlooked_only_where_a_number_is_one_on_both_sides(files: list[str]) -> None:
    assert paired(files) == []
