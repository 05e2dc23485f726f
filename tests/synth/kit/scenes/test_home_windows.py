"""Windows of a home: clear, so that what stands outside is seen where it is; curtains hang inside."""

import numpy as np
import pytest
from bgfg.synth.kit.pieces.fittings import REVEAL_M, Opening, window
from bgfg.synth.kit.render.scene import Camera, Material, Scene
from bgfg.synth.kit.render.tracer import Tracer
from bgfg.synth.kit.scenes.home_windows import FAR_M, Outside, curtain, open_window, surroundings
from bgfg.synth.kit.scenes.plan import Plan

from tests.support.homes import empty_plan
from tests.support.pieces import extent

RNG = np.random.default_rng
GREY = Material((0.5, 0.5, 0.5))


def with_window(seed: int) -> Plan:
    plan = empty_plan(seed, Camera((0.0, 2.0, 1.4), (0.0, 4.0, 1.4), 70, 32, 32))
    assert open_window(plan, "back", 2.0, 1.6)
    return plan


@pytest.mark.parametrize("seed", range(6))
def test_one_sees_through_a_window_as_far_as_what_stands_outside(seed: int) -> None:
    plan = with_window(seed)
    (hole,) = plan.openings["back"]
    plan.close()
    surroundings(plan, Outside(1.0, 0.1, dusk=False))
    x, z = np.meshgrid(np.linspace(hole.left, hole.right, 30), np.linspace(hole.low, hole.high, 30))
    through = np.column_stack([x.ravel() - plan.width / 2, np.full(x.size, plan.depth), z.ravel()])
    eyes = np.tile(np.asarray(plan.camera.eye, np.float32), (len(through), 1))
    hits = Tracer(Scene(plan.fitting.parts)).hits(eyes, (through - eyes).astype(np.float32))
    assert (hits.face >= 0).all()
    beyond = hits.points[:, 1] > plan.depth + REVEAL_M + 0.01
    assert (hits.points[:, 1] < FAR_M + plan.depth).all()
    if seed not in (1, 3):  # drawn curtains or a veil may cover all of it
        assert beyond.mean() > 0.15
    assert not ((hits.points[:, 1] > plan.depth + 0.2) & ~beyond).any()


def test_a_clear_window_has_no_pane() -> None:
    hole = Opening(0, 1, 0, 2)
    clear, glazed = (window(hole, 1, 1, GREY, pane, (1, 1, 1), None) for pane in (None, Material((0.1, 0.2, 0.3))))
    assert len(glazed.parts) == len(clear.parts) + 1
    assert clear.lights == glazed.lights


def test_there_is_no_second_window_in_the_same_place() -> None:
    plan = with_window(0)
    assert not open_window(plan, "back", 2.2, 1.2)
    assert len(plan.openings["back"]) == 1


def test_a_curtain_hangs_in_folds_before_its_wall() -> None:
    cloth = curtain(0.2, 1.7, 0.02, 2.3, GREY, RNG(0))
    low, high = extent((cloth,))
    assert (low[0], high[0]) == pytest.approx((0.2, 1.7))
    assert (low[2], high[2]) == pytest.approx((0.02, 2.3))
    assert -0.18 < low[1] < -0.12
    assert -0.09 < high[1] < -0.02
    hem = cloth.vertices[cloth.vertices[:, 2] < 0.03]
    turns = np.diff(np.sign(np.diff(hem[:, 1]))) != 0
    assert turns.sum() >= 10


def test_without_windows_there_is_nothing_outside() -> None:
    plan = empty_plan(0)
    before = len(plan.fitting.parts)
    surroundings(plan, Outside(1.0, 0.1, dusk=False))
    assert len(plan.fitting.parts) == before
