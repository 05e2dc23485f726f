"""Furniture of a room placed where the camera looks: on the floor in view, or before a wall in view."""

from __future__ import annotations

import numpy as np
from bgfg.synth.kit.pieces.fittings import Fitting
from bgfg.synth.kit.pieces.furniture import Parts
from bgfg.synth.kit.pieces.tabletop import clutter
from bgfg.synth.kit.scenes.plan import Plan
from numpy.typing import NDArray


def seen(plan: Plan, near: float = 0.0, wide: float = 0.85) -> tuple[float, float]:
    """Return a place (x, y) on the floor that the camera looks at, before the wall behind it."""
    camera, rng = plan.camera, plan.rng
    _, _, forward = camera.axes()
    half = np.tan(np.radians(camera.fov_deg / 2)) * wide
    right = np.array([forward[1], -forward[0]])
    way = forward[:2] / np.hypot(*forward[:2]) + float(rng.uniform(-half, half)) * right
    reach = wall_distance(plan, way)
    share = float(rng.uniform(0.25, 0.98)) if near == 0 else min(near / reach, 0.95)
    return float(camera.eye[0] + share * reach * way[0]), float(camera.eye[1] + share * reach * way[1])


def wall_distance(plan: Plan, way: NDArray[np.float64]) -> float:
    """Return how many times `way` (2,) leads from the camera to a wall."""
    x, y, _ = plan.camera.eye
    to_x = ((plan.width / 2 if way[0] > 0 else -plan.width / 2) - x) / way[0] if abs(way[0]) > 1e-9 else np.inf
    to_y = ((plan.depth if way[1] > 0 else 0.0) - y) / way[1] if abs(way[1]) > 1e-9 else np.inf
    return float(min(to_x, to_y))


def seen_wall(plan: Plan) -> tuple[str, float]:
    """Return a wall that the camera looks at, and a place along it."""
    x, y = seen(plan, near=99.0)
    off = {"left": x + plan.width / 2, "right": plan.width / 2 - x, "back": plan.depth - y, "front": y}
    side = min(off, key=lambda name: off[name])
    along = {"left": y, "right": plan.depth - y, "back": x + plan.width / 2, "front": plan.width / 2 - x}
    return side, along[side]


def centred(parts: Parts) -> tuple[Parts, float, float]:
    """Return the parts with the middle of what they cover over the origin, and its width and depth in m."""
    corners = np.concatenate([p.world_vertices()[:, :2] for p in parts])
    low, high = corners.min(axis=0), corners.max(axis=0)
    x, y = (float(c) for c in (low + high) / 2)
    width, depth = (float(c) for c in high - low)
    return tuple(p.moved((-x, -y, 0.0)) for p in parts), width, depth


def stand(plan: Plan, parts: Parts, size_m: float | None = None, tries: int = 30) -> bool:
    """Stand parts on the floor where the camera looks, near a wall or not, turned at random.

    They take the floor that they cover, or a square of `size_m`; False where there is no room.
    """
    rng, width, depth = plan.rng, size_m or 0.0, size_m or 0.0
    if size_m is None:
        parts, width, depth = centred(parts)
    for _ in range(tries):
        if rng.random() < 0.6:
            side, along = seen_wall(plan)
            x, y, yaw = plan.at_wall(side, along, 0.5 * depth + float(rng.uniform(0.03, 0.35)))
            yaw += float(rng.normal(0, 22))
        else:
            (x, y), yaw = seen(plan), float(rng.uniform(0, 360))
        if plan.put(parts, x, y, width, depth, yaw, 0.0):
            return True
    return False


def against_wall(plan: Plan, parts: Parts, height: float, top: bool = True) -> bool:
    """Stand parts with their back to a wall that is seen, with clutter on their `top`; False where there is no room."""
    parts, width, depth = centred(parts)
    for _ in range(24):
        side, along = seen_wall(plan)
        along = float(np.clip(along, width / 2 + 0.04, max(plan.length(side) - width / 2 - 0.04, width / 2 + 0.04)))
        if plan.put_at_wall(parts, side, along, width, depth, height):
            if top and height < 1.5:
                x, y, yaw = plan.at_wall(side, along, depth / 2 + 0.02)
                things = clutter(plan.look, plan.rng, 0.9 * width, 0.8 * depth, int(plan.rng.integers(0, 7)))
                plan.add(Fitting(things), x, y, yaw, height)
            return True
    return False
