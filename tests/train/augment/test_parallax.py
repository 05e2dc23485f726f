"""Parallax shifts each place by as much as it is near, in one direction, and leaves all else alone."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("torch", reason="the extra [train] isn't installed")

import torch

from bgfg.train.augment.config import AugmentConfig
from bgfg.train.augment.counter_rng import CounterRng, DrawPurpose
from bgfg.train.augment.parallax import shift_by_parallax

N, H, W = 12, 60, 90
RNG = CounterRng(0, 0, np.arange(N))
ALL = AugmentConfig(parallax_share=1.0, parallax_px_at_224=4.0)


def places() -> torch.Tensor:
    """Pictures whose two channels are the column and the row of each pixel: what they become says where it is from."""
    y, x = np.mgrid[:H, :W].astype(np.float32)
    return torch.from_numpy(np.stack([x, y])).repeat(N, 1, 1, 1)


def shifts_px() -> np.ndarray:
    """Return how far each place of each picture is shifted, (n, 2, h, w), a margin left out."""
    moved = shift_by_parallax(places(), RNG, ALL) - places()
    return moved[..., 5:-5, 5:-5].numpy()


def test_a_picture_is_shifted_in_one_direction_and_never_further_than_said() -> None:
    shifts, angle = shifts_px(), RNG.between(DrawPurpose.PARALLAX, 1, 0, 2 * np.pi)
    aside = shifts[:, 0] * np.sin(angle)[:, None, None] - shifts[:, 1] * np.cos(angle)[:, None, None]
    assert np.abs(aside).max() < 1e-3
    lengths = np.hypot(shifts[:, 0], shifts[:, 1])
    assert lengths.max() <= 4.0 * W / 224 + 1e-3
    assert lengths.max(axis=(1, 2)).max() > 2.0 * W / 224


def test_things_differ_in_nearness_and_pictures_from_one_another() -> None:
    shifts = shifts_px()
    spread = np.ptp(np.hypot(shifts[:, 0], shifts[:, 1]), axis=(1, 2))
    assert (spread > 0.1).mean() > 0.7
    assert len({round(float(each), 4) for each in spread}) == N


def test_what_is_nothing_else_than_floor_is_shifted_the_further_the_lower(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bgfg.train.augment.parallax._FLOOR", (1.0, 1.0))
    shifts = shifts_px()
    rows = shifts.mean(axis=3)
    np.testing.assert_allclose(shifts, np.broadcast_to(rows[..., None], shifts.shape), atol=1e-3)
    steps = np.diff(rows, axis=2)
    np.testing.assert_allclose(steps, np.broadcast_to(steps[..., :1], steps.shape), atol=1e-3)


def test_nothing_moves_unless_asked_for_and_a_sample_is_the_same_in_any_batch() -> None:
    torch.testing.assert_close(shift_by_parallax(places(), RNG, AugmentConfig()), places(), atol=0, rtol=0)
    whole = shift_by_parallax(places(), RNG, ALL)
    last = shift_by_parallax(places()[-2:], CounterRng(0, 0, np.arange(N)[-2:]), ALL)
    torch.testing.assert_close(last, whole[-2:], atol=0, rtol=0)
