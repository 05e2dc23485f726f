"""Where the shadow of a head falls, on floors of known cameras."""

from __future__ import annotations

import math

import numpy as np
import pytest

from bgfg.data_manifests.placement.floor import Floor
from bgfg.data_manifests.placement.thrown_shadow import Light

H, W, FOCAL_PX, EYE_M = 200, 300, 250.0, 1.5


def level_floor() -> Floor:
    """The floor under a camera that is held level: 1/z = v / (f·eye)."""
    mask = np.zeros((H, W), np.bool_)
    mask[H // 2 + 10 :] = True
    return Floor((0.0, 1 / (FOCAL_PX * EYE_M), 0.0), FOCAL_PX, mask)


@pytest.mark.parametrize("azimuth_deg", [60, 75, 110, 250, 290])
def test_it_is_where_a_ray_past_the_head_meets_the_floor(azimuth_deg: float) -> None:
    light, height_m, row, column = Light(math.radians(azimuth_deg), math.radians(60)), 1.7, 150, 140
    u, v = column + 0.5 - W / 2, row + 0.5 - H / 2
    z = FOCAL_PX * EYE_M / v
    length_m = height_m / math.tan(math.radians(60))
    x_m = z * u / FOCAL_PX + length_m * math.cos(light.azimuth_rad)
    z_m = z + length_m * math.sin(light.azimuth_rad)
    expected = FOCAL_PX * x_m / z_m - u, FOCAL_PX * EYE_M / z_m - v
    assert light.shadow_of_head(level_floor(), row, column, height_m) == (round(expected[0]), round(expected[1]))


def test_a_shadow_without_shape_or_off_the_floor_is_left_out() -> None:
    sideways, low = Light(0.0, math.radians(45)), Light(math.radians(270), math.radians(2))
    assert sideways.shadow_of_head(level_floor(), 150, 140, 1.7) == (0, 0)
    assert low.shadow_of_head(level_floor(), 150, 140, 1.7) == (0, 0)  # behind the camera
    bare = Floor((0.0, 1 / (FOCAL_PX * EYE_M), 0.0), FOCAL_PX, np.zeros((H, W), np.bool_))
    assert Light(math.radians(90), math.radians(60)).shadow_of_head(bare, 150, 140, 1.7) == (0, 0)


def test_each_background_has_a_light_of_its_own_that_the_seed_decides() -> None:
    lights = {Light.draw(seed, b) for seed in (0, 1) for b in range(20)}
    assert len(lights) == 40
    assert Light.draw(0, 3) == Light.draw(0, 3)
    assert all(math.radians(35) <= light.elevation_rad <= math.radians(70) for light in lights)
