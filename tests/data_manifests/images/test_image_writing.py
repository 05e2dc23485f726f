"""Written pictures: whole or not at all, and read back as they were."""

from __future__ import annotations

import os
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from bgfg.data_manifests.images.decode import PictureError
from bgfg.data_manifests.images.image_reading import read_depth, read_rgb, read_rgba
from bgfg.data_manifests.images.image_writing import save_depth_png, save_jpeg, save_png
from tests.support.full_disk import longest_file

H, W = 13, 17


def scene(height: int = H, width: int = W) -> NDArray[np.uint8]:
    y, x = np.mgrid[0:height, 0:width]
    return np.stack([x * 255 // width, y * 255 // height, (x + y) * 255 // (width + height)], 2).astype(np.uint8)


def figure() -> NDArray[np.uint8]:
    alpha = np.zeros((H, W, 1), np.uint8)
    alpha[3:-1, 2:-4] = 255
    return np.concatenate([scene(), alpha], axis=2)


def test_a_png_written_by_runs_has_the_same_pixels(tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    for shape in ((61, 83), (13, 17, 3), (40, 5, 4)):
        pixels = draw.integers(0, 256, shape, dtype=np.uint8)
        pixels[: shape[0] // 2] = 0
        save_png(pixels, tmp_path / "runs.png", in_runs=True)
        found = cv2.imread(str(tmp_path / "runs.png"), cv2.IMREAD_UNCHANGED)
        assert found is not None
        np.testing.assert_array_equal(found[..., [2, 1, 0, 3][: shape[2]]] if len(shape) == 3 else found, pixels)


def test_saved_files_are_whole_and_leave_nothing_beside_them(tmp_path: Path) -> None:
    save_png(figure(), tmp_path / "a.png")
    np.testing.assert_array_equal(read_rgba(tmp_path / "a.png"), figure())
    save_png(figure()[..., 3], tmp_path / "mask.png")
    np.testing.assert_array_equal(read_rgb(tmp_path / "mask.png")[..., 1], figure()[..., 3])
    save_jpeg(scene(130, 170), tmp_path / "a.jpeg", quality=90)
    assert np.abs(read_rgb(tmp_path / "a.jpeg").astype(int) - scene(130, 170)).mean() < 2
    depth_mm = np.arange(H * W, dtype=np.uint16).reshape(H, W) * 290
    save_depth_png(depth_mm, tmp_path / "d.png")
    np.testing.assert_array_equal(read_depth(tmp_path / "d.png"), depth_mm)
    with pytest.raises(PictureError, match="can't be written"):
        save_png(figure(), tmp_path / "no such folder" / "a.png")
    (tmp_path / "taken.png").mkdir()
    with pytest.raises(PictureError, match="can't be written"):
        save_png(figure(), tmp_path / "taken.png")
    assert sorted(os.listdir(tmp_path)) == ["a.jpeg", "a.png", "d.png", "mask.png", "taken.png"]


@pytest.mark.parametrize("name", ["a.jpeg", "a.png"])
def test_a_disk_that_fills_up_is_an_error_and_no_cut_picture(tmp_path: Path, name: str) -> None:
    save = save_jpeg if name == "a.jpeg" else save_png
    save(scene(130, 170), tmp_path / name)
    whole = (tmp_path / name).read_bytes()
    with longest_file(len(whole) - 1), pytest.raises(PictureError, match=r"can't be written \(File too large\)"):
        save(scene(130, 170), tmp_path / name)
    assert (tmp_path / name).read_bytes() == whole
    assert os.listdir(tmp_path) == [name]
