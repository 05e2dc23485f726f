"""How homes are furnished: each kind gets what it is named for, and nothing leaves the room."""

import numpy as np
import pytest
from bgfg.synth.kit.render.scene import Camera
from bgfg.synth.kit.scenes.home_rooms import KINDS, furnish
from bgfg.synth.kit.scenes.homes import TURNS

from tests.support.homes import empty_plan
from tests.support.pieces import extent

DOWN = Camera((0.5, 1.0, 1.5), (-0.2, 2.0, 0.9), 62, 32, 32)


@pytest.mark.parametrize("name", KINDS)
@pytest.mark.parametrize("seed", [0, 1])
def test_a_corner_is_furnished_within_its_walls(name: str, seed: int) -> None:
    plan = empty_plan(seed, DOWN)
    furnish(plan, name)
    assert len(plan.fitting.parts) > 3
    low, high = extent(plan.fitting.parts)
    # Leaves and the bows of lamps may brush a wall; doors lie in theirs.
    assert (low > [-2.6, -0.6, -0.01]).all()
    assert (high < [2.6, 4.6, 2.6]).all()


def test_every_kind_is_drawn_and_drawn_as_often_as_it_matters() -> None:
    assert set(TURNS) == set(KINDS)
    assert TURNS.count("seat") == TURNS.count("window") == 2


def test_no_two_corners_are_furnished_alike() -> None:
    ends = []
    for seed in range(6):
        plan = empty_plan(seed)
        furnish(plan, "seat")
        ends.append(tuple(np.round(np.concatenate(extent(plan.fitting.parts)), 4)))
    assert len(set(ends)) == 6
