"""How homes are furnished: each kind gets what it is named for, and nothing leaves the room."""

import numpy as np
import pytest

from bgfg.synth.kit.render.scene import Camera
from bgfg.synth.kit.scenes.home_furnishing import HOME_KINDS, furnish
from bgfg.synth.kit.scenes.homes import KIND_CYCLE
from tests.support.empty_rooms import empty_room
from tests.support.mesh_checks import bounding_box

DOWN = Camera((0.5, 1.0, 1.5), (-0.2, 2.0, 0.9), 62, 32, 32)


@pytest.mark.parametrize("name", HOME_KINDS)
@pytest.mark.parametrize("seed", [0, 1])
def test_a_corner_is_furnished_within_its_walls(name: str, seed: int) -> None:
    room = empty_room(seed, DOWN)
    furnish(room, name)
    assert len(room.contents.meshes) > 3
    low, high = bounding_box(room.contents.meshes)
    # Leaves and the bows of lamps may brush a wall; doors lie in theirs.
    assert (low > [-2.6, -0.6, -0.01]).all()
    assert (high < [2.6, 4.6, 2.6]).all()


def test_every_kind_is_drawn_and_drawn_as_often_as_it_matters() -> None:
    assert set(KIND_CYCLE) == set(HOME_KINDS)
    assert KIND_CYCLE.count("seat") == KIND_CYCLE.count("window") == 2


def test_no_two_corners_are_furnished_alike() -> None:
    ends = []
    for seed in range(6):
        room = empty_room(seed)
        furnish(room, "seat")
        ends.append(tuple(np.round(np.concatenate(bounding_box(room.contents.meshes)), 4)))
    assert len(set(ends)) == 6
