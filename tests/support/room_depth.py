"""Depth maps of rooms that are a plane and some boxes, with the pinhole that sees them: the truth for floors."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_NEVER_M = 1e6


@dataclass(frozen=True)
class Pinhole:
    """A camera `eye_m` above the floor, pitched down and rolled; its field of view is that of the shorter side."""

    height_px: int
    width_px: int
    fov_deg: float = 60.0
    eye_m: float = 1.5
    pitch_deg: float = 0.0
    roll_deg: float = 0.0

    @property
    def focal_px(self) -> float:
        return float(min(self.height_px, self.width_px) / 2 / np.tan(np.radians(self.fov_deg) / 2))

    @property
    def axes(self) -> NDArray[np.float64]:
        """Rows: the camera's right, down and forward in a world of right, down and forward."""
        p, r = np.radians(self.pitch_deg), np.radians(self.roll_deg)
        right, down, forward = np.array([[1, 0, 0], [0, np.cos(p), -np.sin(p)], [0, np.sin(p), np.cos(p)]])
        return np.array([np.cos(r) * right + np.sin(r) * down, np.cos(r) * down - np.sin(r) * right, forward])

    def rays(self) -> NDArray[np.float64]:
        """(H, W, 3): the world direction of each pixel's centre, 1 m along the optical axis."""
        y, x = np.mgrid[: self.height_px, : self.width_px] + 0.5
        u, v = (x - self.width_px / 2) / self.focal_px, (y - self.height_px / 2) / self.focal_px
        return np.stack([u, v, np.ones_like(u)], axis=-1) @ self.axes

    def row_of(self, point_m: NDArray[np.float64]) -> float:
        """The row, in px from the top edge, at which a point of the world is seen."""
        _, down, forward = self.axes @ point_m
        return float(self.height_px / 2 + self.focal_px * down / forward)


def room_depth_mm(
    camera: Pinhole, wall_m: float = 7.0, table: bool = False, noise_mm: float = 0.0
) -> NDArray[np.uint16]:
    """The depth in mm of a floor with a wall across it, and a table top at 2.5 to 3.5 m on demand."""
    rays = camera.rays()
    with np.errstate(divide="ignore"):
        floor = np.where(rays[..., 1] > 0, camera.eye_m / rays[..., 1], _NEVER_M)
        top = np.where(rays[..., 1] > 0, (camera.eye_m - 0.75) / rays[..., 1], _NEVER_M)
    z = np.minimum(floor, wall_m / rays[..., 2])
    if table:
        hit = rays * top[..., None]
        z = np.where((np.abs(hit[..., 0]) < 0.8) & (hit[..., 2] > 2.5) & (hit[..., 2] < 3.5), top, z)
    rng = np.random.default_rng(0)
    return np.round(1000 * z + rng.normal(0, 1, z.shape) * noise_mm).astype(np.uint16)
