"""Trimaps: what is unknown is never taken for an object, nor for a class, without being told so."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("torch", reason="the extra [train] isn't installed")

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.engine.folder_source import FolderSource
from bgfg.train.folders.folder import ImageMaskFolder
from bgfg.train.ops.label_codes import IGNORE_INDEX
from tests.support.mask_folders import RED, codes_of, decide, disc, stripes, write_folder


def banded(seed: int, low: int, middle: int, high: int) -> NDArray[np.uint8]:
    """Return an object with a band around it."""
    return np.where(disc(seed, 10), high, np.where(disc(seed), middle, low)).astype(np.uint8)


@pytest.mark.parametrize("levels", [(0, 128, 255), (0, 127, 255), (255, 128, 0)])
def test_a_level_that_always_lies_between_two_others_is_asked_for(levels: tuple[int, int, int]) -> None:
    masks = [banded(i, *levels) for i in range(5)]
    with pytest.raises(Problem, match=rf"{levels[1]} always lies .* --masks trimap .* or --masks classes") as asked:
        decide(masks)
    assert len(asked.value.lines) == 1
    assert decide(masks, "classes").names == tuple(map(str, sorted(levels)))


def test_levels_that_touch_are_classes_and_an_object_without_a_band_is_no_trimap() -> None:
    assert decide([stripes([0, 128, 255], i) for i in range(20)]).kind == "classes"
    plain = np.where(disc(1), 255, 0).astype(np.uint8)
    assert decide([*(banded(i, 0, 128, 255) for i in range(4)), plain, plain]).kind == "classes"


def test_told_to_be_trimaps_the_band_is_ignored_and_a_mask_is_learnt(tmp_path: Path) -> None:
    data = ImageMaskFolder(write_folder(tmp_path, 6, lambda i: banded(i, 0, 128, 255)), {"masks": "trimap"})
    assert data.encoding.description == "trimaps: 0 background, 255 mask, 128 ignored"
    assert data.targets == ("mask", "classes")
    maps = data.label_maps(2, ["mask", "known", "classes"])
    assert np.array_equal(maps["mask"] == 255, disc(2, 10))
    assert np.array_equal(maps["known"] == 0, disc(2) & ~disc(2, 10))
    assert np.array_equal(maps["classes"] == IGNORE_INDEX, maps["known"] == 0)
    assert FolderSource(data).default_targets(("mask", "classes")) == ("mask",)


def test_several_levels_between_are_unknown_too_and_colours_are_none() -> None:
    codes = codes_of(decide([stripes([0, 85, 170, 255], i) for i in range(9)], "trimap"), stripes([85, 255, 0], 1))
    assert set(np.unique(codes)) <= {0, 1, IGNORE_INDEX}
    with pytest.raises(Problem, match="--masks trimap: the masks are in colour"):
        decide([np.array([(0, 0, 0), RED, (0, 0, 90)], np.uint8)[stripes(range(3), i)] for i in range(4)], "trimap")


def test_1_2_and_3_are_trimaps_of_pets_where_they_are_called_so_and_else_classes_without_a_background(
    tmp_path: Path,
) -> None:
    root = write_folder(tmp_path, 6, lambda i: banded(i, 2, 3, 1))
    classes = ImageMaskFolder(root)
    assert classes.encoding.description == "4 classes"
    assert classes.targets == ("classes",)
    (root / "masks").rename(root / "trimaps")
    trimaps = ImageMaskFolder(root, {"outline": "ignore"})
    assert trimaps.encoding.description == "trimaps: 1 pet, 2 background, 3 outline"
    assert np.array_equal(trimaps.label_maps(1, ["mask"])["mask"] == 255, disc(1, 10))
