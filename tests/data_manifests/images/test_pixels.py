"""Palettes that are too short: told, not guessed."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bgfg.data_manifests.images.image_reading import read_picture


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def palette_png(path: Path, colours: int, highest: int) -> Path:
    """A PNG of 8-bit indices 0..highest, with fewer colours in its palette, or more."""
    head = struct.pack(">IIBBBBB", highest + 1, 1, 8, 3, 0, 0, 0)
    rows = zlib.compress(b"\0" + bytes(range(highest + 1)))
    palette = bytes(200 for _ in range(3 * colours))
    chunks = chunk(b"IHDR", head) + chunk(b"PLTE", palette) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunks)
    return path


@pytest.mark.parametrize(
    ("colours", "highest", "fault"), [(4, 15, True), (16, 15, False), (200, 15, False), (1, 1, True)]
)
def test_indices_beyond_the_palette(tmp_path: Path, colours: int, highest: int, fault: bool) -> None:
    seen = read_picture(palette_png(tmp_path / "a.png", colours, highest))
    expected = f"palette of {colours} colours, but indices up to {highest}: the rest is black" if fault else ""
    assert seen.fault == expected
    assert seen.pixels[0, 0, 0] == 200


def test_palettes_as_pillow_writes_them_are_whole(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (30, 40, 3)).astype(np.uint8)
    for name, colours in (("a.png", 7), ("b.png", 256), ("c.gif", 40)):
        Image.fromarray(pixels).quantize(colours).save(tmp_path / name)
        assert read_picture(tmp_path / name).fault == ""
