"""Placement in view: furniture on the floor that the camera sees, or before a wall that it sees."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from bgfg.synth.kit.pieces.scene_group import Meshes, SceneGroup
from bgfg.synth.kit.pieces.tabletop import clutter
from bgfg.synth.kit.scenes.room_builder import RoomBuilder


def floor_point_in_view(room: RoomBuilder, near: float = 0.0, wide: float = 0.85) -> tuple[float, float]:
    """Return a random place (x, y) on the floor that the camera looks at, within the walls.

    Args:
        room: The room and its camera.
        near: How far away the place is, along the view; 0 for a random distance.
        wide: The share of the camera's horizontal field of view that is used.
    """
    camera, rng = room.camera, room.rng
    _, _, forward = camera.axes()
    half = np.tan(np.radians(camera.fov_deg / 2)) * wide
    right = np.array([forward[1], -forward[0]])
    # 1 m ahead on the level for each unit, as far aside as the field of view reaches.
    way = forward[:2] / np.hypot(*forward[:2]) + float(rng.uniform(-half, half)) * right
    reach = wall_distance(room, way)
    share = float(rng.uniform(0.25, 0.98)) if near == 0 else min(near / reach, 0.95)
    return float(camera.eye[0] + share * reach * way[0]), float(camera.eye[1] + share * reach * way[1])


def wall_distance(room: RoomBuilder, way: NDArray[np.float64]) -> float:
    """Return the distance from the camera to the nearest wall along `way` (2,), in lengths of `way`."""
    x, y, _ = room.camera.eye
    to_x = ((room.width / 2 if way[0] > 0 else -room.width / 2) - x) / way[0] if abs(way[0]) > 1e-9 else np.inf
    to_y = ((room.depth if way[1] > 0 else 0.0) - y) / way[1] if abs(way[1]) > 1e-9 else np.inf
    return float(min(to_x, to_y))


def wall_point_in_view(room: RoomBuilder) -> tuple[str, float]:
    """Return the side of a wall that the camera looks at, and a random place along it in m."""
    x, y = floor_point_in_view(room, near=99.0)
    off = {"left": x + room.width / 2, "right": room.width / 2 - x, "back": room.depth - y, "front": y}
    side = min(off, key=lambda name: off[name])
    along = {"left": y, "right": room.depth - y, "back": x + room.width / 2, "front": room.width / 2 - x}
    return side, along[side]


def centred(meshes: Meshes) -> tuple[Meshes, float, float]:
    """Return the meshes with the middle of their footprint over the origin, and its width and depth in m."""
    corners = np.concatenate([p.world_vertices()[:, :2] for p in meshes])
    low, high = corners.min(axis=0), corners.max(axis=0)
    x, y = (float(c) for c in (low + high) / 2)
    width, depth = (float(c) for c in high - low)
    return tuple(p.moved((-x, -y, 0.0)) for p in meshes), width, depth


def place_on_floor(room: RoomBuilder, meshes: Meshes, size_m: float | None = None, tries: int = 30) -> bool:
    """Place meshes on the floor where the camera looks, near a wall or not, turned at random.

    Args:
        room: The room that they go into.
        meshes: What is placed.
        size_m: The side of the square that they occupy; without one they occupy the floor that they cover.
        tries: How many places are tried.

    Returns:
        False where there is no room.
    """
    rng, width, depth = room.rng, size_m or 0.0, size_m or 0.0
    if size_m is None:
        meshes, width, depth = centred(meshes)
    for _ in range(tries):
        # Furniture stands along walls more often than in the middle of a room.
        if rng.random() < 0.6:
            side, along = wall_point_in_view(room)
            x, y, yaw = room.wall_pose(side, along, 0.5 * depth + float(rng.uniform(0.03, 0.35)))
            yaw += float(rng.normal(0, 22))
        else:
            (x, y), yaw = floor_point_in_view(room), float(rng.uniform(0, 360))
        if room.place(meshes, x, y, width, depth, yaw, 0.0):
            return True
    return False


def place_against_wall(room: RoomBuilder, meshes: Meshes, height: float, top: bool = True) -> bool:
    """Place meshes with their back to a wall in view.

    Args:
        room: The room that they go into.
        meshes: What is placed.
        height: Its height, m.
        top: Whether clutter is put on top of it.

    Returns:
        False where there is no room.
    """
    meshes, width, depth = centred(meshes)
    for _ in range(24):
        side, along = wall_point_in_view(room)
        along = float(
            np.clip(along, width / 2 + 0.04, max(room.wall_length(side) - width / 2 - 0.04, width / 2 + 0.04))
        )
        if room.place_at_wall(meshes, side, along, width, depth, height):
            if top and height < 1.5:
                x, y, yaw = room.wall_pose(side, along, depth / 2 + 0.02)
                things = clutter(room.palette, room.rng, 0.9 * width, 0.8 * depth, int(room.rng.integers(0, 7)))
                room.add(SceneGroup(things), x, y, yaw, height)
            return True
    return False
