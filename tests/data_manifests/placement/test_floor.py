"""Floors found in depth maps whose floor is known."""

from __future__ import annotations

import numpy as np
import pytest

from bgfg.data_manifests.placement.floor import NoFloor, find_floor
from tests.support.room_depth import Pinhole, room_depth_mm

CAMERAS = [
    Pinhole(71, 83),
    Pinhole(83, 71, fov_deg=50, eye_m=1.2, pitch_deg=12),
    Pinhole(71, 71, fov_deg=70, eye_m=2.2, pitch_deg=25, roll_deg=6),
    Pinhole(61, 89, eye_m=1.0, pitch_deg=-5, roll_deg=-4),
]


@pytest.mark.parametrize("camera", CAMERAS)
@pytest.mark.parametrize("table", [False, True])
def test_the_camera_is_as_high_above_the_floor_as_it_is(camera: Pinhole, table: bool) -> None:
    floor = find_floor(room_depth_mm(camera, table=table), camera.fov_deg)
    assert floor.camera_height_m == pytest.approx(camera.eye_m, rel=0.01)
    assert floor.focal_px == pytest.approx(camera.focal_px)
    assert floor.fov_deg == pytest.approx(camera.fov_deg)


def test_noise_and_holes_hardly_matter() -> None:
    camera = Pinhole(120, 160, pitch_deg=10)
    depth_mm = room_depth_mm(camera, table=True, noise_mm=25)
    depth_mm[np.random.default_rng(1).random(depth_mm.shape) < 0.4] = 0
    depth_mm[90:, 40:80] = 0
    floor = find_floor(depth_mm, camera.fov_deg)
    assert floor.camera_height_m == pytest.approx(camera.eye_m, rel=0.02)
    assert not floor.mask[depth_mm == 0].any()


def test_what_is_seen_as_floor_is_floor_and_nothing_else() -> None:
    camera = Pinhole(120, 160, pitch_deg=10)
    depth_mm = room_depth_mm(camera, table=True)
    bare = 1000 * camera.eye_m / np.maximum(camera.rays()[..., 1], 1e-9)
    is_floor = np.abs(depth_mm - bare) <= 1
    seen = find_floor(depth_mm, camera.fov_deg).mask
    assert (seen[is_floor]).mean() > 0.99
    height_above_m = camera.eye_m * (1 - depth_mm / bare)
    assert height_above_m[seen].max() < 0.07


def test_a_table_that_fills_more_of_the_picture_is_not_taken_for_the_floor() -> None:
    camera = Pinhole(90, 90, pitch_deg=20)
    depth_mm = room_depth_mm(camera, wall_m=6)
    rays = camera.rays()
    top = 1000 * (camera.eye_m - 0.75) / np.maximum(rays[..., 1], 1e-6)
    depth_mm[40:, :60] = np.minimum(depth_mm, top)[40:, :60]
    assert find_floor(depth_mm, camera.fov_deg).camera_height_m == pytest.approx(1.5, rel=0.02)


@pytest.mark.parametrize("camera", CAMERAS)
@pytest.mark.parametrize("person_m", [1.6, 1.9])
def test_a_person_rises_as_far_as_the_pinhole_sees_it(camera: Pinhole, person_m: float) -> None:
    floor = find_floor(room_depth_mm(camera), camera.fov_deg)
    rows, columns = np.nonzero(floor.mask)
    some = slice(None, None, 97)
    rises = floor.projected_height_px(rows[some], columns[some], person_m)
    rays = camera.rays()
    for row, column, rise in zip(rows[some], columns[some], rises, strict=True):
        foot = rays[row, column] * camera.eye_m / rays[row, column, 1]
        if (camera.axes[2] @ (foot - [0, person_m, 0])) > 0.5:
            expected = row + 0.5 - camera.row_of(foot - [0, person_m, 0])
            assert rise == pytest.approx(expected, rel=0.02, abs=0.2)


def test_a_level_camera_sees_the_horizon_at_its_own_height() -> None:
    camera = Pinhole(101, 101)
    floor = find_floor(room_depth_mm(camera), camera.fov_deg)
    rows = np.array([70, 80, 90, 100])
    rises = floor.projected_height_px(rows, np.full(4, 50), camera.eye_m)
    assert rows + 0.5 - rises == pytest.approx(np.full(4, 50.5), abs=0.3)


def test_the_field_of_view_is_estimated_half_way_to_a_camera_at_eye_level() -> None:
    usual = Pinhole(91, 91, fov_deg=55, eye_m=1.5)
    assert find_floor(room_depth_mm(usual)).fov_deg == pytest.approx(55, rel=0.01)
    for fov_deg, eye_m in ((66.0, 1.5), (46.0, 1.5), (55.0, 1.2), (55.0, 1.9)):
        camera = Pinhole(91, 91, fov_deg, eye_m)
        told, found = find_floor(room_depth_mm(camera), 55), find_floor(room_depth_mm(camera))
        assert found.camera_height_m == pytest.approx(np.sqrt(1.5 * told.camera_height_m), rel=0.01)


def test_the_same_map_has_the_same_floor() -> None:
    one, two = (find_floor(room_depth_mm(Pinhole(71, 83), noise_mm=30)) for _ in range(2))
    assert one.plane == two.plane
    assert np.array_equal(one.mask, two.mask)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda depth: np.zeros_like(depth), "its depth is unknown in nearly all"),
        (lambda depth: np.where(np.arange(len(depth))[:, None] < 26, depth, 0), "its depth is unknown in nearly all"),
        (lambda depth: np.full_like(depth, 3_000), "no plane below the camera"),
        (lambda depth: np.broadcast_to(2_000 + 40 * np.arange(83), depth.shape), "no plane below the camera"),
        (lambda depth: depth[::-1], "no plane below the camera"),
        (lambda depth: depth * 5, "its floor would be .* m below the camera: is the scale of its depth right"),
        (lambda depth: depth // 5, "its floor would be 0.3 m below the camera"),
    ],
)
def test_where_there_is_no_floor_it_is_said_why(change: object, reason: str) -> None:
    depth_mm = room_depth_mm(Pinhole(71, 83))
    assert callable(change)
    with pytest.raises(NoFloor, match=reason):
        find_floor(np.ascontiguousarray(change(depth_mm), np.uint16))
