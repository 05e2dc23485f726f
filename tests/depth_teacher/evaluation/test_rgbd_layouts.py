"""Layouts of pictures with depth, each in a clean form, and those that leave somebody alone."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.depth_teacher.evaluation.rgbd import open_rgbd
from tests.support import references
from tests.support.rgbd_pairs import pairs_of

H, W = 13, 17


def depth_mm(seed: int) -> np.ndarray:
    return np.random.default_rng(seed).integers(500, 9_000, (H, W)).astype(np.uint16)


def save(path: Path, seed: int, is_depth: bool) -> None:
    """Write the picture, or the depth map, of a seed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rgb = references.picture(H, W, seed)
    if path.suffix == ".npy":
        np.save(path, depth_mm(seed) / 1000 if is_depth else rgb)
    else:
        cv2.imwrite(str(path), depth_mm(seed) if is_depth else rgb[..., ::-1])


# Names of two pictures and of their depth maps, and the names that the pairs get.
LAYOUTS = {
    "two folders": (["rgb/1.png", "rgb/2.png"], ["depth/1.png", "depth/2.png"], ["1", "2"]),
    "two folders, numbers of digits": (["image/2.png", "image/10.png"], ["depths/2.png", "depths/10.png"], ["2", "10"]),
    "folders with words in names": (
        ["rgb/rgb_00045.png", "rgb/rgb_00046.png"],
        ["depth/sync_depth_00045.png", "depth/sync_depth_00046.png"],
        ["00045", "00046"],
    ),
    "folders of scenes in both": (["rgb/a/1.png", "rgb/b/1.png"], ["depth/a/1.png", "depth/b/1.png"], ["a/1", "b/1"]),
    "a folder of depth beside the pictures": (["1.png", "2.png"], ["depth/1.png", "depth/2.png"], ["1", "2"]),
    "a picture folder of any name": (["office/1.png", "office/2.png"], ["depth/1.png", "depth/2.png"], ["1", "2"]),
    "NYU in folders of scenes": (
        ["bath/rgb_00045.png", "bath/rgb_00046.png"],
        ["bath/sync_depth_00045.png", "bath/sync_depth_00046.png"],
        ["bath/00045", "bath/00046"],
    ),
    "NYU, one folder": (
        ["rgb_00045.png", "rgb_00046.png"],
        ["sync_depth_00045.png", "sync_depth_00046.png"],
        ["00045", "00046"],
    ),
    "a folder a sample": (
        ["room1/rgb.png", "room2/rgb.png"],
        ["room1/depth.png", "room2/depth.png"],
        ["room1", "room2"],
    ),
    "numbered": (["rgb0001.png", "rgb0002.png"], ["depth0001.png", "depth0002.png"], ["0001", "0002"]),
    "depth_gt_X": (["hall.png", "yard.png"], ["depth_gt_hall.png", "depth_gt_yard.png"], ["hall", "yard"]),
    "X_depth": (["hall.png", "yard.png"], ["hall_depth.png", "yard_depth.png"], ["hall", "yard"]),
    "words in all names": (
        ["image_1_rgb.png", "image_2_rgb.png"],
        ["image_1_depth.png", "image_2_depth.png"],
        ["1", "2"],
    ),
    "7-Scenes": (
        ["chess/seq-01/frame-000000.color.png", "chess/seq-01/frame-000001.color.png"],
        ["chess/seq-01/frame-000000.depth.png", "chess/seq-01/frame-000001.depth.png"],
        ["chess/seq-01/frame-000000", "chess/seq-01/frame-000001"],
    ),
    "DIODE": (["a_1.png", "a_2.png"], ["a_1_depth.npy", "a_2_depth.npy"], ["a_1", "a_2"]),
    "arrays of both": (["rgb/1.npy", "rgb/2.npy"], ["depth/1.npy", "depth/2.npy"], ["1", "2"]),
    "what files hold": (["1.jpg", "2.jpg"], ["1.png", "2.png"], ["1", "2"]),
    "SUN": (
        ["N1/image/a-003439452.png", "N2/image/b-1.png"],
        ["N1/depth/a-003425426.png", "N2/depth/b-2.png"],
        ["N1/a-003439452", "N2/b-1"],
    ),
    "KITTI": (
        ["image/d_0002_sync_image_05_image_02.png", "image/d_0002_sync_image_08_image_02.png"],
        [
            "groundtruth_depth/d_0002_sync_groundtruth_depth_05_image_02.png",
            "groundtruth_depth/d_0002_sync_groundtruth_depth_08_image_02.png",
        ],
        ["d_0002_sync_05_02", "d_0002_sync_08_02"],
    ),
    "ARKit": (["lowres_wide/1.png", "lowres_wide/2.png"], ["lowres_depth/1.png", "lowres_depth/2.png"], ["1", "2"]),
    "TUM": (
        ["rgb/1305031102.175304.png", "rgb/1305031102.211214.png"],
        ["depth/1305031102.160407.png", "depth/1305031102.226738.png"],
        ["1305031102.175304", "1305031102.211214"],
    ),
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_layouts_that_people_have_are_read_as_they_come(tmp_path: Path, layout: str) -> None:
    rgb, depth, names = LAYOUTS[layout]
    for seed, (picture, measured) in enumerate(zip(rgb, depth, strict=True)):
        save(tmp_path / picture, seed, False)
        save(tmp_path / measured, seed, True)
    found = open_rgbd(tmp_path)
    assert (found.count, found.notes) == (2, ())
    pairs = pairs_of(found)
    assert [pair.name for pair in pairs] == names
    for seed, pair in enumerate(pairs):
        assert pair.depth_m == pytest.approx(depth_mm(seed) / 1000)
        assert np.abs(pair.rgb.astype(int) - references.picture(H, W, seed)).mean() < (30 if ".jpg" in rgb[0] else 1e-9)
        assert pair.decided == ()


def test_masks_and_views_beside_depth_are_no_depth(tmp_path: Path) -> None:
    save(tmp_path / "a_1.png", 0, False)
    save(tmp_path / "a_1_depth.npy", 0, True)
    np.save(tmp_path / "a_1_depth_mask.npy", np.ones((H, W)))
    (pair,) = pairs_of(open_rgbd(tmp_path))
    assert pair.depth_m == pytest.approx(depth_mm(0) / 1000)


def test_frames_without_depth_of_their_time_are_counted(tmp_path: Path) -> None:
    for i, time in enumerate(("1.000000", "1.033000", "1.066000")):
        save(tmp_path / f"rgb/{time}.png", i, False)
    for i, time in ((0, "1.010000"), (2, "1.060000")):
        save(tmp_path / f"depth/{time}.png", i, True)
    found = open_rgbd(tmp_path)
    assert [pair.name for pair in pairs_of(found)] == ["1.000000", "1.066000"]
    assert found.notes == (f"{tmp_path / 'rgb'}: 1 picture without a depth map of about the same time: left out",)


@pytest.mark.parametrize(
    ("rgb", "depth", "message"),
    [
        (["rgb/1.png", "rgb/2.png"], ["depth/1.png", "depth/3.png"], r"rgb/2\.png: has no depth map of the same name"),
        (["hall.png"], ["hall_depth.png", "yard_depth.png"], r"yard_depth\.png: has no picture of the same name"),
        (["rgb/1.png", "rgb/1.jpg"], ["depth/1.png"], r"rgb/1\.png: beside 1\.jpg, and only one can be the picture"),
        (["rgb/1.png"], ["depth/1.png", "depth/1.npy"], r"depth/1\.png: beside 1\.npy, and only one can be the depth"),
    ],
)
def test_what_has_no_partner_or_two_is_named(tmp_path: Path, rgb: list[str], depth: list[str], message: str) -> None:
    for name in rgb:
        save(tmp_path / name, 0, False)
    for name in depth:
        save(tmp_path / name, 0, True)
    with pytest.raises(Problem, match=message):
        open_rgbd(tmp_path)
