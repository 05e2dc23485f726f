"""Pictures of labels: values as they are stored, nothing scaled or merged."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from bgfg.data_manifests.images.decode import PictureError
from bgfg.data_manifests.images.image_writing import save_palette_png, save_wide_png
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


def test_a_jpeg_is_known_to_be_lossy(tmp_path: Path) -> None:
    Image.fromarray(LABELS).save(tmp_path / "m.jpg")
    assert read_label_picture(tmp_path / "m.jpg").lossy


def save_wide(stored: np.ndarray, path: Path) -> Path:
    """Write 16-bit colours, RGB or RGBA, in full, which Pillow can't."""
    order = cv2.COLOR_RGBA2BGRA if stored.shape[2] == 4 else cv2.COLOR_RGB2BGR
    cv2.imwrite(str(path), cv2.cvtColor(stored.astype(np.uint16), order))
    return path


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        (np.dstack([LABELS.astype(np.uint16) * 3001] * 3), LABELS.astype(np.uint16) * 3001),
        (np.dstack([LABELS] * 3), LABELS.astype(np.uint16)),
        (colours(3).astype(np.uint16) * 257, colours(3)),
        (colours(3).astype(np.uint16) * 256, colours(3)),
        (colours(3), colours(3)),
        (colours(4).astype(np.uint16) * 257, colours(4)),
    ],
)
def test_16_bit_colours_are_grey_or_what_8_bits_hold(
    tmp_path: Path, stored: np.ndarray, expected: np.ndarray, suffix: str
) -> None:
    read = read_label_picture(save_wide(stored, tmp_path / f"m{suffix}"))
    assert read.values.dtype == expected.dtype
    assert np.array_equal(read.values, expected)


def test_16_bit_colours_that_would_merge_are_refused_but_for_a_cut_out(tmp_path: Path) -> None:
    labels = np.dstack([LABELS.astype(np.uint16) + 1000, LABELS, LABELS])
    with pytest.raises(PictureError, match=r"don't fit into 8 bits .* Save class numbers as 16-bit grey"):
        read_label_picture(save_wide(labels, tmp_path / "m.png"))
    rng = np.random.default_rng(3)
    coverage = np.tile(np.where(LABELS > 3, 65535, LABELS.astype(int) * 9001), (2, 2))
    cutout = np.dstack([rng.integers(0, 65536, (2 * H, 2 * W, 3)), coverage])
    read = read_label_picture(save_wide(cutout, tmp_path / "c.png")).values
    assert read.dtype == np.uint8
    assert np.abs(read - cutout / 257).max() <= 0.5


@pytest.mark.parametrize(
    ("stored", "expected"),
    [
        (LABELS.astype(np.int32), LABELS),
        (LABELS.astype(np.int32) * 9000, LABELS.astype(int) * 9000),
        (LABELS.astype(np.float32), LABELS),
        (LABELS.astype(np.float32) / 7, np.round(LABELS / 7 * 65535)),
        (np.where(LABELS == 0, np.float32(-5e-5), np.float32(1.0000002)), (LABELS != 0).astype(int)),
    ],
)
def test_wide_numbers_and_fractions_are_read(tmp_path: Path, stored: np.ndarray, expected: np.ndarray) -> None:
    Image.fromarray(stored).save(tmp_path / "m.tif")
    read = read_label_picture(tmp_path / "m.tif")
    assert (str(read.values.dtype), read.floats) == ("uint16", stored.dtype == np.float32)
    assert np.abs(read.values - expected).max() <= (1 if stored.max() < 1 else 0)


@pytest.mark.parametrize(
    ("stored", "line"),
    [
        (LABELS.astype(np.int32) - 1, "values from -1 to 5; labels are whole numbers from 0 to 65535, or fractions"),
        (LABELS.astype(np.int32) * 70000, "values from 0 to 420000; labels are whole numbers"),
        (LABELS.astype(np.float32) * 40.5, "values from 0 to 243; labels are whole numbers"),
        (np.where(LABELS == 0, np.nan, 1).astype(np.float32), "values that are no numbers"),
    ],
)
def test_what_no_labels_are_is_refused_by_name(tmp_path: Path, stored: np.ndarray, line: str) -> None:
    Image.fromarray(stored).save(tmp_path / "m.tif")
    with pytest.raises(PictureError, match=line) as caught:
        read_label_picture(tmp_path / "m.tif")
    assert str(tmp_path / "m.tif") in caught.value.lines[0]
