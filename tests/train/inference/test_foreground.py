"""The person's own colours: laid over their background they give the picture."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest

from bgfg.train.inference import foreground
from bgfg.train.inference.foreground import alpha_to_u8, blend, estimate_foreground
from bgfg.train.inference.predictor import PersonMatte
from tests.support.composites import composite

H, W = 61, 83


@pytest.mark.parametrize("known", [True, False])
def test_over_its_background_the_cut_out_is_the_picture(known: bool) -> None:
    picture, background, mask = composite(H, W, 1)
    alpha = (mask / 255).astype(np.float32)
    rgba = PersonMatte(alpha, estimate_foreground(picture, alpha, background if known else None)).cutout
    again = blend(rgba[..., :3], (rgba[..., 3] / 255).astype(np.float32), background)
    apart = np.abs(again.astype(int) - picture)
    assert apart[(mask == 0) | (mask == 255)].max() == 0
    assert apart.mean() < (0.3 if known else 1)


def test_edge_colours_lose_the_background() -> None:
    mask = np.zeros((H, W), np.float32)
    mask[15:45, 20:60] = 1
    soft = np.clip((mask + np.roll(mask, 2, 0) + np.roll(mask, 2, 1) + np.roll(mask, -2, 1)) / 4, 0, 1)
    person, green = np.array([200, 40, 60]), np.array([0, 255, 0])
    picture = np.round(soft[..., None] * person + (1 - soft[..., None]) * green).astype(np.uint8)
    edge = (soft > 0.2) & (soft < 0.9)
    contaminated = np.abs(picture[edge].astype(int) - person).mean()
    for background in (None, np.broadcast_to(green, picture.shape).astype(np.uint8)):
        colours = estimate_foreground(picture, soft.astype(np.float32), background)
        assert np.abs(colours[edge].astype(int) - person).mean() < 0.3 * contaminated
        assert (colours[soft == 0] == 0).all()


@pytest.mark.parametrize("known", [True, False])
def test_colours_found_tile_by_tile_are_those_found_at_once(monkeypatch: pytest.MonkeyPatch, known: bool) -> None:
    picture, background, mask = composite(H, W, 1)
    given = picture, (mask / 255).astype(np.float32), background if known else None
    at_once = estimate_foreground(*given)
    monkeypatch.setattr(foreground, "_TILE_PX", 17)
    np.testing.assert_allclose(estimate_foreground(*given).astype(int), at_once, atol=1)


def test_a_person_in_a_large_picture_takes_a_few_bytes_a_pixel(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(foreground, "_TILE_PX", 256)
    picture, alpha = np.full((1_500, 2_000, 3), 90, np.uint8), np.full((1_500, 2_000), 0.5, np.float32)
    tracemalloc.start()
    try:
        person = PersonMatte(alpha, estimate_foreground(picture, alpha, picture))
        assert person.over(picture).shape == person.cutout[..., :3].shape
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 14 * alpha.size  # the colours, and the composite or the cut-out beside them


def mean(levels: np.ndarray, weight: np.ndarray, half_px: int) -> np.ndarray:
    """The weighted mean around each pixel, one pixel after the other; at the border the frame is mirrored."""
    size = ((half_px, half_px),) * 2
    weights, products = (np.pad(each, size, mode="reflect") for each in (weight, levels * weight))
    found = np.zeros_like(levels)
    for y, x in np.ndindex(*levels.shape):
        window = np.s_[y : y + 2 * half_px + 1, x : x + 2 * half_px + 1]
        found[y, x] = products[window].mean() / (weights[window].mean() + 1e-5)
    return found


@pytest.mark.parametrize("known", [True, False])
def test_colours_are_those_of_two_means_and_two_regressions(known: bool) -> None:
    draw = np.random.default_rng(0)
    picture, background = (draw.integers(0, 256, (19, 27, 3), dtype=np.uint8) for _ in range(2))
    alpha = np.round(draw.random((19, 27)), 1).astype(np.float32)
    found = estimate_foreground(picture, alpha, background if known else None)
    hold = 0.3 if known else 1.0
    for channel in range(3):
        seen = picture[..., channel].astype(float)
        front, back = seen, background[..., channel].astype(float) if known else seen
        for half_px, power in ((8, 4), (2, 1)):
            front = mean(front, alpha.astype(float) ** power, half_px)
            back = back if known else mean(back, (1 - alpha.astype(float)) ** power, half_px)
            missing = seen - alpha * front - (1 - alpha) * back
            front = np.clip(front + missing * alpha / (alpha**2 + hold * (1 - alpha) ** 2), 0, 255)
        wanted = np.where(alpha > 0, np.round(front), 0)
        assert np.abs(found[..., channel] - wanted).max() <= 1


def test_a_blend_is_the_mean_by_alpha_also_where_nothing_is() -> None:
    draw = np.random.default_rng(0)
    colours, background = (draw.integers(0, 256, (H, W, 3), dtype=np.uint8) for _ in range(2))
    alpha = np.zeros((H, W), np.float32)
    for box in (np.s_[:0], np.s_[5:40, 60:], np.s_[:]):
        alpha[box] = draw.random(alpha[box].shape, np.float32)
        for levels in (colours, colours.astype(np.float32)):
            wanted = np.round(colours * alpha[..., None] + background * (1 - alpha[..., None]))
            found = blend(levels, alpha, background)
            assert found.dtype == np.uint8
            np.testing.assert_array_equal(found, wanted)


def test_an_empty_scene_has_no_colours() -> None:
    picture, _, _ = composite(H, W, 1)
    assert (estimate_foreground(picture, np.zeros((H, W), np.float32)) == 0).all()


def test_levels_are_the_nearest() -> None:
    assert alpha_to_u8(np.array([[-1, 0, 0.5, 0.998, 1, 2]], np.float32)).tolist() == [[0, 0, 128, 254, 255, 255]]
