"""Alpha follows the edges of its picture."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from bgfg.train.inference import guided_filter
from bgfg.train.inference.guided_filter import refine_alpha
from bgfg.train.ops.array_resize import resize_bilinear


def found_at(coarse: np.ndarray, picture: np.ndarray) -> np.ndarray:
    """Refine a map whose network saw the picture at twice the map's size."""
    return refine_alpha(coarse, picture, resize_bilinear(picture, (2 * coarse.shape[0], 2 * coarse.shape[1])))


def test_a_coarse_edge_becomes_that_of_the_picture() -> None:
    truth = np.zeros((96, 120), np.float32)
    truth[:, 53:] = 1  # not on the grid of the map
    picture = np.round(40 + 160 * truth[..., None] * [1, 0.5, 0.8]).astype(np.uint8)
    coarse = resize_bilinear(truth, (12, 15))
    found, plain = found_at(coarse, picture), resize_bilinear(coarse, (96, 120))
    assert found.dtype == np.float32
    assert np.abs(found - truth).mean() < 0.25 * np.abs(plain - truth).mean()
    assert np.abs(found - truth)[:, :40].max() == np.abs(found - truth)[:, 68:].max() == 0


def test_where_the_picture_has_no_edge_alpha_stays_smooth() -> None:
    coarse = np.tile(np.linspace(0, 1, 17, dtype=np.float32), (13, 1))
    found = found_at(coarse, np.full((39, 51, 3), 77, np.uint8))
    assert (np.diff(found, axis=1) >= -1e-6).all()
    assert np.abs(np.diff(found, axis=1)).max() < 0.06


def test_what_is_all_but_sure_is_sure() -> None:
    flat = np.full((13, 17, 3), 100, np.uint8)
    assert (found_at(np.full((5, 6), 0.09, np.float32), flat) == 0).all()
    assert (found_at(np.full((5, 6), 0.91, np.float32), flat) == 1).all()
    np.testing.assert_allclose(found_at(np.full((5, 6), 0.5, np.float32), flat), 0.5, atol=1e-5)


@pytest.mark.parametrize("size", [(64, 80), (211, 97), (39, 251), (13, 17)])
def test_what_is_left_out_is_nothing(monkeypatch: pytest.MonkeyPatch, size: tuple[int, int]) -> None:
    draw = np.random.default_rng(size[0])
    picture = draw.integers(0, 256, (*size, 3), dtype=np.uint8)
    seen = resize_bilinear(picture, (32, 40))
    for top, left, level in ((0, 0, 1), (3, 12, 0.4), (9, 14, 0.11), (9, 14, 0.02)):
        coarse = draw.random((16, 20), np.float32) * np.float32(0.01)
        coarse[top : top + 6, left : left + 5] += np.float32(level)
        found = refine_alpha(coarse, picture, seen)
        with monkeypatch.context() as patch:
            patch.setattr(guided_filter, "_above_nothing", lambda _planes, *size_px: tuple(map(slice, size_px)))
            np.testing.assert_array_equal(found, refine_alpha(coarse, picture, seen))


def test_slopes_are_those_of_a_regression_in_each_window() -> None:
    draw = np.random.default_rng(0)
    alpha, guide = draw.random((7, 9), np.float32), draw.random((7, 9, 3), np.float32)
    slopes, offset = guided_filter._fitted(alpha, guide)
    found = []
    for row in range(2, 5):
        for column in range(2, 7):
            lines = []
            for y in range(row - 1, row + 2):
                for x in range(column - 1, column + 2):
                    window = np.s_[y - 1 : y + 2, x - 1 : x + 2]
                    colours, levels = guide[window].reshape(9, 3).astype(float), alpha[window].ravel().astype(float)
                    apart, variance = levels - levels.mean(), np.cov(colours.T, bias=True) + 1e-4 * np.eye(3)
                    slope = np.linalg.solve(variance, (colours - colours.mean(0)).T @ apart / 9)
                    lines.append([*slope, levels.mean() - slope @ colours.mean(0)])
            found.append(np.mean(lines, axis=0))
    inner = np.s_[2:5, 2:7]
    np.testing.assert_allclose(slopes[inner].reshape(-1, 3), np.array(found)[:, :3], atol=2e-3)
    np.testing.assert_allclose(offset[inner].ravel(), np.array(found)[:, 3], atol=2e-3)


def test_alpha_of_a_large_picture_takes_little_more_than_itself() -> None:
    picture, coarse = np.full((1_500, 2_000, 3), 77, np.uint8), np.full((150, 200), 0.5, np.float32)
    seen = np.full((300, 400, 3), 77, np.float32)
    tracemalloc.start()
    try:
        refine_alpha(coarse, picture, seen)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 8 * picture[..., 0].size  # float32, and the strips
