"""Shadows that are thrown along a floor: one light for a background, and where the shadow of a head falls."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from bgfg.data_manifests.placement.floor import Floor
from bgfg.data_manifests.placement.philox import philox4x32

_LIGHT_STREAM = 0x40000001  # last word of the counter
_ELEVATIONS_DEG = (35.0, 70.0)
_NEAREST_M = 0.2
_LEAST_SHARE = 0.08  # of the person's height in px: a shadow that is thrown sideways has no shape to be seen
_NONE = (0, 0)


@dataclass(frozen=True)
class Light:
    """A light so far away that its rays are parallel.

    Attributes:
        azimuth_rad: Where shadows point on the floor, from the picture's right to what is farther away.
        elevation_rad: How high it stands above the floor.
    """

    azimuth_rad: float
    elevation_rad: float

    @classmethod
    def draw(cls, seed: int, b: int) -> Light:
        """Draw the light of background `b`: any azimuth, an elevation of 35 to 70 degrees."""
        words = philox4x32(np.array([0, 0, b, _LIGHT_STREAM]), seed).astype(np.float64) / 2**32
        low, high = map(math.radians, _ELEVATIONS_DEG)
        return cls(2 * math.pi * float(words[0]), low + (high - low) * float(words[1]))

    def shadow_of_head(self, floor: Floor, row: int, column: int, height_m: float) -> tuple[int, int]:
        """Return where the shadow of a head falls, in px to the right of and below the foot.

        Args:
            floor: The floor.
            row: Row of the foot.
            column: Its column.
            height_m: Height of the person.

        Returns:
            (x, y); (0, 0) where it would be behind the camera, beside the floor that is seen, or without shape.
        """
        height_px, width_px = floor.mask.shape
        a, b, c = floor.plane
        down = np.array([a * floor.focal_px, b * floor.focal_px, c]) * floor.camera_height_m
        z = float(floor.depth_m(np.array([row]), np.array([column]))[0])
        u, v = column + 0.5 - width_px / 2, row + 0.5 - height_px / 2
        right = np.array([1.0, 0.0, 0.0]) - down[0] * down
        right /= np.linalg.norm(right)
        away = np.cross(right, down)
        direction = math.cos(self.azimuth_rad) * right + math.sin(self.azimuth_rad) * away
        foot = z * np.array([u / floor.focal_px, v / floor.focal_px, 1.0])
        tip = foot + height_m / math.tan(self.elevation_rad) * direction
        if z <= 0 or tip[2] < _NEAREST_M:
            return _NONE
        x, y = (round(float(floor.focal_px * tip[axis] / tip[2] - at)) for axis, at in ((0, u), (1, v)))
        person_px = float(floor.projected_height_px(np.array([row]), np.array([column]), height_m)[0])
        halfway = row + y // 2, column + x // 2
        is_inside = 0 <= halfway[0] < height_px and 0 <= halfway[1] < width_px
        is_seen = is_inside and bool(floor.mask[halfway]) and abs(y) >= max(2.0, _LEAST_SHARE * person_px)
        return (x, y) if is_seen else _NONE
