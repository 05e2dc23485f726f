"""One picture with its depth: units, arrays, codings, and maps that don't lie over their picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.depth_teacher.evaluation.rgbd_files import RgbdPair, read_pair
from tests.support import references
from tests.support.sensor_depth import H, W, disparity, room_m, rotated

ORIENTATION = 0x0112


@pytest.fixture
def rgb_file(tmp_path: Path) -> Path:
    Image.fromarray(references.picture(H, W, 0)).save(tmp_path / "rgb.png")
    return tmp_path / "rgb.png"


def saved(folder: Path, values: NDArray) -> Path:
    """Write values as .npy, or where a picture can hold them as PNG or TIFF."""
    if values.dtype == np.uint16:
        Image.fromarray(np.ascontiguousarray(values)).save(folder / "depth.png")
        return folder / "depth.png"
    np.save(folder / "depth.npy", values)
    return folder / "depth.npy"


@pytest.mark.parametrize(
    ("values", "scale_m"),
    [
        (room_m(), None),
        (room_m().astype(np.float32) * 1000, 0.001),
        (np.asfortranarray(room_m().astype(np.float32)), None),
        (np.asfortranarray(room_m() * 1000).astype(np.int32, order="F"), None),
        (room_m()[..., None], None),
        (room_m()[None].astype(">f4"), None),
        (np.round(room_m() * 5000).astype(np.uint16), 1 / 5000),
        (disparity(room_m()).byteswap(), None),
        (disparity(room_m()), None),
        (rotated((room_m() * 1000).astype(np.uint16)), None),
        (rotated((room_m() * 1000).astype(np.uint16)), 1 / 8000),
    ],
)
def test_the_same_depth_is_read_from_any_form(
    tmp_path: Path, rgb_file: Path, values: NDArray, scale_m: float | None
) -> None:
    pair = read_pair("a", rgb_file, saved(tmp_path, values), scale_m)
    seen = pair.depth_m > 0
    assert seen.mean() > 0.99
    assert pair.depth_m[seen] == pytest.approx(room_m()[seen], rel=0.01)


def test_a_coding_that_was_recognised_is_told(tmp_path: Path, rgb_file: Path) -> None:
    assert read_pair("a", rgb_file, saved(tmp_path, room_m()), None).decided == ()
    for values, words in ((disparity(room_m()), "Kinect"), (rotated((room_m() * 1000).astype(np.uint16)), "SUN RGB-D")):
        (said,) = read_pair("a", rgb_file, saved(tmp_path, values), None).decided
        assert words in said


def test_floating_point_pictures_are_metres(tmp_path: Path, rgb_file: Path) -> None:
    Image.fromarray(room_m().astype(np.float32)).save(tmp_path / "d.tif")
    assert read_pair("a", rgb_file, tmp_path / "d.tif", None).depth_m == pytest.approx(room_m())


def test_a_sensors_mark_for_nothing_seen_is_unknown(tmp_path: Path, rgb_file: Path) -> None:
    values = (room_m() * 1000).astype(np.uint16)
    values[0, :5] = 65535
    assert not read_pair("a", rgb_file, saved(tmp_path, values), None).depth_m[0, :5].any()


@pytest.mark.parametrize("form", ["u1", "chw", "unit"])
def test_pictures_may_be_arrays(tmp_path: Path, form: str) -> None:
    rgb = references.picture(H, W, 0)
    forms: dict[str, NDArray] = {"u1": rgb, "chw": rgb.transpose(2, 0, 1), "unit": rgb / 255}
    np.save(tmp_path / "rgb.npy", forms[form])
    pair = read_pair("a", tmp_path / "rgb.npy", saved(tmp_path, room_m()), None)
    assert np.array_equal(pair.rgb, rgb)


def test_arrays_that_are_no_pictures_are_refused(tmp_path: Path) -> None:
    np.save(tmp_path / "rgb.npy", references.picture(H, W, 0) * 500.0)
    with pytest.raises(Problem, match=r"rgb\.npy: an array of float64 .* no picture of 8 bits"):
        read_pair("a", tmp_path / "rgb.npy", saved(tmp_path, room_m()), None)


def photographed(folder: Path, orientation: int, upright_map: bool) -> RgbdPair:
    """Read a photo of this orientation tag beside a map that lies as the sensor does, or upright."""
    tag = Image.Exif()
    tag[ORIENTATION] = orientation
    Image.fromarray(references.picture(H, W, 0)).save(folder / "p.png", exif=tag)
    depth_m = room_m()
    if upright_map:
        depth_m = np.asarray({6: lambda: np.rot90(depth_m, -1), 8: lambda: np.rot90(depth_m)}[orientation]())
    return read_pair("a", folder / "p.png", saved(folder, depth_m), None)


@pytest.mark.parametrize(("orientation", "quarters"), [(6, -1), (8, 1)])
def test_a_map_is_turned_as_its_photo_where_only_that_fits(tmp_path: Path, orientation: int, quarters: int) -> None:
    wanted = np.rot90(room_m(), quarters)
    lying = photographed(tmp_path, orientation, False)
    assert lying.rgb.shape[:2] == (W, H)
    assert lying.depth_m == pytest.approx(wanted)
    assert lying.decided == ("turned as their photos are by their orientation tag",)
    upright = photographed(tmp_path, orientation, True)
    assert upright.depth_m == pytest.approx(wanted)
    assert upright.decided == ()


def test_maps_in_archives_of_arrays_are_turned_too(tmp_path: Path) -> None:
    tag = Image.Exif()
    tag[ORIENTATION] = 6
    Image.fromarray(references.picture(H, W, 0)).save(tmp_path / "p.png", exif=tag)
    np.savez(tmp_path / "d.npz", depth=room_m())
    pair = read_pair("a", tmp_path / "p.png", tmp_path / "d.npz", None)
    assert pair.depth_m == pytest.approx(np.rot90(room_m(), -1))


def test_half_turns_and_mirrored_photos_cannot_be_told_by_their_sides(tmp_path: Path) -> None:
    for orientation in (2, 3):
        with pytest.raises(Problem, match=rf"depth\.npy: the orientation tag \({orientation}\) of p\.png turns it"):
            photographed(tmp_path, orientation, False)


def test_maps_that_show_something_else_are_refused(tmp_path: Path, rgb_file: Path) -> None:
    with pytest.raises(Problem, match=r"depth\.npy: a depth map of 60x80 px .* 80x60 .* lies on its side"):
        read_pair("a", rgb_file, saved(tmp_path, room_m().T), None)
    with pytest.raises(Problem, match=r"of 80x45 px .* shows another cut-out"):
        read_pair("a", rgb_file, saved(tmp_path, room_m()[:45]), None)


def test_negative_distances_are_turned_and_a_mark_for_unknown_is_not(tmp_path: Path, rgb_file: Path) -> None:
    values = -room_m()
    values[0, 0] = 0
    pair = read_pair("a", rgb_file, saved(tmp_path, values), None)
    assert pair.depth_m == pytest.approx(-values, rel=1e-6)
    assert pair.decided == ("all values are negative, as OpenGL has z: taken for distances",)
    pair = read_pair("a", rgb_file, saved(tmp_path, np.full((H, W), -1.0)), None)
    assert not pair.depth_m.any()
    assert pair.decided == ()


def test_a_mask_beside_a_map_says_where_it_is_valid(tmp_path: Path, rgb_file: Path) -> None:
    file = saved(tmp_path, room_m())
    valid = np.ones((H, W), np.float32)
    valid[:9] = 0
    np.save(tmp_path / "depth_mask.npy", valid)
    pair = read_pair("a", rgb_file, file, None)
    assert not pair.depth_m[:9].any()
    assert pair.depth_m[9:] == pytest.approx(room_m()[9:], rel=1e-6)
    assert "_mask.npy" in pair.decided[0]
    np.save(tmp_path / "depth_mask.npy", valid[1:])
    with pytest.raises(Problem, match=r"depth_mask\.npy: .*give the mask of this map"):
        read_pair("a", rgb_file, file, None)
