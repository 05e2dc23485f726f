"""Colour profiles: colours come out as they are meant; what is sRGB by another name isn't touched."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageCms

from bgfg.data_manifests.images.colour_profile import UnreadableProfile, profile_of
from bgfg.data_manifests.images.image_reading import read_own_colours, read_picture, read_rgb, read_rgba
from bgfg.data_manifests.images.image_writing import save_jpeg, save_png
from bgfg.data_manifests.images.label_picture import read_label_picture
from tests.support.icc_profiles import ADOBE_RGB, DISPLAY_P3, SRGB_BY_GAMMA, grey_profile, rgb_profile

P3 = rgb_profile("Display P3", *DISPLAY_P3)
ADOBE = rgb_profile("Adobe RGB (1998)", *ADOBE_RGB)


def colours(size: int = 12) -> NDArray[np.uint8]:
    return np.random.default_rng(0).integers(0, 256, (size, size + 1, 3)).astype(np.uint8)


def save(path: Path, pixels: NDArray[np.uint8], icc: bytes | None) -> Path:
    Image.fromarray(pixels).save(path, icc_profile=icc)
    return path


def srgb_of(linear: NDArray[np.float64]) -> NDArray[np.float64]:
    """The curve of sRGB, IEC 61966-2-1."""
    clipped = np.clip(linear, 0, 1)
    return 255 * np.where(clipped <= 0.0031308, 12.92 * clipped, 1.055 * clipped ** (1 / 2.4) - 0.055)


@pytest.mark.parametrize(("icc", "space"), [(P3, DISPLAY_P3), (ADOBE, ADOBE_RGB)])
def test_colours_are_converted_by_their_primaries(tmp_path: Path, icc: bytes, space: tuple[object, float]) -> None:
    stored = colours()
    seen = read_picture(save(tmp_path / "a.png", stored, icc))
    assert seen.profile in ("Display P3", "Adobe RGB (1998)")
    assert not seen.fault

    def to_xyz(primaries: tuple[tuple[float, float], ...]) -> NDArray[np.float64]:
        columns = np.array([[x / y, 1, (1 - x - y) / y] for x, y in primaries]).T
        white = np.array([0.3127 / 0.3290, 1, (1 - 0.3127 - 0.3290) / 0.3290])
        return columns * np.linalg.solve(columns, white)

    primaries, gamma = space
    matrix = np.linalg.inv(to_xyz(SRGB_BY_GAMMA[0])) @ to_xyz(primaries)  # type: ignore[arg-type]
    expected = srgb_of((stored / 255) ** gamma @ matrix.T)
    assert np.abs(seen.pixels - expected).max() <= 3
    assert np.abs(seen.pixels.astype(int) - stored).max() > 20


def test_srgb_by_any_other_name_keeps_its_bytes(tmp_path: Path) -> None:
    own = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for icc in (own, rgb_profile("sRGB by gamma", *SRGB_BY_GAMMA)):
        seen = read_picture(save(tmp_path / "a.png", colours(), icc))
        assert (seen.profile, seen.fault) == ("", "")
        np.testing.assert_array_equal(seen.pixels, colours())


def test_alpha_isnt_a_colour(tmp_path: Path) -> None:
    rgba = np.dstack([colours(), colours()[..., 0]])
    found = read_rgba(save(tmp_path / "a.png", rgba, P3))
    np.testing.assert_array_equal(found[..., 3], rgba[..., 3])
    np.testing.assert_array_equal(found[..., :3], read_rgb(save(tmp_path / "b.png", colours(), P3)))


def test_grey_levels_with_a_profile_of_their_own(tmp_path: Path) -> None:
    levels = np.arange(256, dtype=np.uint8).reshape(16, 16)
    linear = read_rgb(save(tmp_path / "a.png", levels, grey_profile("linear grey", 1.0)))
    assert np.abs(linear[..., 1] - srgb_of(levels / 255)).max() <= 2
    np.testing.assert_array_equal(linear[..., 0], linear[..., 2])
    same = read_rgb(save(tmp_path / "b.png", levels, grey_profile("grey of gamma 2.2", 2.2)))
    np.testing.assert_array_equal(same[..., 1], levels)


def test_a_profile_that_cant_be_used_is_told_and_colours_are_srgb(tmp_path: Path) -> None:
    damaged = read_picture(save(tmp_path / "a.png", colours(), P3[:200]))
    np.testing.assert_array_equal(damaged.pixels, colours())
    assert "colour profile that can't be used (damaged)" in damaged.fault
    other = read_picture(save(tmp_path / "b.png", colours(), grey_profile("grey", 1.0)))
    np.testing.assert_array_equal(other.pixels, colours())
    assert "grey, which describes L" in other.fault
    with pytest.raises(UnreadableProfile), Image.open(tmp_path / "a.png") as image:
        profile_of(image)


def test_labels_are_no_colours(tmp_path: Path) -> None:
    labels = read_label_picture(save(tmp_path / "a.png", colours(), P3))
    np.testing.assert_array_equal(labels.values, colours())


def test_a_picture_keeps_its_own_numbers_and_its_profile(tmp_path: Path) -> None:
    pixels, profile, remark = read_own_colours(save(tmp_path / "a.png", colours(), P3))
    np.testing.assert_array_equal(pixels, colours())
    assert remark == "Display P3: converted to sRGB, and back in results"
    assert profile is not None
    assert (profile.name, profile.mode, profile.is_reversible) == ("Display P3", "RGB", True)
    for name, write in (("b.png", save_png), ("b.jpg", save_jpeg)):
        write(pixels, tmp_path / name, profile=profile)
        with Image.open(tmp_path / name) as image:
            assert image.info["icc_profile"] == P3
    muted = np.full((3, 3, 3), (120, 140, 90), np.uint8)
    assert np.abs(profile.to_srgb(profile.from_srgb(muted)).astype(int) - muted).max() <= 1
    grey = read_own_colours(save(tmp_path / "c.png", colours()[..., 0], grey_profile("linear", 1.0)))
    assert (grey.profile, grey.remark.endswith(": converted to sRGB")) == (None, True)
    assert read_own_colours(save(tmp_path / "d.png", colours(), None)).remark == ""


def test_shown_colours_are_those_of_littlecms(tmp_path: Path) -> None:
    with Image.open(save(tmp_path / "a.png", colours(), ADOBE)) as image:
        profile = ImageCms.ImageCmsProfile(io.BytesIO(ADOBE))
        expected = ImageCms.profileToProfile(image, profile, ImageCms.createProfile("sRGB"))
    np.testing.assert_array_equal(read_rgb(tmp_path / "a.png"), np.array(expected))
