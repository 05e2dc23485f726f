"""Furniture placed in view: within the walls, out of the camera's way, its back to a wall where it should be."""

import numpy as np
import pytest
from bgfg.synth.kit.render.scene import Material, Part
from bgfg.synth.kit.render.shapes import box
from bgfg.synth.kit.scenes.in_view import against_wall, centred, seen, seen_wall, stand, wall_distance
from bgfg.synth.kit.scenes.plan import SIDES, Plan

from tests.support.homes import empty_plan
from tests.support.pieces import extent

GREY = Material((0.5, 0.5, 0.5))


def crate() -> tuple[Part, ...]:
    """A box that doesn't stand over the origin: 0.6 x 0.4 x 0.8 m."""
    return (box((0.3, -1.0, 0), (0.9, -0.6, 0.8), GREY),)


def offset(plan: Plan, x: float, y: float) -> float:
    """How far to the side of the view a place lies, as a tangent."""
    right, _, forward = plan.camera.axes()
    to = np.array([x, y]) - plan.camera.eye[:2]
    return float(abs(to @ right[:2]) / (to @ forward[:2] / np.hypot(*forward[:2])))


@pytest.mark.parametrize("seed", range(5))
def test_what_is_seen_lies_in_view_and_within_the_walls(seed: int) -> None:
    plan = empty_plan(seed)
    for _ in range(40):
        x, y = seen(plan)
        assert abs(x) <= plan.width / 2
        assert 0 <= y <= plan.depth
        assert offset(plan, x, y) <= np.tan(np.radians(plan.camera.fov_deg / 2)) + 1e-9
        side, along = seen_wall(plan)
        assert side in SIDES
        wall_x, wall_y, _ = plan.at_wall(side, along)
        assert offset(plan, wall_x, wall_y) < 0.9


def test_walls_are_as_far_away_as_they_are() -> None:
    plan = empty_plan(0)
    x, y, _ = plan.camera.eye
    assert wall_distance(plan, np.array([1.0, 0.0])) == pytest.approx(plan.width / 2 - x)
    assert wall_distance(plan, np.array([0.0, -1.0])) == pytest.approx(y)
    assert wall_distance(plan, np.array([-0.5, 0.5])) == pytest.approx(2 * min(x + plan.width / 2, plan.depth - y))


def test_centred_parts_lie_over_the_origin() -> None:
    parts, width, depth = centred(crate())
    low, high = extent(parts)
    np.testing.assert_allclose(low, [-0.3, -0.2, 0], atol=1e-6)
    np.testing.assert_allclose(high, [0.3, 0.2, 0.8], atol=1e-6)
    assert (width, depth) == pytest.approx((0.6, 0.4))


@pytest.mark.parametrize("seed", range(6))
def test_furniture_stands_within_the_walls_away_from_the_camera_and_not_in_one_another(seed: int) -> None:
    plan = empty_plan(seed)
    stood = sum(stand(plan, crate()) for _ in range(4)) + against_wall(plan, crate(), 0.8, top=False)
    assert stood >= 2
    boxes = [extent((part,)) for part in plan.fitting.parts]
    assert len(boxes) == stood
    for k, (low, high) in enumerate(boxes):
        assert -plan.width / 2 - 1e-3 < low[0] < high[0] < plan.width / 2 + 1e-3
        assert -1e-3 < low[1] < high[1] < plan.depth + 1e-3
        nearest = np.clip(plan.camera.eye[:2], low[:2], high[:2])
        assert np.hypot(*(nearest - plan.camera.eye[:2])) > 0.6
        for other_low, other_high in boxes[:k]:
            assert (low[:2] >= other_high[:2] - 1e-3).any() or (high[:2] <= other_low[:2] + 1e-3).any()


@pytest.mark.parametrize("seed", range(4))
def test_the_back_of_what_stands_against_a_wall_touches_it_nearly(seed: int) -> None:
    plan = empty_plan(seed)
    assert against_wall(plan, crate(), 0.8, top=False)
    low, high = extent(plan.fitting.parts)
    gaps = [low[0] + plan.width / 2, plan.width / 2 - high[0], low[1], plan.depth - high[1]]
    assert min(gaps) == pytest.approx(0.018, abs=1e-3)


def test_clutter_stands_on_the_top_of_what_stands_against_a_wall() -> None:
    plan = empty_plan(3)
    assert all(against_wall(plan, crate(), 0.8) for _ in range(2))
    points = np.concatenate([p.world_vertices() for p in plan.fitting.parts])
    assert points[:, 2].max() > 0.8
