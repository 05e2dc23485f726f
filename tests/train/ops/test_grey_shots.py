"""A grey shot beside one in colour is named."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from bgfg.data_manifests.images.image_reading import read_rgb
from bgfg.train.inference.inputs import InputFiles, load_input
from bgfg.train.ops.grey_shots import grey_remark, is_grey
from tests.support.composites import write_composites


def test_a_single_pixel_in_colour_is_found_and_rounding_is_none() -> None:
    grey = np.repeat(np.random.default_rng(1).integers(0, 250, (37, 41, 1), np.uint8), 3, axis=2)
    assert is_grey(grey)
    assert is_grey(grey + np.array([0, 1, 2], np.uint8))
    grey[35, 40] = (9, 9, 12)
    assert not is_grey(grey)


@pytest.mark.parametrize(
    ("grey", "said"),
    [
        ({"pictures"}, "grey, but its background is in colour, and people are found badly: give both in colour, or"),
        ({"empty"}, "in colour, but its background is grey, and people are found badly: give both in colour, or"),
        ({"pictures", "empty"}, ""),
        (set(), ""),
    ],
)
def test_shots_of_which_one_is_grey_are_remarked(tmp_path: Path, grey: set[str], said: str) -> None:
    pictures, empty = write_composites(tmp_path, 1)
    shots = {"pictures": pictures / "p0.png", "empty": empty / "p0.png"}
    for name in grey:
        levels = cv2.cvtColor(read_rgb(shots[name]), cv2.COLOR_RGB2GRAY)
        cv2.imwrite(str(shots[name]), levels)
    images = load_input(InputFiles("p0", shots["pictures"], shots["empty"]), align=False)
    assert images.remark.startswith(said)
    assert bool(images.remark) == bool(said)
    assert images.background is not None
    assert grey_remark(images.picture, images.background) == images.remark
