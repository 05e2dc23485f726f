"""Codings of depth maps by sensors and data sets: recognised by their values, and plain maps never."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from bgfg.data_manifests.images import depth_codings
from bgfg.data_manifests.images.decode import PictureError
from bgfg.data_manifests.images.depth_codings import recognise_coding
from bgfg.data_manifests.images.image_reading import read_depth
from tests.support.project import SHARED
from tests.support.sensor_depth import H, W, disparity, room_m, rotated


def test_a_kinects_disparity_is_read_whatever_the_order_of_its_bytes() -> None:
    values = disparity(room_m())
    for coded, coding in ((values, depth_codings.DISPARITY), (values.byteswap(), depth_codings.SWAPPED_DISPARITY)):
        assert recognise_coding(coded) is coding
        metres = coding.to_metres(coded, 0.001)
        assert not metres[:5, :7].any()
        # A step of disparity is 5 cm at 4.5 m.
        assert metres[5:] == pytest.approx(room_m()[5:], rel=0.01)


def test_swapped_disparity_needs_no_mark_of_the_unknown_but_plain_needs_it() -> None:
    values = np.round(1092.5 - 351.3 / room_m()).astype(np.uint16)
    assert recognise_coding(values.byteswap()) is depth_codings.SWAPPED_DISPARITY
    assert recognise_coding(values) is None  # may be millimetres, of something near


def test_swapped_millimetres_are_told_by_their_roughness() -> None:
    depth_mm = (room_m() * 1000).astype(np.uint16)
    depth_mm[:9, :9] = 0
    coding = recognise_coding(depth_mm.byteswap())
    assert coding is depth_codings.SWAPPED_BYTES
    assert coding.to_metres(depth_mm.byteswap(), 1 / 5000) == pytest.approx(depth_mm / 5000)


@pytest.mark.parametrize("farthest_m", [5, 12])
def test_rotated_bits_of_sun_are_turned_back(farthest_m: float) -> None:
    depth_mm = (room_m() * 1000 * farthest_m / 5).astype(np.uint16)
    coding = recognise_coding(rotated(depth_mm))
    assert coding is depth_codings.ROTATED_BITS
    assert np.array_equal(np.rint(coding.to_metres(rotated(depth_mm), 0.001) * 1000), depth_mm)


PLAIN = {
    "millimetres": (room_m() * 1000).astype(np.uint16),
    "5000 to a metre": (room_m() * 5000).astype(np.uint16),
    "256 to a metre": (room_m() * 256).astype(np.uint16),
    "centimetres": (room_m() * 100).astype(np.uint16),
    "centimetres in millimetres": (room_m() * 100).astype(np.uint16) * 10,
    "8 bits in the upper byte": (room_m() * 40).astype(np.uint16) << 8,
    "8 bits doubled": (room_m() * 40).astype(np.uint16) * 257,
    "steps of 16": (room_m() * 60).astype(np.uint16) * 16,
    "noise": np.random.default_rng(0).integers(500, 9_000, (H, W)).astype(np.uint16),
    "flat": np.full((H, W), 2000, np.uint16),
    "two walls": np.repeat(np.array([[2000, 2048]], np.uint16), 40, axis=1).repeat(H, axis=0),
    "nothing": np.zeros((H, W), np.uint16),
    "up to 2.047 m": np.minimum((room_m() * 600).astype(np.uint16), 2047),
}


@pytest.mark.parametrize("name", PLAIN)
def test_plain_maps_are_taken_as_they_are(name: str) -> None:
    assert recognise_coding(PLAIN[name]) is None


@pytest.mark.skipif(not (SHARED / "rgbd").is_dir(), reason="no ../shared/rgbd beside the repository")
def test_measured_maps_are_plain() -> None:
    for path in sorted((SHARED / "rgbd").glob("*/depth/*.png")):
        with Image.open(path) as image:
            assert recognise_coding(np.array(image).astype(np.uint16)) is None, path


def test_depth_of_backgrounds_that_is_coded_is_refused_by_name(tmp_path: Path) -> None:
    def saved(values: NDArray[np.uint16]) -> Path:
        Image.fromarray(values).save(tmp_path / "d.png")
        return tmp_path / "d.png"

    with pytest.raises(PictureError, match="raw disparity of a Kinect, bytes swapped, no distances"):
        read_depth(saved(disparity(room_m()).byteswap()))
    depth_mm = (room_m() * 1000).astype(np.uint16)
    with pytest.raises(PictureError, match=r"bits rotated .* no distances\. Give --depth-scale 0\.000125"):
        read_depth(saved(rotated(depth_mm)))
    assert np.array_equal(read_depth(saved(rotated(depth_mm)), 0.000125), depth_mm)
