"""Pictures of labels: values as they are stored, nothing scaled or merged."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bgfg.data_manifests.images.decode import PictureError
from bgfg.data_manifests.images.image_io import save_palette_png, save_wide_png
from bgfg.data_manifests.images.label_picture import read_label_picture

H, W = 13, 17
LABELS = np.random.default_rng(1).integers(0, 7, (H, W)).astype(np.uint8)


def colours(channels: int) -> np.ndarray:
    return np.random.default_rng(2).integers(0, 256, (H, W, channels)).astype(np.uint8)


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        (LABELS, LABELS),
        (LABELS > 3, (LABELS > 3).astype(np.uint8)),
        (LABELS.astype(np.uint16), LABELS.astype(np.uint16)),
        (LABELS.astype(np.uint16) * 9000, LABELS.astype(np.uint16) * 9000),
        (colours(3), colours(3)),
        (colours(4), colours(4)),
    ],
)
def test_values_are_those_of_the_file(tmp_path: Path, stored: np.ndarray, expected: np.ndarray) -> None:
    Image.fromarray(stored).save(tmp_path / "m.png")
    read = read_label_picture(tmp_path / "m.png")
    assert (read.palette, read.lossy, read.values.dtype) == (None, False, expected.dtype)
    assert np.array_equal(read.values, expected)


def test_a_palette_gives_indices_and_their_colours_with_transparency(tmp_path: Path) -> None:
    palette = np.arange(21, dtype=np.uint8).reshape(7, 3) * 11
    save_palette_png(LABELS, palette, tmp_path / "m.png")
    read = read_label_picture(tmp_path / "m.png")
    assert read.palette is not None
    assert np.array_equal(read.values, LABELS)
    assert np.array_equal(read.palette[:7, :3], palette)
    assert (read.palette[:, 3] == 255).all()
    image = Image.open(tmp_path / "m.png")
    image.save(tmp_path / "t.png", transparency=2)
    transparent = read_label_picture(tmp_path / "t.png").palette
    assert transparent is not None
    assert np.flatnonzero(transparent[:, 3] == 0).tolist() == [2]


def test_a_pgm_of_few_levels_keeps_its_numbers(tmp_path: Path) -> None:
    values = (LABELS.astype(np.uint16) * 150).astype(">u2")
    (tmp_path / "m.pgm").write_bytes(b"P5 %d %d 1000\n" % (W, H) + values.tobytes())
    assert np.array_equal(read_label_picture(tmp_path / "m.pgm").values, values)


def test_wide_values_are_written_as_they_are(tmp_path: Path) -> None:
    values = LABELS.astype(np.uint16) * 1001
    save_wide_png(values, tmp_path / "m.png")
    assert np.array_equal(read_label_picture(tmp_path / "m.png").values, values)


def test_a_jpeg_is_known_to_be_lossy_and_floats_are_refused(tmp_path: Path) -> None:
    Image.fromarray(LABELS).save(tmp_path / "m.jpg")
    assert read_label_picture(tmp_path / "m.jpg").lossy
    Image.fromarray(LABELS.astype(np.float32)).save(tmp_path / "m.tif")
    with pytest.raises(PictureError, match="mode F, which is not read as labels"):
        read_label_picture(tmp_path / "m.tif")
