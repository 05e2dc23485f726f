"""Palettes, colours and alpha: which of them masks are read by."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from bgfg.data_manifests.images.label_picture import LabelPicture
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.folders.mask_encoding import MaskEncoding
from bgfg.train.ops.label_codes import IGNORE_INDEX
from bgfg.train.viz.sheet import picture_of_classes
from tests.support.mask_folders import (
    BLACK,
    BLUE,
    GREEN,
    RED,
    WHITE,
    codes_of,
    decide,
    disc,
    palette_of,
    photograph,
    soft,
    stripes,
)

COLOURS = np.array([BLACK, RED, GREEN, BLUE], np.uint8)


def indexed(indices: NDArray[Any], *colours: Any) -> LabelPicture:
    return LabelPicture(indices.astype(np.uint8), palette_of(*colours))


def names_of(encoding: MaskEncoding, mask: LabelPicture | NDArray[Any]) -> list[str]:
    """The names of the classes down a column of stripes."""
    return [encoding.names[code] for code in codes_of(encoding, mask)[:, 0]]


def test_one_palette_gives_its_numbers_even_beside_grey_numbers() -> None:
    palettes = [indexed(stripes(range(21), i), *photograph(1)[0, :21]) for i in range(20)]
    grey = [stripes(range(21), i) for i in range(20, 30)]
    encoding = decide([*palettes, *grey])
    assert encoding.names == tuple(map(str, range(21)))
    assert len(encoding.palette) == 21
    assert np.array_equal(codes_of(encoding, palettes[0]), palettes[0].values)
    assert np.array_equal(codes_of(encoding, grey[0]), grey[0])


def test_124_colours_of_a_palette_are_124_classes() -> None:
    palette = np.random.default_rng(1).integers(0, 256, (124, 3))
    encoding = decide([indexed(stripes(range(124), i), *palette) for i in range(150)])
    assert len(encoding.names) == 124


def test_palettes_that_differ_are_read_by_colour() -> None:
    orders = [(0, 1, 2, 3), (3, 2, 1, 0), (2, 0, 3, 1)]
    masks = [indexed(stripes(range(4), i), *COLOURS[list(orders[i % 3])]) for i in range(9)]
    encoding = decide(masks)
    assert encoding.names == ("#000000", "#0000c8", "#00c800", "#c80000")
    hexes = ["#000000", "#c80000", "#00c800", "#0000c8"]
    for i in range(3):
        assert names_of(encoding, masks[i]) == [hexes[orders[i][v]] for v in masks[i].values[:, 0]]


def test_a_palette_beside_the_same_colours_in_rgb_is_one_set_of_classes() -> None:
    coloured = [COLOURS[stripes(range(4), i)] for i in range(4)]
    masks = [*coloured, *(indexed(stripes(range(4), i), *COLOURS) for i in range(4))]
    encoding = decide(masks)
    assert len(encoding.names) == 4
    assert np.array_equal(codes_of(encoding, masks[0]), codes_of(encoding, masks[4]))


def test_palettes_of_colours_that_never_come_again_are_asked_for() -> None:
    masks = [indexed(disc(i), BLACK, photograph(i)[0, 0]) for i in range(6)]
    with pytest.raises(Problem, match=r"^masks: palettes differ: index 1 is .* give --masks classes, which takes ind"):
        decide(masks)
    assert codes_of(decide(masks, "classes"), masks[0]).max() == 1


def test_a_palette_of_greys_gives_levels_and_one_of_equal_colours_indices() -> None:
    masks: list[Any] = [*(indexed(disc(i), BLACK, WHITE) for i in range(3)), disc(4).astype(np.uint8) * 255]
    encoding = decide(masks)
    assert encoding.description == "binary: 0 background, 255 mask"
    assert np.array_equal(codes_of(encoding, masks[1]), disc(1) * 255)
    blank = [indexed(disc(i), BLACK, BLACK) for i in range(3)]
    assert np.array_equal(codes_of(decide(blank), blank[0]), disc(0) * 255)


def test_numbers_among_colours_are_asked_for_and_black_and_white_are_not() -> None:
    coloured = [COLOURS[stripes(range(4), i)] for i in range(4)]
    with pytest.raises(Problem, match=r"^masks: 4.png has the levels 1, 2, 0.png colours: .* give --masks classes"):
        decide([*coloured, stripes([0, 1, 2], 1)])
    assert len(decide([*coloured, disc(1).astype(np.uint8) * 255]).names) == 5


def test_the_void_colour_of_voc_is_ignored_among_its_own_colours_alone() -> None:
    voc = picture_of_classes(np.arange(21, dtype=np.uint8)[None])[0]
    void = np.array([*voc[:3], (224, 224, 192)], np.uint8)
    encoding = decide([void[stripes(range(4), i)] for i in range(6)])
    assert encoding.description == "3 classes by colour, #000000 background, #e0e0c0 ignored"
    assert IGNORE_INDEX in encoding.codes.values()
    other = np.array([*COLOURS[:3], (224, 224, 192)], np.uint8)
    assert len(decide([other[stripes(range(4), i)] for i in range(6)]).names) == 4


def test_150_colours_are_150_classes_and_a_photograph_is_none() -> None:
    colours = photograph(3).reshape(-1, 3)[:150]
    assert len(decide([colours[stripes(range(150), i)] for i in range(200)]).names) == 150


def layer(seed: int) -> NDArray[np.uint8]:
    codes = np.where(disc(seed, 6), 2, disc(seed))
    return np.array([(0, 0, 0, 0), (*RED, 255), (*GREEN, 255)], np.uint8)[codes]


def cutout(seed: int) -> NDArray[np.uint8]:
    return np.dstack([photograph(seed), soft(seed)])


@pytest.mark.parametrize("mode", ["auto", "classes"])
def test_flat_colours_on_a_transparent_ground_are_classes(mode: str) -> None:
    encoding = decide([layer(i) for i in range(4)], mode)
    assert encoding.description == "3 classes by colour, transparent background"
    assert encoding.names == ("transparent", "#00c800", "#c80000")
    assert np.array_equal(codes_of(encoding, layer(1)) > 0, disc(1))


def test_cut_outs_and_silhouettes_are_masks_by_their_alpha() -> None:
    assert decide([layer(i) for i in range(4)], "binary").kind == "mask"
    silhouettes = [np.dstack([np.zeros((48, 48, 3), np.uint8), soft(i)]) for i in range(4)]
    for masks in ([cutout(i) for i in range(4)], silhouettes):
        encoding = decide(masks)
        assert encoding.description.startswith("alpha channel, soft, 0 to 255")
        assert np.array_equal(codes_of(encoding, masks[2]), soft(2))
    with pytest.raises(Problem, match=r"^--masks classes: 0.png has .* colours, as a cut-out has: give auto, bin"):
        decide([cutout(i) for i in range(4)], "classes")


def test_a_cut_out_that_fills_its_picture_is_all_mask() -> None:
    full = np.dstack([photograph(9), np.full((48, 48), 255, np.uint8)])
    encoding = decide([*(cutout(i) for i in range(4)), full, soft(3)])
    assert (codes_of(encoding, full) == 255).all()
    assert np.array_equal(codes_of(encoding, soft(3)), soft(3))


def test_what_has_no_alpha_among_cut_outs_is_asked_for() -> None:
    coloured = COLOURS[stripes(range(4), 1)]
    with pytest.raises(Problem, match=r"^4.png: in colour without transparency, where other masks are alpha channels"):
        decide([*(cutout(i) for i in range(4)), coloured])
    with pytest.raises(Problem, match=r"4.png has flat colours on a transparent ground, 0.png those of a photograph"):
        decide([*(cutout(i) for i in range(4)), *(layer(i) for i in range(4))])


def test_masks_in_colour_are_never_soft() -> None:
    with pytest.raises(Problem, match=r"^--masks soft: the masks are in colour \(#000000, #0000c8"):
        decide([COLOURS[stripes(range(4), 1)]], "soft")
    with pytest.raises(Problem, match=r"^--masks soft: the masks have a palette of colours \(#000000, #c80000"):
        decide([indexed(stripes(range(4), 1), *COLOURS)], "soft")
