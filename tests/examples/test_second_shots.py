"""What is measured of second shots is what was put into them."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image

from examples.photographs import second_shots


def test_exposure_and_white_balance_are_found() -> None:
    room = np.random.default_rng(1).uniform(40, 200, (31, 47, 3))
    frame = 255 * 0.9 * np.array([1.03, 1.0, 1 / 1.03]) * (room / 255) ** 1.2
    found = second_shots.tone(room, frame, np.ones(room.shape[:2], bool))
    assert found["gamma"] == pytest.approx(1.2)
    assert found["gain"] == pytest.approx(0.9)
    assert found["gain at level 128"] == pytest.approx(0.9 * 0.5**0.2)
    assert [found[f"balance of {name}"] for name in ("red", "green", "blue")] == pytest.approx([1.03, 1, 1 / 1.03])


@pytest.mark.parametrize("sigma", [1.5, 4.0])
def test_noise_is_found_at_its_level_and_nowhere_else(sigma: float) -> None:
    draw = np.random.default_rng(2)
    one, other = (130 + draw.normal(0, sigma, (99, 101, 3)) for _ in range(2))
    assert second_shots.noise(one, other, 128) == pytest.approx(sigma, rel=0.05)
    assert np.isnan(second_shots.noise(one, other, 32))


def test_a_shadow_is_as_dark_as_it_was_made_and_light_is_none() -> None:
    room = np.full((200, 240, 3), (165.0, 90.0, 55.0))
    mask = np.zeros((200, 240), bool)
    mask[30:150, 100:130] = True
    drawn = cv2.ellipse(np.zeros((200, 240)), (150, 145), (50, 16), 0, 0, 360, 1.0, -1)
    dark = room * (1 - 0.5 * cv2.GaussianBlur(drawn, (0, 0), 3)[..., None])
    found = second_shots.shadow(room, np.where(mask[..., None], 10.0, dark), mask)
    assert found["shadow, darkest"] == pytest.approx(0.5, abs=0.04)
    assert 0.25 < found["shadow, mean"] < 0.5
    assert second_shots.shadow(room, np.where(mask[..., None], 10.0, room), mask) == {}


@pytest.mark.parametrize("quality", [30, 75, 95])
def test_the_quality_of_a_jpeg_is_read_from_its_tables(quality: int, tmp_path: Path) -> None:
    Image.fromarray(np.full((17, 19, 3), 90, np.uint8)).save(tmp_path / "a.jpg", quality=quality)
    assert second_shots.jpeg_quality(tmp_path / "a.jpg") == pytest.approx(quality, abs=2)
