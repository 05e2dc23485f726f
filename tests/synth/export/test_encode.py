"""Pictures come back from their files: PNG to the byte, JPEG as Pillow's of the same quality, depth to the unit."""

from __future__ import annotations

from io import BytesIO

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from bgfg.data_manifests.corpus.selection import Selection
from bgfg.synth.export.encode import ImageEncoder, depth_lookup_table, depth_metadata
from bgfg.synth.export.request import ExportRequest
from bgfg.synth.store.depth_code import LogDepth
from tests.support import references

CODE = LogDepth(0.1, 10.0)


def encoder(depth_bits: int | None = 16, image: str = "jpeg", quality: int = 95, grey: bool = False) -> ImageEncoder:
    return ImageEncoder(ExportRequest("folder", Selection(), image, quality, grey, depth_bits), CODE)


def decoded(data: bytes) -> NDArray:
    with Image.open(BytesIO(data)) as image:
        return np.array(image)


@pytest.mark.parametrize("quality", [40, 95])
@pytest.mark.parametrize("grey", [False, True])
def test_a_jpeg_is_as_lossy_as_pillows_and_no_more(quality: int, grey: bool) -> None:
    rgb = references.picture(61, 43, 1)
    data = encoder(quality=quality, grey=grey).image(rgb)
    stream = BytesIO()
    Image.fromarray(rgb).convert("L" if grey else "RGB").save(stream, "JPEG", quality=quality)
    with Image.open(BytesIO(data)) as ours, Image.open(stream) as pillows:
        assert ours.format == "JPEG"
        assert ours.mode == pillows.mode == ("L" if grey else "RGB")
        assert vars(ours)["quantization"] == vars(pillows)["quantization"]
        assert np.abs(np.array(ours, int) - np.array(pillows, int)).max() <= 4


def test_a_png_is_lossless_whether_or_not_its_rows_lie_apart() -> None:
    block = np.stack([references.picture(13, 17, seed) for seed in range(3)], axis=1)
    for k in range(3):
        np.testing.assert_array_equal(decoded(encoder(image="png").image(block[:, k])), block[:, k])


def test_grey_is_bt_601_luma() -> None:
    rgb = references.picture(13, 17, 2)
    luma = rgb @ np.array([0.299, 0.587, 0.114])
    found = decoded(encoder(image="png", grey=True).image(rgb))
    assert found.shape == (13, 17)
    assert np.abs(found - luma).max() <= 1


def test_masks_and_cutouts_are_lossless_with_the_colours_of_what_is_transparent() -> None:
    rgba = references.cutout(13, 17, 3)
    rgba[0, 0] = (9, 200, 77, 0)
    np.testing.assert_array_equal(decoded(encoder().cutout(rgba)), rgba)
    np.testing.assert_array_equal(decoded(encoder().mask(rgba[..., 3].copy())), rgba[..., 3])


def test_16_bits_are_the_millimetres_of_every_code() -> None:
    codes = np.arange(256, dtype=np.uint8).reshape(8, 32)
    png = cv2.imdecode(np.frombuffer(encoder(16).depth(codes), np.uint8), cv2.IMREAD_UNCHANGED)
    assert png is not None
    assert png.dtype == np.uint16
    metres = CODE.decode(codes)
    assert np.abs(png * depth_metadata(CODE, 16)["scale_m"] - metres).max() <= 0.0005 + 1e-6
    assert png[0, 0] == 0
    assert len(np.unique(png)) == 256  # so the codes can be told from the file


def test_8_bits_are_linear_over_the_range_with_0_for_unknown() -> None:
    table = depth_lookup_table(CODE, 8)
    assert table[0] == 0
    assert table[1:].min() >= 1
    assert table[255] == 255
    scale_m = depth_metadata(CODE, 8)["scale_m"]
    assert np.abs(table * scale_m - CODE.values_m()).max() <= scale_m / 2 + 1e-6
    assert depth_lookup_table(LogDepth(0.001, 10.0), 8)[1:].min() == 1  # near isn't unknown
    assert depth_lookup_table(LogDepth(0.1, 100.0), 16).max() == 65_535


def test_8_bits_are_a_jpeg() -> None:
    codes = np.tile(np.linspace(100, 250, 32).astype(np.uint8), (32, 1))
    found = decoded(encoder(8).depth(codes))
    assert np.abs(found.astype(int) - depth_lookup_table(CODE, 8)[codes]).max() <= 6


def test_without_depth_there_are_no_values() -> None:
    with pytest.raises(ValueError, match="no depth"):
        encoder(depth_bits=None).depth_values(np.zeros((2, 2), np.uint8))
