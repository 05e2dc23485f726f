"""Weather: skies that are lighter towards the sun, clouds that cover as much as they should, haze with distance."""

import numpy as np
import pytest

from bgfg.synth.kit.render.scene import Haze, Sun
from bgfg.synth.kit.scenes.weather import DOME_RADIUS_M, SkyTexture, Weather, sample_weather

SUN = Sun((0.0, 0.8, 0.6), (8.0, 7.5, 6.5))


def weather(cover: float = 0.0) -> Weather:
    return Weather((0.2, 0.4, 0.8), (0.7, 0.8, 0.9), (1.1, 1.1, 1.1), cover, SUN, 1000.0, seed=3)


def painted(w: Weather, directions: np.ndarray) -> np.ndarray:
    """Return the radiance that the dome shows in unit directions (n, 3)."""
    part = w.dome()
    count = len(directions)
    points = (directions * DOME_RADIUS_M).astype(np.float32)
    return part.material.albedo_at(points, -directions, np.ones(count, np.float32)) * part.material.emission


def upper_half(count: int) -> np.ndarray:
    directions = np.random.default_rng(0).normal(size=(count, 3)).astype(np.float32)
    directions[:, 2] = np.abs(directions[:, 2]) + 0.15
    unit: np.ndarray = directions / np.linalg.norm(directions, axis=1, keepdims=True)
    return unit


def test_a_clear_sky_goes_from_the_colour_of_the_horizon_to_that_of_the_zenith() -> None:
    away = np.array([[0, -1, 0], [0, 0, 1]], np.float32)
    level, above = painted(weather(), away)
    np.testing.assert_allclose(level, weather().horizon, atol=0.02)
    assert above[2] / above[0] > 2.5 * level[2] / level[0] / 1.3  # blue overhead, pale at the horizon
    np.testing.assert_allclose(above, weather().zenith, atol=0.12)


def test_the_sky_is_brightest_towards_the_sun() -> None:
    directions = np.concatenate([upper_half(500), [SUN.direction]]).astype(np.float32)
    luminance = painted(weather(), directions).mean(axis=1)
    assert luminance.argmax() == 500


def test_more_cover_is_more_cloud() -> None:
    directions = upper_half(3000)
    shares = [
        SkyTexture(weather(cover))._clouds(directions, directions[:, 2])[0].mean() for cover in (0.0, 0.3, 0.6, 1.0)
    ]
    assert shares[0] == 0
    assert shares == sorted(shares)
    assert shares[-1] > 0.8


def test_under_cloud_the_light_comes_from_the_clouds() -> None:
    np.testing.assert_allclose(weather().sky().zenith, weather().zenith)
    under = np.asarray(weather(1.0).sky().zenith)
    assert np.abs(under - weather().cloud).max() < np.abs(under - weather().zenith).max()


@pytest.mark.parametrize("distance_m", [0.0, 10.0, 250.0, 1999.0])
def test_haze_takes_light_away_exponentially_and_adds_its_own(distance_m: float) -> None:
    haze = Haze((0.6, 0.7, 0.8), 250.0)
    left = np.exp(-distance_m / 250.0)
    seen = haze.attenuate(np.array([[1.0, 0.0, 0.5]], np.float32), np.array([distance_m], np.float32))
    np.testing.assert_allclose(
        seen[0], left * np.array([1, 0, 0.5]) + (1 - left) * np.array([0.6, 0.7, 0.8]), rtol=1e-5
    )


def test_haze_leaves_the_sky_alone() -> None:
    colour = np.array([[0.2, 0.4, 0.8]], np.float32)
    seen = Haze((1.0, 1.0, 1.0), 100.0).attenuate(colour, np.array([DOME_RADIUS_M], np.float32))
    np.testing.assert_allclose(seen, colour)


def test_days_are_clear_cloudy_hazy_and_dusky_and_the_sun_is_up() -> None:
    drawn = [sample_weather(np.random.default_rng(k)) for k in range(120)]
    assert all(0 < w.sun.direction[2] < 1 for w in drawn)
    assert {w.cloud_cover == 0 for w in drawn} == {True, False}
    assert min(w.haze_m for w in drawn) < 400 < 1500 < max(w.haze_m for w in drawn)
    assert 0.02 < np.mean([w.lit_share > 0.2 for w in drawn]) < 0.3
