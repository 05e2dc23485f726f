"""Windows of a home: clear, so that what stands outside is seen where it is; curtains hang inside."""

import numpy as np
import pytest

from bgfg.synth.kit.pieces.building_elements import REVEAL_M, Opening, window
from bgfg.synth.kit.render.scene import Camera, Material, Scene
from bgfg.synth.kit.render.tracer import Tracer
from bgfg.synth.kit.scenes.home_windows import SKY_DISTANCE_M, OutdoorConditions, add_surroundings, add_window, curtain
from bgfg.synth.kit.scenes.room_builder import RoomBuilder
from tests.support.empty_rooms import empty_room
from tests.support.mesh_checks import bounding_box

RNG = np.random.default_rng
GREY = Material((0.5, 0.5, 0.5))


def with_window(seed: int) -> RoomBuilder:
    room = empty_room(seed, Camera((0.0, 2.0, 1.4), (0.0, 4.0, 1.4), 70, 32, 32))
    assert add_window(room, "back", 2.0, 1.6)
    return room


@pytest.mark.parametrize("seed", range(6))
def test_one_sees_through_a_window_as_far_as_what_stands_outside(seed: int) -> None:
    room = with_window(seed)
    (hole,) = room.openings["back"]
    room.build_shell()
    add_surroundings(room, OutdoorConditions(1.0, 0.1, dusk=False))
    x, z = np.meshgrid(np.linspace(hole.left, hole.right, 30), np.linspace(hole.low, hole.high, 30))
    through = np.column_stack([x.ravel() - room.width / 2, np.full(x.size, room.depth), z.ravel()])
    eyes = np.tile(np.asarray(room.camera.eye, np.float32), (len(through), 1))
    hits = Tracer(Scene(room.contents.meshes)).intersect(eyes, (through - eyes).astype(np.float32))
    assert (hits.face >= 0).all()
    beyond = hits.points[:, 1] > room.depth + REVEAL_M + 0.01
    assert (hits.points[:, 1] < SKY_DISTANCE_M + room.depth).all()
    if seed not in (1, 3):  # drawn curtains or a veil may cover all of it
        assert beyond.mean() > 0.15
    assert not ((hits.points[:, 1] > room.depth + 0.2) & ~beyond).any()


def test_a_clear_window_has_no_pane() -> None:
    hole = Opening(0, 1, 0, 2)
    clear, glazed = (window(hole, 1, 1, GREY, pane, (1, 1, 1), None) for pane in (None, Material((0.1, 0.2, 0.3))))
    assert len(glazed.meshes) == len(clear.meshes) + 1
    assert clear.lights == glazed.lights


def test_there_is_no_second_window_in_the_same_place() -> None:
    room = with_window(0)
    assert not add_window(room, "back", 2.2, 1.2)
    assert len(room.openings["back"]) == 1


def test_a_curtain_hangs_in_folds_before_its_wall() -> None:
    cloth = curtain(0.2, 1.7, 0.02, 2.3, GREY, RNG(0))
    low, high = bounding_box((cloth,))
    assert (low[0], high[0]) == pytest.approx((0.2, 1.7))
    assert (low[2], high[2]) == pytest.approx((0.02, 2.3))
    assert -0.18 < low[1] < -0.12
    assert -0.09 < high[1] < -0.02
    hem = cloth.vertices[cloth.vertices[:, 2] < 0.03]
    turns = np.diff(np.sign(np.diff(hem[:, 1]))) != 0
    assert turns.sum() >= 10


def test_without_windows_there_is_nothing_outside() -> None:
    room = empty_room(0)
    before = len(room.contents.meshes)
    add_surroundings(room, OutdoorConditions(1.0, 0.1, dusk=False))
    assert len(room.contents.meshes) == before
