"""Classes of a corpus in folders of real pictures: by numbers, by folders, and what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch", reason="the extra [train] isn't installed")

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.train.folders.corpus_classes import CorpusClasses
from bgfg.train.folders.folder import ImageMaskFolder
from bgfg.train.ops.label_codes import IGNORE_INDEX
from tests.support.paired_folders import save
from tests.support.real_folder import inside, picture

NAMES = ("ant, red", "cat", "dog")


def make(root: Path, masks: dict[str, np.ndarray]) -> ImageMaskFolder:
    """Write a picture for each mask; names are those of files below images/ and masks/."""
    for seed, (name, mask) in enumerate(masks.items()):
        save(picture(seed, seed), root / f"images/{name}.png")
        save(mask.astype(np.uint8), root / f"masks/{name}.png")
    return ImageMaskFolder(root, {"groups": "none"})


def codes_of(folder: ImageMaskFolder) -> dict[str, np.ndarray]:
    classes = CorpusClasses(folder, NAMES, "--mix")
    return {Path(pair.image).stem: classes.codes(i) for i, pair in enumerate(folder.pairs)}


def test_values_are_numbers_of_classes(tmp_path: Path) -> None:
    """Value 2 occurs nowhere, so that codes aren't the values; 255 along the outline counts for none."""
    masks = {}
    for seed in range(4):
        mask = np.where(inside(seed), 3 if seed % 2 else 1, 0)
        mask[:2] = 1
        masks[str(seed)] = np.where(np.roll(inside(seed), 1, 0) & ~inside(seed), 255, mask)
    found = codes_of(make(tmp_path / "real", masks))
    for name, mask in masks.items():
        np.testing.assert_array_equal(found[name], np.where(mask == 255, IGNORE_INDEX, mask))


def test_folders_are_called_like_classes(tmp_path: Path) -> None:
    names = {
        f"{label}/{seed}": label for label in NAMES for seed in (2 * NAMES.index(label), 1 + 2 * NAMES.index(label))
    }
    found = codes_of(make(tmp_path / "real", {name: inside(int(name[-1])) * 255 for name in names}))
    assert len(found) == len(names)
    for name, label in names.items():
        seed = int(name[-1])
        np.testing.assert_array_equal(found[str(seed)], np.where(inside(seed), 1 + NAMES.index(label), 0))


@pytest.mark.parametrize(
    ("masks", "line"),
    [
        ({str(n): inside(n) * 255 for n in range(3)},
         r"binary: .* nothing says which classes they mark: number them in the masks \(1 ant, red, 2 cat, 3 dog; "),
        ({str(n): np.where(inside(n), 4 + n % 2, 0) for n in range(4)},
         r"its masks have the value [45], and the corpus 3 classes \(1 ant, red, 2 cat, 3 dog\): give masks of these"),
        ({"cat/0": inside(0) * 255, "owl/1": inside(1) * 255},
         r"images/owl/1\.png: no folder is called like a class, as others are: put it into one of ant, red, cat, dog"),
        ({"cat/dog/0": inside(0) * 255, "cat/1": inside(1) * 255}, "several folders are called like a class"),
    ],
)  # fmt: skip
def test_what_does_not_say_its_classes_is_refused(tmp_path: Path, masks: dict[str, np.ndarray], line: str) -> None:
    folder = make(tmp_path / "real", masks)
    with pytest.raises(Problem, match=line):
        CorpusClasses(folder, NAMES, "--mix")
