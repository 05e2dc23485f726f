"""Arrays are turned as Pillow turns pictures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bgfg.data_manifests.images.image_io import read_picture
from bgfg.data_manifests.images.orientation import read_orientation, turn_upright


@pytest.mark.parametrize("orientation", range(1, 9))
def test_an_array_is_turned_as_its_picture_is(tmp_path: Path, orientation: int) -> None:
    pixels = np.random.default_rng(1).integers(0, 256, (5, 7, 3)).astype(np.uint8)
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(pixels).save(tmp_path / "a.png", exif=exif)
    assert read_orientation(tmp_path / "a.png") == orientation
    np.testing.assert_array_equal(turn_upright(pixels, orientation), read_picture(tmp_path / "a.png").pixels)


def test_a_tag_out_of_range_turns_nothing(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 77
    Image.new("RGB", (4, 3)).save(tmp_path / "a.png", exif=exif)
    Image.new("RGB", (4, 3)).save(tmp_path / "b.png")
    assert [read_orientation(tmp_path / name) for name in ("a.png", "b.png")] == [1, 1]
