"""Furniture placed in view: within the walls, out of the camera's way, its back to a wall where it should be."""

import numpy as np
import pytest

from bgfg.synth.kit.render.mesh_primitives import box
from bgfg.synth.kit.render.scene import Material, Mesh
from bgfg.synth.kit.scenes.room_builder import WALL_SIDES, RoomBuilder
from bgfg.synth.kit.scenes.view_placement import (
    centred,
    floor_point_in_view,
    place_against_wall,
    place_on_floor,
    wall_distance,
    wall_point_in_view,
)
from tests.support.empty_rooms import empty_room
from tests.support.mesh_checks import bounding_box

GREY = Material((0.5, 0.5, 0.5))


def crate() -> tuple[Mesh, ...]:
    """A box that doesn't stand over the origin: 0.6 x 0.4 x 0.8 m."""
    return (box((0.3, -1.0, 0), (0.9, -0.6, 0.8), GREY),)


def offset(room: RoomBuilder, x: float, y: float) -> float:
    """How far to the side of the view a place lies, as a tangent."""
    right, _, forward = room.camera.axes()
    to = np.array([x, y]) - room.camera.eye[:2]
    return float(abs(to @ right[:2]) / (to @ forward[:2] / np.hypot(*forward[:2])))


@pytest.mark.parametrize("seed", range(5))
def test_what_is_seen_lies_in_view_and_within_the_walls(seed: int) -> None:
    room = empty_room(seed)
    for _ in range(40):
        x, y = floor_point_in_view(room)
        assert abs(x) <= room.width / 2
        assert 0 <= y <= room.depth
        assert offset(room, x, y) <= np.tan(np.radians(room.camera.fov_deg / 2)) + 1e-9
        side, along = wall_point_in_view(room)
        assert side in WALL_SIDES
        wall_x, wall_y, _ = room.wall_pose(side, along)
        assert offset(room, wall_x, wall_y) < 0.9


def test_walls_are_as_far_away_as_they_are() -> None:
    room = empty_room(0)
    x, y, _ = room.camera.eye
    assert wall_distance(room, np.array([1.0, 0.0])) == pytest.approx(room.width / 2 - x)
    assert wall_distance(room, np.array([0.0, -1.0])) == pytest.approx(y)
    assert wall_distance(room, np.array([-0.5, 0.5])) == pytest.approx(2 * min(x + room.width / 2, room.depth - y))


def test_centred_parts_lie_over_the_origin() -> None:
    parts, width, depth = centred(crate())
    low, high = bounding_box(parts)
    np.testing.assert_allclose(low, [-0.3, -0.2, 0], atol=1e-6)
    np.testing.assert_allclose(high, [0.3, 0.2, 0.8], atol=1e-6)
    assert (width, depth) == pytest.approx((0.6, 0.4))


@pytest.mark.parametrize("seed", range(6))
def test_furniture_stands_within_the_walls_away_from_the_camera_and_not_in_one_another(seed: int) -> None:
    room = empty_room(seed)
    stood = sum(place_on_floor(room, crate()) for _ in range(4)) + place_against_wall(room, crate(), 0.8, top=False)
    assert stood >= 2
    boxes = [bounding_box((part,)) for part in room.contents.meshes]
    assert len(boxes) == stood
    for k, (low, high) in enumerate(boxes):
        assert -room.width / 2 - 1e-3 < low[0] < high[0] < room.width / 2 + 1e-3
        assert -1e-3 < low[1] < high[1] < room.depth + 1e-3
        nearest = np.clip(room.camera.eye[:2], low[:2], high[:2])
        assert np.hypot(*(nearest - room.camera.eye[:2])) > 0.6
        for other_low, other_high in boxes[:k]:
            assert (low[:2] >= other_high[:2] - 1e-3).any() or (high[:2] <= other_low[:2] + 1e-3).any()


@pytest.mark.parametrize("seed", range(4))
def test_the_back_of_what_stands_against_a_wall_touches_it_nearly(seed: int) -> None:
    room = empty_room(seed)
    assert place_against_wall(room, crate(), 0.8, top=False)
    low, high = bounding_box(room.contents.meshes)
    gaps = [low[0] + room.width / 2, room.width / 2 - high[0], low[1], room.depth - high[1]]
    assert min(gaps) == pytest.approx(0.018, abs=1e-3)


def test_clutter_stands_on_the_top_of_what_stands_against_a_wall() -> None:
    room = empty_room(3)
    assert all(place_against_wall(room, crate(), 0.8) for _ in range(2))
    points = np.concatenate([p.world_vertices() for p in room.contents.meshes])
    assert points[:, 2].max() > 0.8
