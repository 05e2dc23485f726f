"""Pictures with depth in the layouts of data sets."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import cv2
import h5py
import numpy as np
import pytest
import scipy.io

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.depth_teacher.evaluation.rgbd import open_rgbd
from tests.support import references
from tests.support.project import SHARED
from tests.support.rgbd_pairs import pairs_of

RGBD = SHARED / "rgbd"
H, W = 13, 17


def depth_values(seed: int) -> np.ndarray:
    values = np.random.default_rng(seed).integers(500, 9_000, (H, W)).astype(np.uint16)
    values[0, 0] = 0
    return values


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("rgb", "depth"):
        (tmp_path / name).mkdir()
    for i in (10, 9):
        cv2.imwrite(str(tmp_path / f"rgb/{i}.png"), references.picture(H, W, i)[..., ::-1])
        cv2.imwrite(str(tmp_path / f"depth/{i}.png"), depth_values(i))
    return tmp_path


@pytest.mark.parametrize(("scale", "unit"), [(0.001, 1000), (1 / 5000, 5000), (1 / 256, 256)])
def test_a_folder_gives_pairs_in_natural_order_and_metres(folder: Path, scale: float, unit: float) -> None:
    found = open_rgbd(folder, scale)
    assert (found.count, found.crop) == (2, None)
    pairs = pairs_of(found)
    assert [pair.name for pair in pairs] == ["9", "10"]
    for pair, i in zip(pairs, (9, 10), strict=True):
        assert np.array_equal(pair.rgb, references.picture(H, W, i))
        assert pair.depth_m == pytest.approx(depth_values(i) / unit)
        assert pair.depth_m[0, 0] == 0


def test_arrays_of_floats_are_metres_and_what_is_not_finite_is_unknown(folder: Path) -> None:
    shutil.rmtree(folder / "depth")
    (folder / "depth").mkdir()
    for i in (10, 9):
        metres = depth_values(i) / 1000
        metres[1, 1], metres[1, 2] = np.nan, -1
        np.save(folder / f"depth/{i}.npy", metres)
    first = pairs_of(open_rgbd(folder))[0]
    assert first.depth_m[2:] == pytest.approx(depth_values(9)[2:] / 1000)
    assert not first.depth_m[1, 1:3].any()
    scaled = pairs_of(open_rgbd(folder, 0.5))[0]  # a unit that is given counts for floating-point numbers too
    assert scaled.depth_m == pytest.approx(first.depth_m / 2)


def test_one_folder_with_telling_ends_gives_pairs(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "00001_colors.png"), references.picture(H, W, 0)[..., ::-1])
    cv2.imwrite(str(tmp_path / "00001_depth.png"), depth_values(0))
    (pair,) = pairs_of(open_rgbd(tmp_path))
    assert pair.name == "00001"
    assert pair.depth_m == pytest.approx(depth_values(0) / 1000)


def nyu(folder: Path, with_crop: bool = True) -> tuple[np.ndarray, np.ndarray]:
    rgb = np.random.default_rng(0).integers(0, 256, (3, H, W, 3), dtype=np.uint8)
    depth = np.random.default_rng(1).uniform(1, 9, (3, H, W)).astype(np.float32)
    np.save(folder / "eigen_test_rgb.npy", rgb)
    np.save(folder / "eigen_test_depth.npy", depth)
    if with_crop:
        np.save(folder / "eigen_test_crop.npy", np.array([2, 9, 3, 12]))
    return rgb, depth


@pytest.mark.parametrize("zipped", [False, True])
def test_nyu_is_read_frame_by_frame_with_its_own_crop(tmp_path: Path, zipped: bool) -> None:
    (tmp_path / "nyu").mkdir()
    rgb, depth = nyu(tmp_path / "nyu")
    path = tmp_path / "nyu"
    if zipped:
        path = tmp_path / "nyu_test.zip"
        with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
            for array in (tmp_path / "nyu").iterdir():
                file.write(array, array.name)
    found = open_rgbd(path)
    assert (found.count, found.crop) == (3, (2, 10, 3, 13))  # the file's bounds are included, ours aren't
    pairs = pairs_of(found)
    assert np.array_equal([pair.rgb for pair in pairs], rgb)
    assert np.array_equal([pair.depth_m for pair in pairs], depth)
    assert [pair.name for pair in pairs] == ["0000", "0001", "0002"]


def test_nyu_in_fortran_order_is_the_same(tmp_path: Path) -> None:
    rgb, depth = nyu(tmp_path)
    np.save(tmp_path / "eigen_test_rgb.npy", np.asfortranarray(rgb))
    np.save(tmp_path / "eigen_test_depth.npy", np.asfortranarray(depth))
    pairs = pairs_of(open_rgbd(tmp_path))
    assert np.array_equal([pair.rgb for pair in pairs], rgb)
    assert np.array_equal([pair.depth_m for pair in pairs], depth)


def save_labelled(path: Path, rgb: np.ndarray, depth: np.ndarray) -> None:
    """Write pictures (n, H, W, 3) and depth (n, H, W) as MATLAB lays them out."""
    with h5py.File(path, "w", userblock_size=512) as file:
        file.create_dataset("images", data=rgb.transpose(0, 3, 2, 1), chunks=(1, 3, W, H), compression="gzip")
        file.create_dataset("depths", data=depth.transpose(0, 2, 1))


def test_nyus_labelled_data_set_is_read_frame_by_frame(tmp_path: Path) -> None:
    rgb, depth = nyu(tmp_path)
    save_labelled(tmp_path / "labelled.mat", rgb, depth)
    found = open_rgbd(tmp_path / "labelled.mat")
    pairs = pairs_of(found)
    assert (found.count, found.crop) == (3, None)
    assert np.array_equal([pair.rgb for pair in pairs], rgb)
    assert np.array_equal([pair.depth_m for pair in pairs], depth)


def test_other_matlab_files_are_one_line(tmp_path: Path) -> None:
    rgb, depth = nyu(tmp_path)
    save_labelled(tmp_path / "a.mat", rgb, depth[:, :5])
    with pytest.raises(Problem, match=r"a\.mat: images of shape \(3, 3, 17, 13\) beside depths of \(3, 17, 5\)"):
        open_rgbd(tmp_path / "a.mat")
    scipy.io.savemat(tmp_path / "b.mat", {"images": 1})
    with pytest.raises(Problem, match=r"b\.mat: no MATLAB file of version 7\.3"):
        open_rgbd(tmp_path / "b.mat")


def test_nyu_of_other_cut_outs_is_refused(tmp_path: Path) -> None:
    _, depth = nyu(tmp_path)
    np.save(tmp_path / "eigen_test_depth.npy", depth.transpose(0, 2, 1))
    with pytest.raises(Problem, match="they show different cut-outs"):
        pairs_of(open_rgbd(tmp_path))


def test_nyu_without_a_crop_has_none(tmp_path: Path) -> None:
    nyu(tmp_path, with_crop=False)
    assert open_rgbd(tmp_path).crop is None


def test_what_has_no_partner_is_named(folder: Path) -> None:
    (folder / "depth/9.png").unlink()
    with pytest.raises(Problem, match=r"rgb/9\.png: has no depth map of the same name \(1 such\)"):
        open_rgbd(folder)


def test_all_that_have_no_partner_are_named_and_left_out_when_asked(folder: Path) -> None:
    for name in ("a", "b"):
        (folder / f"rgb/{name}.png").write_bytes((folder / "rgb/9.png").read_bytes())
    (folder / "depth/c.png").write_bytes((folder / "depth/9.png").read_bytes())
    with pytest.raises(Problem) as caught:
        open_rgbd(folder)
    advice = "add it, move it away, or pass --skip-bad"
    assert caught.value.lines == (
        f"{folder}/rgb/a.png: has no depth map of the same name (2 such: a.png, b.png): {advice}",
        f"{folder}/depth/c.png: has no picture of the same name (1 such): {advice}",
    )
    found = open_rgbd(folder, skip_bad=True)
    assert [pair.name for pair in pairs_of(found)] == ["9", "10"]
    assert [note.endswith(": left out") for note in found.notes] == [True, True]


def test_a_folder_without_pairs_a_strange_zip_and_nothing_are_one_line(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="no pictures with depth"):
        open_rgbd(tmp_path)
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as file:
        file.writestr("x", "y")
    with pytest.raises(Problem, match=r"a\.zip: a zip without eigen_test_rgb\.npy"):
        open_rgbd(tmp_path / "a.zip")
    with pytest.raises(Problem, match="neither a folder of pairs nor"):
        open_rgbd(tmp_path / "nowhere")


def test_arrays_that_do_not_belong_together_are_one_line(tmp_path: Path) -> None:
    rgb, depth = nyu(tmp_path)
    np.save(tmp_path / "eigen_test_crop.npy", np.array([2, 9, 3]))
    with pytest.raises(Problem, match=r"eigen_test_crop\.npy: no top, bottom, left and right of a crop"):
        open_rgbd(tmp_path)
    np.save(tmp_path / "eigen_test_depth.npy", depth[:2])
    with pytest.raises(Problem, match=r"pictures of shape \(3, 13, 17, 3\) beside depth of \(2, 13, 17\)"):
        open_rgbd(tmp_path)
    np.save(tmp_path / "eigen_test_rgb.npy", rgb[..., 0])
    with pytest.raises(Problem, match=r"eigen_test_rgb\.npy: an array of u1 \(3, 13, 17\)"):
        open_rgbd(tmp_path)


def test_a_damaged_zip_is_one_line(tmp_path: Path) -> None:
    nyu(tmp_path)
    whole = tmp_path / "whole.zip"
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_DEFLATED) as file:
        for array in tmp_path.glob("*.npy"):
            file.write(array, array.name)
    data = whole.read_bytes()
    middle = len(data) // 2
    (tmp_path / "flipped.zip").write_bytes(data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :])
    with pytest.raises(Problem, match=r"flipped\.zip: damaged, or not a whole zip"):
        pairs_of(open_rgbd(tmp_path / "flipped.zip"))
    (tmp_path / "cut.zip").write_bytes(data[:-10])
    with pytest.raises(Problem, match=r"cut\.zip: damaged, or not a whole zip"):
        open_rgbd(tmp_path / "cut.zip")


def test_pickled_and_cut_arrays_are_one_line(tmp_path: Path) -> None:
    nyu(tmp_path)
    path = tmp_path / "eigen_test_depth.npy"
    path.write_bytes(path.read_bytes()[:-40])
    with pytest.raises(Problem, match="cut short at frame 2 of 3"):
        pairs_of(open_rgbd(tmp_path))
    np.save(path, np.array([[[{"a": 1}]]], dtype=object), allow_pickle=True)
    with pytest.raises(Problem, match="an array of object"):
        open_rgbd(tmp_path)
    path.write_bytes(b"no array")
    with pytest.raises(Problem, match=r"not a whole \.npy array"):
        open_rgbd(tmp_path)


@pytest.mark.skipif(not RGBD.is_dir(), reason="no ../shared/rgbd beside the repository")
@pytest.mark.parametrize(
    ("name", "count", "scale"),
    [("slambook2_ch5", 5, 0.001), ("open3d_redwood", 3, 0.001), ("slambook2_ch12", 5, 1 / 5000)],
)
def test_measured_rooms_have_the_depth_of_rooms(name: str, count: int, scale: float) -> None:
    pairs = pairs_of(open_rgbd(RGBD / name, scale))
    assert len(pairs) == count
    for pair in pairs:
        assert pair.rgb.shape == (*pair.depth_m.shape, 3) == (480, 640, 3)
        assert 0.5 < np.median(pair.depth_m[pair.depth_m > 0]) < 5
