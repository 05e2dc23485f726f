"""Arrays are turned as Pillow turns pictures."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bgfg.data_manifests.images.decode import PictureError
from bgfg.data_manifests.images.image_reading import holds_depth, read_picture
from bgfg.data_manifests.images.orientation import read_orientation, read_upright_size, turn_upright


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


def test_damaged_exif_turns_nothing_and_nobody_warns(tmp_path: Path) -> None:
    longer_than_the_file = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x0e\x01\x02\0\xff\xff\0\0\x1a\0\0\0"
    Image.new("RGB", (4, 3)).save(tmp_path / "a.jpeg", exif=longer_than_the_file)
    assert read_orientation(tmp_path / "a.jpeg") == 1
    assert read_upright_size(tmp_path / "a.jpeg") == (3, 4)


def test_a_picture_that_is_too_large_is_refused_before_it_is_loaded_for_its_exif(tmp_path: Path) -> None:
    Image.new("1", (12, 12)).save(tmp_path / "a.png")
    png = bytearray((tmp_path / "a.png").read_bytes())
    png[20:24] = (2**28).to_bytes(4, "big")
    png[29:33] = zlib.crc32(png[12:29]).to_bytes(4, "big")
    (tmp_path / "a.png").write_bytes(png)
    with pytest.raises(PictureError, match=r"12×268435456 pixels; at most 200 megapixels are decoded"):
        read_orientation(tmp_path / "a.png")
    assert not holds_depth(tmp_path / "a.png")
