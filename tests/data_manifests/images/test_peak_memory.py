"""What a picture takes while it is read is what its size is limited by, whatever kind it is of."""

from __future__ import annotations

import json
import os
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bgfg.data_manifests.images.decode import MAX_DECODE_BYTES, MAX_PIXELS, PictureError, decode
from tests.data_manifests.images.test_pixels import chunk

_SIDE_PX = 1_600
# Bytes a pixel. Pillow takes 1, 2 or 4, and what is made of it 3 or 4, or as many as the labels have.
_MOST = {
    "picture:bits.png": 4, "picture:grey.png": 4, "picture:palette.png": 4, "picture:wide.png": 5,
    "picture:wide.tif": 5, "picture:colours.png": 7, "picture:cutout.png": 8, "picture:colours.jpg": 7,
    "picture:colours.webp": 17, "12 bits:wide_colours.png": 12, "12 bits:wide.png": 5, "label:wide.png": 4,
    "label:palette.png": 2, "label:floats.tif": 6, "statistics:wide.png": 4,
    "statistics:palette.png": 2.5, "statistics:colours.png": 8, "codes:wide.png": 4,
}  # fmt: skip


def _save_all(folder: Path, side_px: int) -> None:
    folder.mkdir()
    grey = np.full((side_px, side_px), 40, np.uint8)
    grey[: side_px // 2, : side_px // 3], grey[: side_px // 3, : side_px // 2] = 255, 7
    colours = Image.fromarray(np.dstack([grey, grey, np.zeros_like(grey)]))
    wide = grey.astype(np.uint16) * 16
    Image.fromarray(grey > 99).save(folder / "bits.png")
    Image.fromarray(grey).save(folder / "grey.png", compress_level=1)
    palette = Image.fromarray(grey // 64)
    palette.putpalette(bytes(range(12)))
    palette.save(folder / "palette.png", compress_level=1)
    Image.fromarray(wide).save(folder / "wide.png", compress_level=1)
    Image.fromarray(wide).save(folder / "wide.tif", compression="tiff_deflate")
    for name in ("colours.png", "colours.jpg", "colours.webp"):
        colours.save(folder / name)
    Image.fromarray(np.dstack([np.asarray(colours), grey])).save(folder / "cutout.png", compress_level=1)
    Image.fromarray(grey.astype(np.float32) / 255).save(folder / "floats.tif", compression="tiff_deflate")
    rows = np.dstack([wide, wide // 2, wide * 0]).astype(">u2").reshape(side_px, -1).view(np.uint8)
    _save_png(folder / "wide_colours.png", rows, side_px)


def _save_png(path: Path, rows: np.ndarray, side_px: int, kind: tuple[int, int] = (16, 2)) -> None:
    head = struct.pack(">IIBBBBB", side_px, side_px, *kind, 0, 0, 0)
    data = zlib.compress(np.pad(rows, ((0, 0), (1, 0))).tobytes(), 1)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", data) + chunk(b"IEND", b""))


@pytest.mark.skipif(sys.platform != "linux", reason="tells the peak of memory by /proc")
def test_no_kind_of_picture_takes_more_memory_than_its_limit_reckons_with(tmp_path: Path) -> None:
    _save_all(tmp_path / "large", _SIDE_PX)
    _save_all(tmp_path / "small", 40)
    # Else a process keeps what was freed, and takes from that.
    environment = os.environ | {"MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_TRIM_THRESHOLD_": "65536"}
    command = [
        sys.executable,
        "-m",
        "tests.data_manifests.images.peak_memory",
        *map(str, (tmp_path / "large", tmp_path / "small")),
    ]
    done = subprocess.run([*command, *_MOST], check=True, capture_output=True, text=True, env=environment)
    found = {f"{reader}:{name}": taken for reader, name, taken in map(json.loads, done.stdout.splitlines())}
    assert found.keys() == _MOST.keys()
    assert {key: taken for key, taken in found.items() if taken > _MOST[key] + 0.9} == {}


@pytest.mark.parametrize(
    ("kind", "mode", "bytes_per_pixel"),
    [((8, 0), "L", 4), ((16, 0), "I;16", 5), ((8, 2), "RGB", 8), ((8, 6), "RGBA", 8)],
)
def test_pixels_are_limited_by_the_memory_that_they_take(
    tmp_path: Path, kind: tuple[int, int], mode: str, bytes_per_pixel: int
) -> None:
    most = min(MAX_PIXELS, MAX_DECODE_BYTES // bytes_per_pixel)
    side_px = int(most**0.5) + 1
    _save_png(tmp_path / "a.png", np.zeros((1, 1), np.uint8), side_px, kind)
    with pytest.raises(PictureError, match=f"at most {most // 10**6} megapixels are decoded of PNG in mode {mode}"):
        decode(tmp_path / "a.png")
    _save_png(tmp_path / "a.png", np.zeros((1, 1), np.uint8), side_px - 1, kind)
    with pytest.raises(PictureError, match="damaged or cut short"):  # it is one row alone
        decode(tmp_path / "a.png")


def test_blocks_of_large_pictures_are_larger_than_any_that_the_heap_keeps() -> None:
    assert Image.core.get_block_size() > 32 * 2**20  # type: ignore[attr-defined]  # above DEFAULT_MMAP_THRESHOLD_MAX of glibc
