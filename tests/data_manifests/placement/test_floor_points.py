"""Where there is room to stand."""

from __future__ import annotations

import numpy as np
import pytest

from bgfg.data_manifests.placement.floor import find_floor
from bgfg.data_manifests.placement.floor_points import FloorPoints
from tests.support.room_depth import Pinhole, room_depth_mm

CAMERA = Pinhole(120, 160, pitch_deg=10)


def ground_points_m(stage: FloorPoints) -> tuple[np.ndarray, np.ndarray]:
    rays = CAMERA.rays()[stage.rows, stage.columns]
    hits = rays * (CAMERA.eye_m / rays[:, 1])[:, None]
    return hits[:, 0], hits[:, 2]


@pytest.mark.parametrize("reach_m", [0.25, 0.5])
def test_nobody_stands_in_a_cupboard_or_a_wall(reach_m: float) -> None:
    depth_mm = room_depth_mm(CAMERA, wall_m=6)
    front_m = 3 * CAMERA.rays() / CAMERA.rays()[..., 2:]  # of a cupboard 1 m high and wide, 3 m away
    is_front = (np.abs(front_m[..., 0]) < 0.5) & (front_m[..., 1] > 0.5) & (front_m[..., 1] < 1.5)
    depth_mm = np.where(is_front, 1000 * front_m @ CAMERA.axes[2], depth_mm).astype(np.uint16)
    stage = FloorPoints(depth_mm, find_floor(depth_mm, CAMERA.fov_deg))
    has_room = stage.has_room(reach_m, reach_m)
    aside_m, away_m = ground_points_m(stage)
    assert away_m[has_room].max() < 6.0
    at_the_cupboard = (away_m > 2.95) & (away_m < 3) & (np.abs(aside_m) < 0.3)
    free = (away_m > 4.9) & (away_m < 5.4) & (aside_m > 1.6) & (aside_m < 2.5)
    assert at_the_cupboard.any()
    assert not has_room[at_the_cupboard].any()
    assert free.any()
    assert has_room[free].all()


def test_a_wide_figure_needs_more_room_on_the_side_where_it_is_wide() -> None:
    depth_mm = room_depth_mm(CAMERA)
    depth_mm[:, :80] = np.minimum(depth_mm[:, :80], 1_000)  # something near fills the left half
    stage = FloorPoints(depth_mm, find_floor(depth_mm, CAMERA.fov_deg))
    aside_m, away_m = ground_points_m(stage)
    beside = (aside_m > 0.5) & (aside_m < 0.8) & (away_m > 2.5) & (away_m < 4)
    assert beside.any()
    assert stage.has_room(0.2, 1.5)[beside].all()
    assert not stage.has_room(1.5, 0.2)[beside].any()
