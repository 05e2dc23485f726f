"""The values of masks, and how they are read."""

from __future__ import annotations

import json

import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("torch", reason="the extra [train] isn't installed")

from bgfg.data_manifests.images.label_picture import LabelPicture
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.folders.mask_encoding import MaskEncoding
from bgfg.train.folders.mask_values import UnreadableMask
from bgfg.train.folders.trimaps import pets_trimaps
from tests.support.mask_folders import BLUE, RED, codes_of, decide, palette_of, soft, stripes


def read(manner: str, *stored: NDArray, alpha: bool = False) -> tuple[MaskEncoding, list[NDArray[np.uint8]]]:
    """Return how masks are read, and their codes."""
    pictures = [LabelPicture(np.asarray(each, np.uint8)) for each in stored]
    encoding = decide(pictures, manner, alpha)
    return encoding, [encoding.decode(picture, alpha) for picture in pictures]


@pytest.mark.parametrize(
    ("values", "codes", "how"),
    [
        ([0, 1], [0, 255], "binary: 0 background, 1 mask"),
        ([0, 255], [0, 255], "binary: 0 background, 255 mask"),
        ([0, 38], [0, 255], "binary: 0 background, 38 mask"),
        ([1, 2], [0, 255], "binary: 1 background, 2 mask"),
        ([0, 0], [0, 0], "binary: 0 background, any other mask"),
        ([255, 255], [255, 255], "binary: 0 background, 255 mask"),
    ],
)
def test_grey_levels_are_read_as_a_mask(values: list[int], codes: list[int], how: str) -> None:
    encoding, (decoded,) = read("auto", np.array([values]))
    assert (encoding.kind, encoding.description, decoded.tolist()) == ("mask", how, [codes])


def test_small_numbers_are_classes_and_255_is_ignored() -> None:
    encoding, (decoded,) = read("auto", np.array([[0, 2, 5, 255]]))
    assert (encoding.kind, encoding.description) == ("classes", "6 classes, 255 ignored")
    assert encoding.names == ("0", "1", "2", "3", "4", "5")
    assert decoded.tolist() == [[0, 2, 5, 255]]


def test_classes_that_were_spread_out_to_be_seen_are_numbered_when_asked_for() -> None:
    encoding, (decoded,) = read("classes", np.array([[0, 127, 254]]))
    assert encoding.description == "3 classes, numbered in the order of their levels"
    assert decoded.tolist() == [[0, 1, 2]]
    assert encoding.names == ("0", "127", "254")


def test_grey_in_three_channels_is_grey() -> None:
    grey = np.array([[0, 255], [255, 0]])
    encoding, (decoded,) = read("auto", np.dstack([grey] * 3))
    assert (encoding.kind, encoding.colour, decoded.tolist()) == ("mask", False, grey.tolist())


def test_two_colours_are_a_mask_and_more_are_classes_black_first() -> None:
    black, red, blue = (0, 0, 0), (128, 0, 0), (0, 0, 200)
    encoding, (decoded,) = read("auto", np.array([[black, red]]))
    assert (encoding.description, decoded.tolist()) == ("binary: #000000 background, #800000 mask", [[0, 255]])
    encoding, (one, two) = read("auto", np.array([[black, red, blue]]), np.array([[0, 0]]))
    assert encoding.description == "3 classes by colour, #000000 background"
    assert encoding.names == ("#000000", "#0000c8", "#800000")
    assert (one.tolist(), two.tolist()) == ([[0, 2, 1]], [[0, 0]])


def test_alpha_is_the_mask_unless_it_is_opaque_everywhere() -> None:
    rgba = np.zeros((2, 2, 4), np.uint8)
    rgba[..., 3] = [[0, 255], [100, 255]]
    encoding, (decoded,) = read("auto", rgba)
    assert encoding.description.startswith("alpha channel, soft")
    assert decoded.tolist() == [[0, 255], [100, 255]]
    rgba[..., 3] = 255
    rgba[0, 0, :3] = 255
    assert read("auto", rgba)[0].description == "binary: 0 background, 255 mask"
    assert read("auto", rgba, alpha=True)[0].source == "alpha"


