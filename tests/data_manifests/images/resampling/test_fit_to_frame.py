"""Fitting: crops are centred, areas are averaged, and no colour leaks out of what can't be seen."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from bgfg.data_manifests.images.decode import PictureError
from bgfg.data_manifests.images.resampling.fit_to_frame import (
    fit_background,
    fit_cutout,
    fit_depth,
    flip,
    resize_cutout,
)
from bgfg.data_manifests.images.resampling.frame_geometry import centre_crop_box


def coverage(count: int, source_count: int) -> NDArray[np.float64]:
    """(count, source_count): the share of each source pixel in each new one, slow and obvious."""
    step = source_count / count
    shares = np.zeros((count, source_count))
    for new in range(count):
        for old in range(source_count):
            shares[new, old] = max(0.0, min((new + 1) * step, old + 1) - max(new * step, old)) / step
    return shares


def area_resize(pixels: NDArray, height_px: int, width_px: int) -> NDArray[np.float64]:
    rows, columns = coverage(height_px, pixels.shape[0]), coverage(width_px, pixels.shape[1])
    resized: NDArray[np.float64] = np.einsum("yY,xX,YX...->yx...", rows, columns, pixels.astype(np.float64))
    return resized


def noise(*shape: int) -> NDArray[np.uint8]:
    return np.random.default_rng(sum(shape)).integers(0, 256, shape).astype(np.uint8)


@pytest.mark.parametrize(("height_px", "width_px"), [(13, 17), (1, 1), (60, 80), (61, 7)])
def test_resizing_agrees_with_box_coverage(height_px: int, width_px: int) -> None:
    rgb = noise(61, 83, 3)
    top, left, crop_height_px, crop_width_px = centre_crop_box(61, 83, height_px, width_px)
    cropped = rgb[top : top + crop_height_px, left : left + crop_width_px]
    fitted = fit_background(rgb, height_px, width_px)
    assert fitted.shape == (height_px, width_px, 3)
    assert fitted.dtype == np.uint8
    assert np.abs(fitted - area_resize(cropped, height_px, width_px)).max() <= 1


@pytest.mark.parametrize(("height_px", "width_px"), [(13, 17), (31, 40), (1, 5)])
def test_cutouts_agree_with_box_coverage_of_premultiplied_colour(height_px: int, width_px: int) -> None:
    rgba = noise(61, 83, 4)
    alpha = rgba[..., 3:] / 255.0
    expected_alpha = area_resize(alpha, height_px, width_px)
    expected = area_resize(rgba[..., :3] * alpha, height_px, width_px) / expected_alpha
    resized = resize_cutout(rgba, height_px, width_px)
    assert np.abs(resized[..., :3] - expected).max() <= 0.501
    assert np.abs(resized[..., 3:] - expected_alpha * 255).max() <= 0.501


def test_enlarging_a_background_interpolates_between_its_pixels() -> None:
    fitted = fit_background(np.array([[[0] * 3, [100] * 3]], np.uint8), 5, 10)
    assert fitted.shape == (5, 10, 3)
    assert (np.diff(fitted[2, :, 0].astype(int)) >= 0).all()
    assert (fitted[:, 0] == 0).all()
    assert (fitted[:, -1] == 100).all()


def test_a_background_of_the_right_size_is_untouched() -> None:
    rgb = noise(13, 17, 3)
    np.testing.assert_array_equal(fit_background(rgb, 13, 17), rgb)
    np.testing.assert_array_equal(fit_background(rgb, 13, 13), rgb[:, 2:15])


def test_no_colour_leaks_out_of_transparent_pixels() -> None:
    rgba = np.zeros((61, 83, 4), np.uint8)
    rgba[..., 0] = 255  # red everywhere, but only where nothing is seen
    rgba[11:50, 23:60] = (0, 0, 200, 255)
    resized = resize_cutout(rgba, 13, 17)
    assert ((resized[..., 3] > 0) & (resized[..., 3] < 255)).any()
    assert (resized[..., :2] == 0).all()
    assert set(np.unique(resized[resized[..., 3] > 0, 2])) == {200}
    assert (resized[resized[..., 3] == 0] == 0).all()
    np.testing.assert_array_equal(resize_cutout(rgba, 61, 83), rgba * (rgba[..., 3:] > 0))


@given(st.integers(1, 60), st.integers(1, 60), st.integers(1, 40), st.integers(1, 40), st.integers(1, 40))
@settings(derandomize=True)
def test_a_cutout_lies_inside_the_frame_and_keeps_its_aspect(
    h: int, w: int, height_px: int, frame_h: int, frame_w: int
) -> None:
    fitted = fit_cutout(np.full((h, w, 4), 255, np.uint8), height_px, frame_h, frame_w)
    scale = min(height_px / h, frame_h / h, frame_w / w)
    assert fitted.shape[0] <= min(height_px, frame_h)
    assert fitted.shape[1] <= frame_w
    assert abs(fitted.shape[0] - max(1, h * scale)) <= 0.5 + 1e-9
    assert abs(fitted.shape[1] - max(1, w * scale)) <= 0.5 + 1e-9
    assert (fitted == 255).all()


def test_a_cutout_that_fades_away_is_refused() -> None:
    rgba = np.zeros((200, 200, 4), np.uint8)
    rgba[::7, ::7] = 255
    with pytest.raises(PictureError, match=r"fg/dust.png: nothing opaque is left of it at 20×20 px"):
        fit_cutout(rgba, 20, 224, 224, "fg/dust.png")


def test_depth_is_cropped_as_its_background_and_never_mixed() -> None:
    depth_mm = np.arange(61 * 83, dtype=np.uint16).reshape(61, 83)
    top, left, h, w = centre_crop_box(61, 83, 13, 17)
    np.testing.assert_array_equal(fit_depth(depth_mm, (61, 83, 3), h, w), depth_mm[top : top + h, left : left + w])
    small = fit_depth(depth_mm, (61, 83, 3), 13, 17)
    assert small.shape == (13, 17)
    assert small.dtype == np.uint16
    for y in range(13):
        for x in range(17):
            row, column = top + int((y + 0.5) * h / 13), left + int((x + 0.5) * w / 17)
            assert small[y, x] == depth_mm[row, column]


def test_depth_of_another_size_follows_the_picture_it_belongs_to() -> None:
    background = np.zeros((120, 400), np.uint16)
    background[:, 200:] = 7
    half = background[::2, ::2]
    for size in ((60, 60), (13, 17)):
        np.testing.assert_array_equal(fit_depth(half, (120, 400, 3), *size), fit_depth(background, (120, 400), *size))


def test_depth_of_another_shape_is_refused_with_both_sizes() -> None:
    with pytest.raises(PictureError, match=r"d.png: the depth map is 203×200 and its background 400×400"):
        fit_depth(np.zeros((200, 203), np.uint16), (400, 400, 3), 13, 17, "d.png")
    assert fit_depth(np.zeros((200, 202), np.uint16), (400, 400, 3), 13, 17).shape == (13, 17)
    assert fit_depth(np.zeros((40, 60), np.uint16), (667, 1000, 3), 13, 17).shape == (13, 17)


def test_a_flip_exchanges_left_and_right() -> None:
    rgba = noise(13, 17, 4)
    np.testing.assert_array_equal(flip(rgba), rgba[:, ::-1])
    np.testing.assert_array_equal(flip(flip(rgba)), rgba)
    assert flip(rgba).flags.c_contiguous
