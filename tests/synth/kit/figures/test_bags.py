import numpy as np
import pytest
from bgfg.synth.kit.figures.bags import backpack, briefcase, shoulder_bag, slab
from bgfg.synth.kit.figures.figure import Build, Hand, Pose, posed

FIGURE = posed(Build(1.75, 0.0, 1.0), Pose("still", hands=(Hand(curl=0.9), Hand())))
COLOUR = (0.2, 0.1, 0.05)


@pytest.mark.parametrize("bevel_m", [0.0, 0.02])
def test_a_slab_is_closed_and_has_its_size(bevel_m: float) -> None:
    part = slab(np.array([1.0, 2, 3]), np.eye(3), (0.4, 0.3, 0.1), COLOUR, bevel_m=bevel_m)
    np.testing.assert_allclose(np.ptp(part.vertices, axis=0), [0.4, 0.3, 0.1], atol=1e-6)
    a, b, c = (part.vertices[part.faces[:, k]].astype(float) for k in range(3))
    volume = (a * np.cross(b, c)).sum() / 6
    assert volume == pytest.approx((0.4 * 0.3 - 2 * bevel_m**2) * 0.1, rel=1e-4)


def test_a_briefcase_hangs_below_the_hand_above_the_floor() -> None:
    points = np.concatenate([part.vertices for part in briefcase(FIGURE, "right", COLOUR)])
    assert points[:, 2].max() < FIGURE.joints["wrist.right"][2]
    assert points[:, 2].min() > 0.2
    assert points[:, 0].mean() > 0.1


def test_a_backpack_hangs_behind_and_its_straps_go_over_the_shoulders() -> None:
    pack, *straps = backpack(FIGURE, "both", COLOUR)
    assert pack.vertices[:, 1].max() < FIGURE.joints["neck"][1]
    assert len(straps) == 2
    for strap in straps:
        assert strap.vertices[:, 1].max() > FIGURE.joints["neck"][1] + 0.1
        assert strap.vertices[:, 2].max() > FIGURE.joints["neck"][2]


def test_a_shoulder_bag_hangs_on_its_side() -> None:
    right, left = (shoulder_bag(FIGURE, side, COLOUR)[0].vertices[:, 0].mean() for side in ("right", "left"))
    assert right > 0.15
    assert left == pytest.approx(-right, abs=0.02)