def test_a_value_that_the_others_do_not_have_is_named() -> None:
    encoding, _ = read("auto", np.array([[0, 1]]))
    with pytest.raises(UnreadableMask, match="values 7, where the other masks are binary: 0 background, 1 mask"):
        codes_of(encoding, np.array([[0, 7]], np.uint8))
    with pytest.raises(UnreadableMask, match="in colour, where the other masks are grey"):
        codes_of(encoding, np.array([[(9, 0, 0)]], np.uint8))


@pytest.mark.parametrize(
    ("outline", "mask", "known"),
    [
        ("pet", [255, 0, 255], [255, 255, 255]),
        ("background", [255, 0, 0], [255, 255, 255]),
        ("ignore", [255, 0, 0], [255, 255, 0]),
    ],
)
def test_the_outline_of_trimaps_counts_as_it_is_asked(outline: str, mask: list[int], known: list[int]) -> None:
    encoding = pets_trimaps()
    codes = codes_of(encoding, np.array([[1, 2, 3]], np.uint8))
    assert codes.tolist() == [[0, 1, 2]]
    parts = encoding.label_maps(codes, ["mask", "known", "classes"], outline)
    assert (parts["mask"].tolist(), parts["known"].tolist()) == ([mask], [known])
    assert parts["classes"].tolist() == [[0, 1, 2]]


def test_what_is_ignored_is_no_part_of_a_mask() -> None:
    encoding, (codes,) = read("auto", np.array([[0, 2, 255]]))
    parts = encoding.label_maps(codes, ["mask", "known"], "pet")
    assert (parts["mask"].tolist(), parts["known"].tolist()) == ([[0, 255, 0]], [[255, 255, 0]])


def test_shares_are_of_all_pixels() -> None:
    encoding, _ = read("auto", np.array([[0, 1, 1, 1]]))
    assert encoding.class_shares({0: 1, 1: 3}) == {"background": 0.25, "mask": 0.75}
    assert pets_trimaps().class_shares({1: 1, 2: 2, 3: 1}) == {"pet": 0.25, "background": 0.5, "outline": 0.25}
    encoding, _ = read("auto", np.array([[0, 1, 2, 255]]))
    assert encoding.class_shares({0: 1, 1: 1, 2: 1, 255: 1})["ignored"] == 0.25


@pytest.mark.parametrize(
    ("manner", "stored", "line"),
    [
        ("soft", [[(0, 0, 0), (9, 0, 0)]], "--masks soft: the masks are in colour (#000000, #090000)"),
        (
            "classes",
            [list(range(256))],
            "--masks classes: the masks have 256 values, and at most 255",
        ),
    ],
)
def test_masks_that_cannot_be_read_so_are_refused(manner: str, stored: list, line: str) -> None:
    with pytest.raises(Problem) as caught:
        read(manner, np.array(stored))
    assert caught.value.lines[0].startswith(line)
    assert caught.value.exit_code == 2


def test_the_legend_says_what_stands_for_each_class() -> None:
    assert decide([stripes([0, 100, 200], i) for i in range(9)]).legend()[2] == {"code": 2, "name": "200", "value": 200}
    assert decide([stripes([0, 2], i) for i in range(9)] + [stripes([0, 3], 1)]).legend()[1]["value"] == 1
    assert pets_trimaps().legend()[0] == {"code": 0, "name": "pet", "value": 1}
    indexed = LabelPicture(stripes([0, 1, 2], 0), palette_of((0, 0, 0), RED, BLUE))
    assert decide([indexed]).legend()[2] == {"code": 2, "name": "2", "value": 2, "colour": "#0000c8"}


@pytest.mark.parametrize(
    "encoding",
    [
        decide([stripes([0, 1, 2, 255], i) for i in range(9)]),
        decide([LabelPicture(stripes([0, 1, 2], 0), palette_of((0, 0, 0), RED, BLUE))]),
        decide([np.array([(0, 0, 0, 0), (*RED, 255), (*BLUE, 255)], np.uint8)[stripes([0, 1, 2], 0)]]),
        decide([stripes([0, 255], 1)]),
        pets_trimaps(),
    ],
)
def test_a_record_in_a_run_gives_the_same_encoding_again(encoding: MaskEncoding) -> None:
    assert MaskEncoding.of(json.loads(json.dumps(encoding.record()))) == encoding


def test_a_record_of_soft_masks_says_how_and_gives_none() -> None:
    record = decide([soft(i) for i in range(4)]).record()
    assert record["how"].startswith("soft, 0 to 255")
    assert MaskEncoding.of(record) is None
