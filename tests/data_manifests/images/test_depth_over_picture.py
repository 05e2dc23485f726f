"""Depth maps that may lie over their picture, and those that are turned with their photo."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from bgfg.data_manifests.assets.preparation import prepare_assets
from bgfg.data_manifests.images.decode import PictureError
from bgfg.data_manifests.images.depth_over_picture import is_same_shape, turn_with_picture
from tests.support import references
from tests.support.sensor_depth import H, W, room_m

ORIENTATION = 0x0112


@pytest.mark.parametrize(
    ("depth", "rgb", "same"),
    [
        ((480, 640), (480, 640), True),
        ((192, 256), (1440, 1920), True),
        ((480, 640), (968, 1296), True),  # ScanNet
        ((480, 848), (720, 1280), True),  # RealSense
        ((40, 60), (667, 1000), True),
        ((47, 156), (375, 1242), True),
        ((424, 512), (1080, 1920), False),  # Kinect 2, not registered
        ((427, 561), (480, 640), False),  # NYU without its white border
        ((640, 480), (480, 640), False),
        ((0, 0), (480, 640), False),
    ],
)
def test_sizes_may_differ_but_not_the_aspect(depth: tuple[int, int], rgb: tuple[int, int], same: bool) -> None:
    assert is_same_shape(depth, (*rgb, 3)) is same


def saved(path: Path, pixels: np.ndarray, orientation: int) -> Path:
    tag = Image.Exif()
    tag[ORIENTATION] = orientation
    Image.fromarray(pixels).save(path, exif=tag)
    return path


def test_a_map_with_a_tag_of_its_own_is_upright_already(tmp_path: Path) -> None:
    depth_mm = (room_m() * 1000).astype(np.uint16)
    photo = saved(tmp_path / "p.png", references.picture(H, W, 0), 3)
    depth = saved(tmp_path / "d.png", depth_mm, 3)
    assert turn_with_picture(depth_mm, depth, photo, (H, W, 3)) is depth_mm
    untagged = saved(tmp_path / "e.png", depth_mm, 1)
    with pytest.raises(PictureError, match="may lie either way"):
        turn_with_picture(depth_mm, untagged, photo, (H, W, 3))


def test_depth_of_backgrounds_is_turned_with_its_photo_and_that_is_noted(tmp_path: Path) -> None:
    for name in ("bg", "fg", "depth"):
        (tmp_path / name).mkdir()
    depth_mm = (room_m() * 1000).astype(np.uint16)
    for i in range(2):
        saved(tmp_path / f"bg/{i}.png", references.picture(H, W, i), 6)
        Image.fromarray(depth_mm if i else np.rot90(depth_mm, -1).copy()).save(tmp_path / f"depth/{i}.png")
    Image.fromarray(references.cutout(20, 10, 0)).save(tmp_path / "fg/a.png")
    found = prepare_assets(
        tmp_path / "bg", tmp_path / "fg", tmp_path / "depth", height_px=W, width_px=H, cutout_height_px=20
    )
    assert found.background_depth is not None
    for prepared in found.background_depth:
        assert np.array_equal(prepared, np.rot90(depth_mm, -1))
    turned = [remark for remark in found.remarks if remark.check == "depth-turned"]
    assert [(remark.file, remark.severity) for remark in turned] == [("1.png", "note")]
