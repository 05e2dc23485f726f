"""What is to be asked of a piece of furniture: how large it is, and whether all of it stands."""

from __future__ import annotations

import numpy as np
import pytest

from bgfg.synth.kit.render.scene import Mesh


def bounding_box(parts: tuple[Mesh, ...]) -> tuple[np.ndarray, np.ndarray]:
    points = np.concatenate([p.world_vertices()[np.unique(p.faces)] for p in parts])
    return points.min(axis=0), points.max(axis=0)


def assert_stands(
    parts: tuple[Mesh, ...], width: float, depth: float, least: float, most: float, *, off_floor_m: float
) -> None:
    """Hold a piece to the floor, to its most width and depth, to its least and most height, and to itself; all in m."""
    low, high = bounding_box(parts)
    assert low[2] == pytest.approx(0, abs=off_floor_m)
    assert high[0] - low[0] <= width
    assert high[1] - low[1] <= depth
    assert least <= high[2] <= most
    assert floating_boxes(parts) == []


def floating_boxes(parts: tuple[Mesh, ...]) -> list[list[float]]:
    """The boxes of what hangs in the air: of connected bodies that touch no box of others down to the floor."""
    boxes = [b for part in parts for b in connected_boxes(part)]
    grounded = {k for k, (low, _) in enumerate(boxes) if low[2] < 0.04}
    waiting = set(range(len(boxes))) - grounded
    while waiting:
        touching = {
            k
            for k in waiting
            if any(
                (boxes[k][0] <= boxes[g][1] + 0.012).all() and (boxes[k][1] >= boxes[g][0] - 0.012).all()
                for g in grounded
            )
        }
        if not touching:
            break
        grounded |= touching
        waiting -= touching
    return [np.round(boxes[k], 2).tolist() for k in sorted(waiting)]


def connected_boxes(part: Mesh) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return the bounding boxes of a part's connected bodies."""
    root = np.arange(len(part.vertices))
    while True:
        lowest = root[part.faces].min(axis=1)
        fresh = root.copy()
        np.minimum.at(fresh, part.faces.ravel(), np.repeat(lowest, 3))
        if (fresh == root).all():
            break
        root = fresh
    points, used = part.world_vertices(), np.unique(part.faces)
    groups = (used[root[used] == r] for r in np.unique(root[used]))
    return [(points[g].min(axis=0), points[g].max(axis=0)) for g in groups]
