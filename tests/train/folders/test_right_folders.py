"""Folders that are right, in the schemes of values that people have: read as they are meant, without a warning."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

pytest.importorskip("torch", reason="the extra [train] isn't installed")

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.folders.check import check_folder
from tests.support.mask_folders import (
    BLUE,
    GREEN,
    RED,
    SIDE_PX,
    disc,
    palette_of,
    photograph,
    soft,
    stripes,
    write_folder,
)
from tests.support.pair_layouts import ARCHIVE_LAYOUTS, COUNT, DEPTH_LAYOUTS, MASK_LAYOUTS, write_pairs, write_pets

LAYOUTS = MASK_LAYOUTS | ARCHIVE_LAYOUTS


def two(low: int, high: int, dtype: Any = np.uint8) -> Callable[[int], NDArray[Any]]:
    return lambda i: np.where(disc(i), high, low).astype(dtype)


def indexed(indices: NDArray[Any], *colours: Any) -> Image.Image:
    image = Image.fromarray(indices.astype(np.uint8)).convert("P")
    image = Image.frombytes("P", image.size, indices.astype(np.uint8).tobytes())
    image.putpalette(palette_of(*colours)[:, :3].tobytes())
    return image


def coloured(*colours: Any) -> Callable[[int], NDArray[np.uint8]]:
    return lambda i: np.array(colours, np.uint8)[stripes(range(len(colours)), i)]


def cutout(i: int) -> NDArray[np.uint8]:
    return np.dstack([photograph(i + 99), soft(i)])


def voc(i: int) -> Image.Image:
    objects = np.where(disc(i, 9), 1 + i % 5, np.where(disc(i, 11), 255, 0))
    return indexed(objects, *np.random.default_rng(4).integers(0, 256, (256, 3)))


@pytest.mark.parametrize(
    ("mask", "read_as", "how"),
    [
        (two(0, 1), "mask", "binary: 0 background, 1 mask"),
        (two(0, 255), "mask", "binary: 0 background, 255 mask"),
        (two(255, 0), "mask", "binary: 0 background, 255 mask"),
        (two(0, 65535, np.uint16), "mask", "binary: 0 background, 65535 mask"),
        (lambda i: disc(i), "mask", "binary: 0 background, 1 mask"),
        (lambda i: np.dstack([two(0, 255)(i)] * 3), "mask", "binary: 0 background, 255 mask"),
        (lambda i: indexed(disc(i), (0, 0, 0), RED), "mask", "binary: 0 background, 1 mask"),
        (lambda i: indexed(disc(i), (0, 0, 0), (255, 255, 255)), "mask", "binary: 0 background, 255 mask"),
        (lambda i: coloured((0, 0, 0), RED)(i), "mask", "binary: #000000 background, #c80000 mask"),
        (soft, "mask", "soft, 0 to 255"),
        (lambda i: soft(i).astype(np.uint16) * 257, "mask", "soft, 0 to 65535"),
        (cutout, "mask", "alpha channel, soft"),
        (lambda i: stripes(range(21), i), "classes", "21 classes"),
        (lambda i: stripes([*range(19), 255], i), "classes", "19 classes, 255 ignored"),
        (lambda i: stripes([0, 50, 100, 150], i), "classes", "4 classes, numbered in the order of their levels"),
        (lambda i: stripes([0, 500, 1000], i, np.uint16), "classes", "3 classes, numbered in the order"),
        (voc, "classes", "6 classes, 255 ignored"),
        (coloured((0, 0, 0), RED, GREEN, BLUE), "classes", "4 classes by colour, #000000 background"),
        (coloured((0, 0, 0, 0), (*RED, 255), (*GREEN, 255)), "classes", "3 classes by colour, transparent background"),
    ],
)
def test_a_right_folder_stays_without_a_warning(tmp_path: Path, mask: Callable, read_as: str, how: str) -> None:
    root = write_folder(tmp_path, COUNT, mask)
    found = check_folder(root, {"split": "60/20/20"})
    content = found.content()
    assert (content["read_as"], content["left_out"]) == (read_as, 0)
    assert content["how"].startswith(how)
    assert sum(content["shares"].values()) == pytest.approx(1)
    assert [finding for finding in found.findings if finding.severity != "note"] == []
    maps = found.folder.label_maps(3, ["mask", "known"])
    assert maps["mask"].shape == (SIDE_PX, SIDE_PX)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_right_arrangement_stays_without_a_warning(tmp_path: Path, layout: str) -> None:
    mask = cutout if layout == "AISegment" else two(0, 255)
    has_splits = "{split}" in LAYOUTS[layout][0]
    # AISegment's clips of one person stay together, and there are two persons: nobody is left for validation.
    options: dict[str, Any] = {} if has_splits else {"split": "50/0/50" if layout == "AISegment" else "60/20/20"}
    found = check_folder(write_pairs(tmp_path, LAYOUTS[layout], photograph, mask), options)
    assert (found.content()["pairs"], found.content()["left_out"]) == (COUNT, 0)
    assert [finding for finding in found.findings if finding.severity != "note"] == []


def test_pets_stay_without_a_warning(tmp_path: Path) -> None:
    found = check_folder(write_pets(tmp_path, photograph, lambda i: stripes([1, 2, 3], i)), {})
    assert found.content()["how"].startswith("trimaps")
    assert [finding for finding in found.findings if finding.severity != "note"] == []


@pytest.mark.parametrize("layout", DEPTH_LAYOUTS.values(), ids=DEPTH_LAYOUTS)
def test_depth_is_never_taken_for_masks(tmp_path: Path, layout: tuple[str, str]) -> None:
    root = write_pairs(tmp_path, layout, photograph, lambda i: soft(i).astype(np.uint16) * 40)
    with pytest.raises(Problem, match="no image with a mask"):
        check_folder(root, {})


@pytest.mark.parametrize("kind", [np.int32, np.float32])
def test_masks_of_wide_numbers_stay_without_a_warning(tmp_path: Path, kind: type) -> None:
    root = write_pairs(tmp_path, ("images/{n}.jpg", "masks/{n}.tif"), photograph, lambda i: disc(i).astype(kind))
    found = check_folder(root, {})
    assert (found.findings, found.folder.encoding.description) == ([], "binary: 0 background, 1 mask")
