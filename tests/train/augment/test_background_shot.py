"""How a camera's second shot differs from its first."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch", reason="the extra [train] isn't installed")

import torch

from bgfg.train.augment.background_shot import simulate_background_shot, simulate_composite_shot
from bgfg.train.augment.config import AugmentConfig
from bgfg.train.augment.counter_rng import CounterRng, DrawPurpose
from bgfg.train.augment.jpeg import compress
from tests.support import references

N, H, W = 16, 61, 89
RNG = CounterRng(0, 0, np.arange(N))


def rooms() -> torch.Tensor:
    pictures = np.stack([references.picture(H, W, seed) for seed in range(N)])
    return torch.from_numpy(pictures).permute(0, 3, 1, 2).contiguous()


def plane(across: float, down: float) -> torch.Tensor:
    """Pictures whose level rises evenly: bilinear interpolation makes no error on them."""
    y, x = np.mgrid[:H, :W]
    levels = 128 + across * (x - (W - 1) / 2) + down * (y - (H - 1) / 2)
    return torch.from_numpy(np.round(levels).astype(np.uint8)).expand(N, 3, H, W).contiguous()


def column(values: np.ndarray) -> np.ndarray:
    return values[:, None, None, None]


def test_nothing_changes_unless_asked_for() -> None:
    assert torch.equal(simulate_background_shot(rooms(), RNG, AugmentConfig()), rooms().float())
    assert torch.equal(simulate_composite_shot(rooms().float(), RNG, AugmentConfig()), rooms().float())


def test_exposure_is_gain_times_level_to_the_gamma() -> None:
    found = simulate_background_shot(rooms(), RNG, AugmentConfig(exposure_share=1.0)).numpy()
    gamma = np.exp(RNG.between(DrawPurpose.EXPOSURE, 1, np.log(0.85), np.log(1.18)))
    gain = RNG.between(DrawPurpose.EXPOSURE, 2, 0.92, 1.08)
    expected = np.clip(255 * column(gain) * (rooms().numpy() / 255) ** column(gamma), 0, 255)
    assert np.abs(found - expected).max() <= 0.5 + 1e-4
    assert (gamma.min() < 0.95, gamma.max() > 1.05, gain.min() < 0.97, gain.max() > 1.03) == (True, True, True, True)


def test_colour_balances_channels_and_changes_saturation() -> None:
    levels = torch.tensor([120, 120, 120], dtype=torch.uint8).view(1, 3, 1, 1).expand(N, 3, H, W).contiguous()
    found = simulate_background_shot(levels, RNG, AugmentConfig(colour_share=1.0, balance=0.1, saturation=0.0))[
        ..., 0, 0
    ].numpy()
    expected = np.stack([120 * (1 + RNG.between(DrawPurpose.COLOUR, slot, -0.1, 0.1)) for slot in (1, 2, 3)], axis=1)
    np.testing.assert_allclose(found, expected, atol=0.5001)
    orange = torch.tensor([200, 120, 40], dtype=torch.uint8).view(1, 3, 1, 1).expand(N, 3, H, W).contiguous()
    found = simulate_background_shot(orange, RNG, AugmentConfig(colour_share=1.0, balance=0.0, saturation=0.5))[
        ..., 0, 0
    ].numpy()
    spread = (found.max(1) - found.min(1)) / 160
    np.testing.assert_allclose(spread, 1 - RNG.between(DrawPurpose.COLOUR, 4, -0.5, 0.5), atol=0.09)
    assert (spread.min() < 0.8, spread.max() > 1.1) == (True, True)


def test_a_shift_is_as_long_as_is_said_in_a_frame_of_224() -> None:
    config = AugmentConfig(shift_share=1.0, shift_px_at_224=12.0)
    across = (
        (simulate_background_shot(plane(1, 0), RNG, config) - plane(1, 0))[:, 0, 10:-10, 10:-10]
        .mean(dim=(1, 2))
        .numpy()
    )
    down = (
        (simulate_background_shot(plane(0, 1), RNG, config) - plane(0, 1))[:, 0, 10:-10, 10:-10]
        .mean(dim=(1, 2))
        .numpy()
    )
    np.testing.assert_allclose(across, RNG.between(DrawPurpose.SHIFT, 1, -12, 12) * W / 224, atol=0.51)
    np.testing.assert_allclose(down, RNG.between(DrawPurpose.SHIFT, 2, -12, 12) * H / 224, atol=0.51)


def test_rotation_and_zoom_are_about_the_centre_in_pixels() -> None:
    config = AugmentConfig(rotate_share=1.0, rotate_deg=8.0, zoom=0.1)
    angle = np.radians(RNG.between(DrawPurpose.ROTATE, 1, -8, 8))
    zoom = 1 + RNG.between(DrawPurpose.ROTATE, 2, -0.1, 0.1)
    y, x = np.mgrid[:H, :W] - np.array([(H - 1) / 2, (W - 1) / 2])[:, None, None]
    source_x = zoom[:, None, None] * (np.cos(angle)[:, None, None] * x - np.sin(angle)[:, None, None] * y)
    found = simulate_background_shot(plane(1, 0), RNG, config)[:, 0].numpy()
    inner = np.s_[:, 14:-14, 14:-14]
    np.testing.assert_allclose(found[inner], (128 + source_x)[inner], atol=1.01)


def test_tilted_sizes_differ_between_opposite_borders_by_the_share_that_is_said() -> None:
    config = AugmentConfig(rotate_share=1.0, rotate_deg=0.0, zoom=0.0, tilt=0.2)
    wide, high = (RNG.between(DrawPurpose.ROTATE, slot, -0.2, 0.2)[:, None, None] for slot in (3, 4))
    y, x = np.mgrid[:H, :W] - np.array([(H - 1) / 2, (W - 1) / 2])[:, None, None]
    far = 1 + wide * x / W + high * y / H
    assert np.ptp(far, axis=(1, 2)).max() > 0.2
    found = simulate_background_shot(plane(1, 0), RNG, config)[:, 0].numpy()
    inner = np.s_[:, 10:-10, 10:-10]
    np.testing.assert_allclose(found[inner], (128 + x / far)[inner], atol=1.01)


def test_noise_has_the_deviation_that_is_said_and_is_its_own_in_both_shots() -> None:
    grey = torch.full((N, 3, H, W), 128, dtype=torch.uint8)
    config = AugmentConfig(noise_share=1.0, composite_noise_share=1.0, noise_sigma_levels=(2.0, 12.0))
    second, first = (
        simulate_background_shot(grey, RNG, config) - 128,
        simulate_composite_shot(grey.float(), RNG, config) - 128,
    )
    for noise, purpose in ((second, DrawPurpose.NOISE), (first, DrawPurpose.COMPOSITE_NOISE)):
        expected = np.sqrt(RNG.between(purpose, 1, 2, 12) ** 2 + 1 / 12)
        np.testing.assert_allclose(noise.flatten(1).std(dim=1).numpy(), expected, rtol=0.03)
    assert (second * first).mean() / (second.std() * first.std()) < 0.02


def test_noise_grows_with_the_level_by_the_share_that_is_said() -> None:
    config = AugmentConfig(noise_share=1.0, noise_sigma_levels=(6.0, 6.0), noise_growth=(0.2, 0.8))
    growth = RNG.between(DrawPurpose.NOISE, 2, 0.2, 0.8)
    for level in (40, 128, 200):  # far enough from the ends that nothing is cut off
        grey = torch.full((N, 3, H, W), level, dtype=torch.uint8)
        noise = (simulate_background_shot(grey, RNG, config) - level).flatten(1).std(dim=1).numpy()
        expected = np.sqrt(36 * (1 - growth + growth * level / 127.5) + 1 / 12)
        np.testing.assert_allclose(noise, expected, rtol=0.03)


def test_compression_is_jpegs_at_the_quality_drawn() -> None:
    found = simulate_background_shot(rooms(), RNG, AugmentConfig(jpeg_share=1.0, jpeg_quality=(20, 30)))
    quality = np.floor(RNG.between(DrawPurpose.JPEG, 1, 20, 31)).astype(int)
    assert torch.equal(found, compress(rooms().float(), quality))
    assert 20 <= quality.min() < quality.max() <= 30
    assert torch.equal(simulate_composite_shot(rooms().float(), RNG, AugmentConfig(jpeg_share=1.0)), rooms().float())


def test_switching_one_disturbance_off_leaves_the_others_as_they_are() -> None:
    shift = AugmentConfig(shift_share=0.5)
    both = AugmentConfig(shift_share=0.5, noise_share=0.5, noise_sigma_levels=(5.0, 5.0))
    noisy = RNG.bernoulli(DrawPurpose.NOISE, 0.5)
    assert 0 < noisy.sum() < N
    alone, together = simulate_background_shot(rooms(), RNG, shift), simulate_background_shot(rooms(), RNG, both)
    assert torch.equal(alone[~noisy], together[~noisy])


def test_whole_levels_come_out() -> None:
    config = AugmentConfig(
        shift_share=1.0, rotate_share=1.0, exposure_share=1.0, colour_share=1.0, noise_share=1.0, jpeg_share=0.5
    )
    levels = simulate_background_shot(rooms(), RNG, config)
    assert torch.equal(levels, levels.round())
    assert levels.min() >= 0
    assert levels.max() <= 255
