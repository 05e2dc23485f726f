"""Grey levels and palette indices: two levels, soft edges, numbers of classes, and what is asked for."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from bgfg.data_manifests.images.label_picture import LabelPicture
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.ops.label_codes import IGNORE_INDEX
from tests.support.mask_folders import codes_of, decide, disc, soft, stripes


def with_void(seed: int) -> NDArray[np.uint8]:
    return np.where(disc(seed, 10), 1, np.where(disc(seed), 255, 0)).astype(np.uint8)


def two_levels(seed: int, level: int, dtype: type = np.uint8) -> NDArray:
    return np.where(disc(seed), level, 0).astype(dtype)


@pytest.mark.parametrize(
    ("levels", "dtype"), [((1, 255), np.uint8), ((255, 65535), np.uint16), ((1, 65535), np.uint16)]
)
def test_two_scales_of_one_mask_lose_no_object(levels: tuple[int, int], dtype: type) -> None:
    masks = [two_levels(i, levels[i % 2], dtype) for i in range(6)] + [np.zeros((48, 48), dtype)]
    encoding = decide(masks)
    assert encoding.description == f"binary: 0 background, {levels[0]}, {levels[1]} mask (on two scales)"
    for mask in masks:
        assert np.array_equal(codes_of(encoding, mask), (mask > 0) * 255)


def test_void_around_objects_is_ignored_and_never_an_object() -> None:
    encoding = decide([with_void(i) for i in range(5)])
    assert (encoding.kind, encoding.description) == ("classes", "2 classes, 255 ignored")
    assert set(np.unique(codes_of(encoding, with_void(3)))) == {0, 1, IGNORE_INDEX}


@pytest.mark.parametrize("count", [1, 3])
def test_255_that_is_void_in_some_masks_and_alone_in_others_is_asked_for(count: int) -> None:
    with pytest.raises(Problem, match=r"^4.png.*only 0 and 255.*is 255 an object, or to be ignored\? give --masks bin"):
        decide([*(with_void(i) for i in range(4)), *(two_levels(i, 255) for i in range(count))])


def test_255_beside_numbers_that_it_is_never_with_is_asked_for() -> None:
    masks = [*(stripes([0, 1, 2], i) for i in range(4)), *(two_levels(i, 255) for i in range(4))]
    with pytest.raises(Problem, match=r"give --masks binary"):
        decide(masks)
    assert decide(masks, "classes").names == ("0", "1", "2", "255")
    assert codes_of(decide(masks, "binary"), masks[5]).max() == 255


@pytest.mark.parametrize(
    ("values", "names", "void"),
    [
        (range(151), tuple(map(str, range(151))), False),
        ([*range(150), 255], tuple(map(str, range(150))), True),
        ([0, 1, 2, 3, 4, 5, 100, 200, 201], ("0", "1", "2", "3", "4", "5", "100", "200", "201"), False),
        ([0, 147, 151, 220], ("0", "147", "151", "220"), False),
        ([0, 128, 255], ("0", "128", "255"), False),
        ([0, 85, 170, 255], ("0", "85", "170", "255"), False),
        ([0, 7, 11, 255], tuple(map(str, range(12))), True),
        ([0, 1, 2, 120, 255], ("0", "1", "2", "120"), True),
    ],
)
@pytest.mark.parametrize("mode", ["auto", "classes"])
def test_each_number_is_a_class_however_large(values: list[int], names: tuple, void: bool, mode: str) -> None:
    masks = [stripes(list(values), i) for i in range(200)]
    encoding = decide(masks, mode)
    assert (encoding.kind, encoding.names) == ("classes", names)
    assert (IGNORE_INDEX in encoding.codes.values()) == void
    for mask in masks[:5]:
        codes = codes_of(encoding, mask)
        assert [names[code] if code != IGNORE_INDEX else "255" for code in codes[:, 0]] == list(map(str, mask[:, 0]))


def test_a_class_that_one_late_mask_holds_is_a_class() -> None:
    masks = [stripes([0, 1, 2], i) for i in range(40)]
    masks[37][20:30, 20:30] = 3
    assert decide(masks).names == ("0", "1", "2", "3")


def test_wide_labels_never_merge_and_256_classes_are_too_many() -> None:
    masks = [stripes([0, 1000, 1001, 1002, 26001], i, np.uint16) for i in range(9)]
    encoding = decide(masks)
    assert encoding.names == ("0", "1000", "1001", "1002", "26001")
    assert len(np.unique(codes_of(encoding, masks[0]))) == len(np.unique(masks[0]))
    many = [stripes(list(range(600)), i, np.uint16) for i in range(200)]
    with pytest.raises(Problem, match=r"values that fill areas.*at most 255 classes are learnt: give --masks binary"):
        decide(many)
    with pytest.raises(Problem, match=r"^--masks classes: the masks have .* at most 255 classes are learnt"):
        decide(many, "classes")


@pytest.mark.parametrize("sigma_px", [0.8, 2.0, 9.0])
def test_soft_edges_stay_soft(sigma_px: float) -> None:
    masks = [soft(i, sigma_px) for i in range(8)]
    encoding = decide(masks)
    assert encoding.description == "soft, 0 to 255 (a half and more is the mask where it is to be one)"
    assert np.array_equal(codes_of(encoding, masks[2]), masks[2])


def test_a_flat_translucent_part_makes_no_classes_of_a_matte() -> None:
    masks = [np.where(disc(i, 6), 120, soft(i)).astype(np.uint8) for i in range(8)]
    assert decide(masks).kind == "mask"


def test_wide_mattes_are_on_one_scale_whatever_a_file_reaches() -> None:
    wide = [soft(i).astype(np.uint16) * 257 for i in range(6)]
    dim = (soft(1) // 40).astype(np.uint16)  # nothing in it is nearly opaque
    encoding = decide([*wide, dim, soft(7)])
    assert encoding.description.startswith("soft, 0 to 65535 in files of 16 bits, else 0 to 255")
    assert np.array_equal(codes_of(encoding, wide[0]), soft(0))
    assert codes_of(encoding, dim).max() == 0
    assert np.array_equal(codes_of(encoding, soft(7)), soft(7))
    twelve = [np.round(soft(i) / 255 * 4095).astype(np.uint16) for i in range(6)]
    assert np.abs(codes_of(decide(twelve), twelve[0]).astype(int) - soft(0)).max() <= 1


def test_soft_masks_on_an_unknown_scale_or_on_two_are_asked_for() -> None:
    with pytest.raises(Problem, match=r"the highest level is 3060, .*give --masks soft for 65535"):
        decide([soft(i).astype(np.uint16) * 12 for i in range(6)])
    masks = [*(soft(i) for i in range(6)), two_levels(1, 1)]
    with pytest.raises(Problem, match=r"^6.png: nothing above 1, .* soft and reach 255: .* give --masks soft"):
        decide(masks)
    assert decide(masks, "soft").kind == "mask"
    no_254 = [np.where(soft(i) == 254, 255, soft(i)).astype(np.uint8) for i in range(3)]
    assert decide([*no_254, *(two_levels(i, 255) for i in range(3)), np.zeros((48, 48), np.uint8)]).kind == "mask"


def test_levels_that_neither_fill_areas_nor_are_many_are_asked_for() -> None:
    lines = np.zeros((48, 48), np.uint8)
    lines[::4], lines[1::4] = 128, 255
    with pytest.raises(Problem, match=r"3 levels \(0, 128, 255\), neither .* give --masks binary .* or --masks soft"):
        decide([lines])


def test_small_classes_are_no_soft_edges() -> None:
    draw = np.random.default_rng(0)
    masks = [np.zeros((48, 48), np.uint8) for _ in range(20)]
    for mask in masks:
        for y, x in draw.integers(0, 45, (9, 2)):
            mask[y : y + 3, x : x + 3] = draw.integers(1, 150)
    with pytest.raises(Problem, match=r"neither in areas as classes nor as many along soft edges"):
        decide(masks)


def test_classes_that_were_resized_are_asked_for() -> None:
    masks = [cv2.resize(stripes([0, 60, 120, 200], i), (97, 131)) for i in range(8)]
    with pytest.raises(Problem, match=r"the levels 60, 120 fill areas, .* weren't resized .* or --masks soft"):
        decide(masks)
    assert decide(masks, "soft").kind == "mask"


def test_one_other_level_a_mask_is_classes_or_a_mask_and_asked_for() -> None:
    masks = [two_levels(i, (147, 151, 220)[i % 3]) for i in range(6)]
    with pytest.raises(Problem, match=r"each mask has 0 and one other level, .*give --masks binary"):
        decide(masks)
    assert decide([two_levels(i, i % 3 + 1) for i in range(6)]).names == ("0", "1", "2", "3")


def test_classes_in_a_jpeg_are_asked_for_and_a_soft_jpeg_is_a_mask() -> None:
    numbers = [LabelPicture(stripes([0, 1, 2, 3], i), lossy=True) for i in range(4)]
    with pytest.raises(Problem, match=r"^0.png and 3 more: JPEG, which changes values near edges"):
        decide(numbers)
    assert decide(numbers, "classes").kind == "classes"
    assert decide([LabelPicture(soft(i, 1.0), lossy=True) for i in range(4)]).kind == "mask"


@pytest.mark.parametrize("quality", [50, 95])
def test_two_levels_in_a_jpeg_are_a_mask(quality: int) -> None:
    masks = []
    for i in range(4):
        _, data = cv2.imencode(".jpg", two_levels(i, 255), [cv2.IMWRITE_JPEG_QUALITY, quality])
        masks.append(LabelPicture(np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE), np.uint8), lossy=True))
    encoding = decide(masks)
    assert encoding.kind == "mask"
    assert np.array_equal(codes_of(encoding, masks[1]) >= 128, disc(1))


def floats(values: NDArray) -> LabelPicture:
    return LabelPicture(values.astype(np.uint16), floats=True)


def test_fractions_are_soft_and_beside_them_1_is_all() -> None:
    whole = np.where(disc(9), 1, 0)
    encoding = decide([*(floats(soft(i).astype(int) * 257) for i in range(6)), floats(whole), floats(whole * 0)])
    assert encoding.description.startswith("soft, 0 to 65535")
    assert np.array_equal(codes_of(encoding, floats(whole)), whole * 255)
    assert np.array_equal(codes_of(encoding, floats(soft(2).astype(int) * 257)), soft(2))


def test_whole_numbers_in_floats_are_classes_or_a_mask() -> None:
    assert decide([floats(stripes([0, 1, 2], i)) for i in range(6)]).description == "3 classes"
    assert decide([floats(disc(i)) for i in range(6)]).description == "binary: 0 background, 1 mask"


@pytest.mark.parametrize("mode", ["auto", "classes"])
def test_more_classes_than_codes_are_refused_with_their_number_and_a_next_step(mode: str) -> None:
    masks = [stripes(range(300), i, np.uint16) for i in range(200)]
    with pytest.raises(
        Problem, match=r"\b29\d values.* at most 255 classes are learnt: give (--masks )?binary, or masks"
    ) as refused:
        decide(masks, mode)
    assert (len(refused.value.lines), refused.value.exit_code) == (1, 2)


def percent(seed: int) -> NDArray[np.uint8]:
    return np.round(soft(seed) / 2.55).astype(np.uint8)


def test_a_matte_on_a_scale_of_its_own_is_full_at_its_plateau() -> None:
    masks = [percent(i) for i in range(6)]
    for mode in ("auto", "soft"):
        encoding = decide(masks, mode)
        assert encoding.description.startswith("soft, 0 to 100, where 100 is full")
        assert np.abs(codes_of(encoding, masks[2]).astype(int) - soft(2)).max() <= 2
    assert decide([mask.astype(np.uint16) for mask in masks]).codes[50] == 128
    jpegs = [cv2.imencode(".jpg", mask, [cv2.IMWRITE_JPEG_QUALITY, 85])[1] for mask in masks]
    lossy = [LabelPicture(np.asarray(cv2.imdecode(each, 0), np.uint8), lossy=True) for each in jpegs]
    assert np.array_equal(codes_of(decide(lossy), lossy[1]) >= 128, lossy[1].values >= 51)


def test_a_dark_matte_without_a_plateau_or_beside_another_scale_is_asked_for() -> None:
    cones = [cv2.GaussianBlur(disc(i, 3).astype(np.uint8) * 255, (0, 0), 3 + i / 4) for i in range(6)]
    assert max(int(cone.max()) for cone in cones) < 128
    with pytest.raises(Problem, match=r"isn't clear which is full: give --masks soft for 255, or masks that use their"):
        decide(cones)
    with pytest.raises(Problem, match=r"^6.png and 2 more: nothing above 100, .* soft and reach 255"):
        decide([*(soft(i) for i in range(6)), *(percent(i) for i in range(3))])


@pytest.mark.parametrize(("void", "dtype"), [(255, np.uint8), (65535, np.uint16)])
@pytest.mark.parametrize("numbers", [range(1, 151), range(150), range(3, 120), range(90, 182), (7, 70, 100)])
def test_void_is_ignored_whichever_numbers_are_used_below_it(numbers: Sequence[int], void: int, dtype: type) -> None:
    masks = [stripes(list(numbers), i, dtype) for i in range(60)]
    for mask in masks:
        mask[1:][mask[1:] != mask[:-1]] = void
    encoding = decide(masks)
    assert encoding.description.endswith(f"{void} ignored")
    assert str(void) not in encoding.names


@pytest.mark.parametrize("levels", [(0, 85, 170, 255), (0, 100, 200, 255), (40, 150, 255), (0, 30000, 65535)])
def test_levels_over_the_whole_range_are_classes_to_the_highest(levels: tuple[int, ...]) -> None:
    masks = [stripes(levels, i, np.uint16 if levels[-1] > 255 else np.uint8) for i in range(30)]
    assert decide(masks).names == tuple(map(str, levels))


def test_stray_levels_near_0_and_255_are_two_levels_and_254_in_areas_is_not() -> None:
    draw = np.random.default_rng(1)
    masks = []
    for i in range(6):
        stray = draw.random((48, 48)) < 0.02
        masks.append(np.where(disc(i), np.where(stray, 254, 255), np.where(stray, 1, 0)).astype(np.uint8))
    encoding = decide(masks)
    assert encoding.description.startswith("binary: 0 to 1 background, 254 to 255 mask (stray levels")
    assert np.array_equal(codes_of(encoding, masks[1]), disc(1) * 255)
    assert decide([stripes([0, 254, 255], i) for i in range(12)]).kind == "classes"
