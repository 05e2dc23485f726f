"""16-bit pictures that use fewer bits: decided by all files of a folder, and brought to 8 bits in full."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from bgfg.data_manifests.images.image_reading import read_picture
from bgfg.data_manifests.images.wide_values import is_wide, significant_bits


def grey(path: Path, highest: int, size: int = 9) -> Path:
    values = np.linspace(0, highest, size * size).astype(np.uint16).reshape(size, size)
    Image.fromarray(values).save(path)
    return path


def colour(path: Path, values: NDArray[np.uint16]) -> Path:
    order = cv2.COLOR_RGB2BGR if values.shape[2] == 3 else cv2.COLOR_RGBA2BGRA
    path.write_bytes(cv2.imencode(path.suffix, cv2.cvtColor(values, order))[1].tobytes())
    return path


@pytest.mark.parametrize(
    ("highest", "bits"),
    [
        ((255, 200), 8), ((1023, 90), 10), ((4095, 300), 12), ((3000,), 12), ((16383, 100), 14),
        ((65535, 4095), 16), ((65520,), 16), ((14000,), 16), ((1500,), 16), ((0,), 16),
    ],
)  # fmt: skip
def test_all_files_of_a_folder_decide(tmp_path: Path, highest: tuple[int, ...], bits: int) -> None:
    paths = [grey(tmp_path / f"a{i}.png", value) for i, value in enumerate(highest)]
    found = significant_bits(paths)
    assert (found.bits, found.highest, found.files) == (bits, max(highest), tuple(paths))
    assert (found.note() == "") == (bits == 16)
    if bits < 16:
        assert f"values up to {max(highest):,} only: read as {bits} bits" in found.note()
        assert "a0.png" in found.note()
        assert "if they are only dark, save them with 8 bits" in found.note()
        top = 2**bits - 1
        expected = np.floor(np.asarray(Image.open(paths[0])) * 255.0 / top + 0.5)
        np.testing.assert_array_equal(read_picture(paths[0], bits).pixels[..., 1], expected)


def test_pictures_of_8_bits_dont_count(tmp_path: Path) -> None:
    for name in ("a.png", "a.jpg", "a.tif"):
        Image.fromarray(np.full((4, 5), 200, np.uint8)).save(tmp_path / name)
    (tmp_path / "b.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (tmp_path / "c.tif").write_bytes(b"II*\0")
    paths = sorted(tmp_path.iterdir())
    assert not any(is_wide(path) for path in (*paths, tmp_path / "missing.png", tmp_path))
    assert significant_bits(paths).bits == 16
    assert significant_bits([]).note() == ""


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("channels", [3, 4])
def test_colours_are_read_in_full_where_pillow_keeps_the_high_byte(tmp_path: Path, suffix: str, channels: int) -> None:
    values = np.random.default_rng(0).integers(0, 4096, (7, 9, channels)).astype(np.uint16)
    values[0, 0] = 4095
    path = colour(tmp_path / f"a{suffix}", values)
    found = significant_bits([path])
    assert (found.bits, found.highest) == (12, 4095)
    expected = np.floor(values * 255.0 / 4095 + 0.5)
    np.testing.assert_array_equal(read_picture(path, 12).pixels, expected)
    full = colour(tmp_path / f"b{suffix}", values * 16)
    assert significant_bits([path, full]).bits == 16
    np.testing.assert_array_equal(read_picture(full).pixels, values >> 4)


def test_wide_colours_stand_upright_too(tmp_path: Path) -> None:
    values = np.arange(2 * 3 * 3, dtype=np.uint16).reshape(2, 3, 3) * 200
    data = bytearray(colour(tmp_path / "a.png", values).read_bytes())
    exif = Image.Exif()
    exif[0x0112] = 6
    body = exif.tobytes().removeprefix(b"Exif\0\0")

    chunk = struct.pack(">I", len(body)) + b"eXIf" + body + struct.pack(">I", zlib.crc32(b"eXIf" + body))
    (tmp_path / "b.png").write_bytes(bytes(data[:33]) + chunk + bytes(data[33:]))
    expected = np.floor(np.rot90(values, -1) * 255.0 / 4095 + 0.5)
    np.testing.assert_array_equal(read_picture(tmp_path / "b.png", 12).pixels, expected)
