"""Plain PNGs have the pixels that Pillow reads; whatever says more of itself, or is damaged, is left to that."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image, ImageCms, PngImagePlugin

from bgfg.data_manifests.imports import plain_png
from bgfg.data_manifests.imports.plain_picture import decode_plain
from bgfg.data_manifests.imports.plain_png import decode_plain_png

RNG = np.random.default_rng(0)
PIXELS = RNG.integers(0, 256, (21, 34, 4), np.uint8)


def saved(pixels: Any, **options: Any) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG", **options)
    return stream.getvalue()


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + zlib.crc32(kind + content).to_bytes(4)


def png(height: int, width: int, bits: int, colours: int, stream: bytes, interlaced: int = 0) -> bytes:
    head = struct.pack(">IIBBBBB", width, height, bits, colours, 0, 0, interlaced)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", stream) + chunk(b"IEND", b"")


def by_pillow(data: bytes) -> Any:
    with Image.open(io.BytesIO(data)) as image:
        return np.asarray(image)


@pytest.mark.parametrize(("colours", "bits", "pixel_bytes"), [(0, 8, 1), (0, 16, 2), (2, 8, 3)])
@pytest.mark.parametrize("row_filter", range(5))
@pytest.mark.parametrize(("height", "width"), [(1, 1), (7, 5), (17, 33)])
def test_pixels_are_those_of_pillow(
    height: int, width: int, row_filter: int, colours: int, bits: int, pixel_bytes: int
) -> None:
    rows = [bytes([row_filter]) + RNG.bytes(width * pixel_bytes) for _ in range(height)]
    data = png(height, width, bits, colours, zlib.compress(b"".join(rows)))
    pixels = decode_plain(data)
    assert pixels is not None
    assert pixels.dtype == (np.uint16 if bits == 16 else np.uint8)
    assert np.array_equal(pixels, by_pillow(data))
    short = png(height, width, bits, colours, zlib.compress(b"".join(rows)[:-1]))
    assert decode_plain(short) is None


@pytest.mark.parametrize("library", ["zlib", "zlib_ng.zlib_ng"])
def test_masks_without_filters_are_inflated_alone_and_others_as_before(
    library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(plain_png, "inflating", pytest.importorskip(library, reason="bgfg[import] isn't installed"))
    by_opencv, decoded = cv2.imdecode, []

    def counted(data: Any, how: int) -> Any:
        decoded.append(how)
        return by_opencv(data, how)

    monkeypatch.setattr(cv2, "imdecode", counted)
    rows = [b"\0" + RNG.bytes(33) for _ in range(17)]
    plain = zlib.compress(b"".join(rows))
    filtered = zlib.compress(b"".join([*rows[:5], b"\1" + rows[5][1:], *rows[6:]]))
    for stream, is_decoded in ((plain, False), (filtered, True), (zlib.compress(b"".join(rows) + b"more"), True)):
        decoded.clear()
        data = png(17, 33, 8, 0, stream)
        pixels = decode_plain_png(data)
        assert pixels is not None
        assert pixels.flags.c_contiguous
        assert np.array_equal(pixels, by_pillow(data))
        assert bool(decoded) == is_decoded
    halves = [chunk(b"IDAT", part) for part in (plain[:100], plain[100:])]
    whole = png(17, 33, 8, 0, plain)
    cut = whole.index(b"IDAT") - 4
    in_two = decode_plain_png(whole[:cut] + b"".join(halves) + chunk(b"IEND", b""))
    assert in_two is not None
    assert np.array_equal(in_two, by_pillow(whole))
    assert decode_plain_png(png(17, 33, 8, 0, plain[:-5])) is None


def test_what_says_more_or_is_damaged_is_left_to_pillow() -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    grey, rgb = PIXELS[..., 0].copy(), PIXELS[..., :3].copy()
    raw_profile = PngImagePlugin.PngInfo()
    raw_profile.add_text("Raw profile type exif", "\nexif\n0\n\n")
    whole = saved(rgb)
    flipped = bytearray(whole)
    flipped[60] ^= 1
    rows = b"".join(b"\0" + bytes(34 * 3) for _ in range(21))
    for data in (
        saved(PIXELS),
        saved(rgb, exif=exif),
        saved(rgb, icc_profile=profile),
        saved(rgb, pnginfo=raw_profile),
        saved(grey, transparency=3),
        saved(grey > 128),
        whole[:-12],
        whole + b"x",
        bytes(flipped),
        png(21, 34, 8, 2, zlib.compress(rows), interlaced=1),
        png(21, 34, 16, 2, zlib.compress(rows)),
        png(2**31 - 1, 2**31 - 1, 8, 2, zlib.compress(rows)),
        whole[:30],
        b"",
    ):
        assert decode_plain_png(data) is None
    told = PngImagePlugin.PngInfo()
    told.add_text("Software", "bgfg")
    pixels = decode_plain_png(saved(rgb, pnginfo=told, dpi=(72, 72)))
    assert pixels is not None
    assert np.array_equal(pixels, rgb)
