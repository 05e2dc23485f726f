"""Area resizing, exact to the last digit."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from numpy.typing import NDArray

from bgfg.data_manifests.images.resampling.exact_resize import resize_alpha, resize_rgba
from bgfg.data_manifests.images.resampling.fit_to_frame import resize_cutout
from tests.support import references

SIZES = [(13, 17), (7, 5), (29, 31), (1, 1), (14, 17), (13, 40)]


def shares(count: int, source_count: int) -> list[list[Fraction]]:
    """(count, source_count): the share of each old pixel under each new one, slow and obvious."""
    step = Fraction(source_count, count)
    return [
        [
            max(Fraction(0), min((new + 1) * step, Fraction(old + 1)) - max(new * step, Fraction(old))) / step
            for old in range(source_count)
        ]
        for new in range(count)
    ]


def half_up(value: Fraction) -> int:
    return int(value + Fraction(1, 2))


def slow_rgba(rgba: NDArray[np.uint8], height_px: int, width_px: int) -> NDArray[np.uint8]:
    rows, columns = (np.array(shares(*pair)) for pair in ((height_px, len(rgba)), (width_px, rgba.shape[1])))
    values = rgba.astype(object)
    premultiplied = np.dstack([values[..., :3] * values[..., 3:], values[..., 3:]])
    means = np.einsum("xX,yXc->yxc", columns, np.einsum("yY,YXc->yXc", rows, premultiplied))
    resized = np.zeros(means.shape, np.uint8)
    for y, x in np.ndindex(height_px, width_px):
        alpha = half_up(means[y, x, 3])
        if alpha:
            resized[y, x] = [*(half_up(Fraction(mean, means[y, x, 3])) for mean in means[y, x, :3]), alpha]
    return resized


@pytest.mark.parametrize(("height_px", "width_px"), SIZES)
def test_every_pixel_is_the_exact_mean_rounded_half_up(height_px: int, width_px: int) -> None:
    rgba = references.cutout(13, 17, 1)
    resized = resize_rgba(rgba, height_px, width_px)
    assert np.array_equal(resized, slow_rgba(rgba, height_px, width_px))
    assert np.array_equal(resize_alpha(rgba[..., 3], height_px, width_px), resized[..., 3])


@pytest.mark.parametrize(("height_px", "width_px"), SIZES)
def test_it_is_the_area_resizing_that_cutouts_are_prepared_with(height_px: int, width_px: int) -> None:
    rgba = references.cutout(13, 17, 2)
    difference = resize_rgba(rgba, height_px, width_px).astype(int) - resize_cutout(rgba, height_px, width_px)
    assert np.abs(difference).max() <= 1


def test_at_its_own_size_a_prepared_cutout_stays_as_it_is() -> None:
    rgba = resize_cutout(references.cutout(13, 17, 3), 13, 17)
    assert np.array_equal(resize_rgba(rgba, 13, 17), rgba)


def test_no_colour_leaks_out_of_transparent_pixels() -> None:
    rgba = np.zeros((13, 17, 4), np.uint8)
    rgba[..., 0] = 255
    rgba[3:9, 5:11] = (0, 0, 200, 255)
    resized = resize_rgba(rgba, 19, 7)
    assert (resized[..., :2] == 0).all()
    assert set(np.unique(resized[resized[..., 3] > 0, 2])) == {200}
