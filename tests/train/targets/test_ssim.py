"""Structural similarity over what is known."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("torch", reason="the extra [train] isn't installed")

import torch
from torch import Tensor

from bgfg.train.targets.ssim import WINDOW_PX, _gaussian, _windows, crop_to_windows, ssim_map
from tests.support import references_targets as slow


def pair(height_px: int, width_px: int) -> tuple[Tensor, Tensor, Tensor]:
    """Return two similar maps and what is known of them, (2, 1, h, w) each."""
    draw = torch.Generator().manual_seed(0)
    x = torch.rand(2, 1, height_px, width_px, generator=draw)
    y = (x + 0.3 * torch.rand(x.shape, generator=draw)).clamp(0, 1)
    return x, y, torch.rand(x.shape, generator=draw) > 0.3


def test_it_is_the_published_measure_where_all_is_known() -> None:
    pytest.importorskip("skimage", reason="the extra [cutout] isn't installed")
    from skimage.metrics import structural_similarity as published

    x, y, _ = pair(29, 37)
    found = ssim_map(x, y, torch.ones_like(x, dtype=torch.bool))
    window: Any = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    for i in range(2):
        _, expected = published(x[i, 0].numpy(), y[i, 0].numpy(), data_range=1.0, full=True, **window)
        whole = torch.from_numpy(expected)[None, None]
        torch.testing.assert_close(found[i : i + 1], crop_to_windows(whole), rtol=1e-4, atol=1e-5)


def test_it_agrees_with_a_slow_version_over_known_pixels() -> None:
    x, y, known = pair(13, 17)
    found = ssim_map(x, y, known).numpy()
    for i in range(2):
        expected = slow.ssim_map(x[i, 0].double().numpy(), y[i, 0].double().numpy(), known[i, 0].numpy())
        np.testing.assert_allclose(found[i, 0], expected, atol=2e-5)


def test_what_unknown_pixels_hold_has_no_effect() -> None:
    x, y, known = pair(13, 17)
    torch.testing.assert_close(ssim_map(torch.where(known, x, 9.0), y, known), ssim_map(x, y, known))


def test_it_stays_exact_under_autocast_and_in_channels_last() -> None:
    x, y, known = pair(13, 17)
    expected = ssim_map(x, y, known)
    with torch.autocast("cpu", torch.bfloat16):
        torch.testing.assert_close(ssim_map(x.to(memory_format=torch.channels_last), y, known), expected)


def test_a_product_with_windows_is_a_convolution() -> None:
    x, _, _ = pair(WINDOW_PX, 37)
    kernel = _gaussian()
    rows = torch.nn.functional.conv2d(x, kernel.view(1, 1, 1, -1))
    expected = torch.nn.functional.conv2d(rows, kernel.view(1, 1, -1, 1))
    torch.testing.assert_close(_windows(WINDOW_PX) @ x @ _windows(37).T, expected)
