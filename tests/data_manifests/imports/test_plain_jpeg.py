"""Plain JPEGs have the pixels that Pillow reads; whatever says more of itself is left to that."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageCms

from bgfg.data_manifests.imports.plain_jpeg import decode_plain_jpeg, plain_jpeg_size

PIXELS = np.random.default_rng(0).integers(0, 256, (21, 34, 3), np.uint8)


def jpeg(mode: str = "RGB", **options: Any) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(PIXELS).convert(mode).save(stream, "JPEG", **options)
    return stream.getvalue()


@pytest.mark.parametrize("mode", ["RGB", "L"])
@pytest.mark.parametrize("options", [{}, {"quality": 40, "subsampling": 2}, {"progressive": True}, {"comment": b"hi"}])
def test_pixels_are_those_of_pillow(mode: str, options: dict[str, Any]) -> None:
    data = jpeg(mode, **options)
    pixels = decode_plain_jpeg(data)
    assert pixels is not None
    assert np.array_equal(pixels, np.asarray(Image.open(io.BytesIO(data))))
    assert plain_jpeg_size(data) == (21, 34, 1 if mode == "L" else 3)


def test_what_says_more_is_none() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for data in (
        jpeg(exif=exif),
        jpeg(icc_profile=profile),
        jpeg("CMYK"),
        jpeg()[:-40],
        jpeg() + b"x",
        b"",
        b"\xff\xd8",
    ):
        assert decode_plain_jpeg(data) is None


def test_what_one_file_began_with_says_nothing_of_another() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    plain, grey, turned, other = jpeg(), jpeg("L"), jpeg(exif=exif), jpeg(quality=30)
    for data, size in (
        (plain, (21, 34, 3)),
        (turned, None),
        (grey, (21, 34, 1)),
        (plain, (21, 34, 3)),
        (other, (21, 34, 3)),
    ):
        assert plain_jpeg_size(data) == size
    assert plain_jpeg_size(plain[:200] + plain[-2:]) is None
    for quality in range(50, 60):  # more kinds than are remembered
        assert plain_jpeg_size(jpeg(quality=quality)) == (21, 34, 3)
