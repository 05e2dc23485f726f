import numpy as np
import pytest

from bgfg.synth.kit.figures.bags import backpack, bevelled_box, briefcase, shoulder_bag
from bgfg.synth.kit.figures.skeleton import BodyShape, HandPlacement, Pose, pose_skeleton

SKELETON = pose_skeleton(BodyShape(1.75, 0.0, 1.0), Pose("still", hands=(HandPlacement(curl=0.9), HandPlacement())))
COLOUR = (0.2, 0.1, 0.05)


@pytest.mark.parametrize("bevel_m", [0.0, 0.02])
def test_a_slab_is_closed_and_has_its_size(bevel_m: float) -> None:
    part = bevelled_box(np.array([1.0, 2, 3]), np.eye(3), (0.4, 0.3, 0.1), COLOUR, bevel_m=bevel_m)
    np.testing.assert_allclose(np.ptp(part.vertices, axis=0), [0.4, 0.3, 0.1], atol=1e-6)
    a, b, c = (part.vertices[part.faces[:, k]].astype(float) for k in range(3))
    volume = (a * np.cross(b, c)).sum() / 6
    assert volume == pytest.approx((0.4 * 0.3 - 2 * bevel_m**2) * 0.1, rel=1e-4)


def test_a_briefcase_hangs_below_the_hand_above_the_floor() -> None:
    points = np.concatenate([part.vertices for part in briefcase(SKELETON, "right", COLOUR)])
    assert points[:, 2].max() < SKELETON.joints["wrist.right"][2]
    assert points[:, 2].min() > 0.2
    assert points[:, 0].mean() > 0.1


def test_a_backpack_hangs_behind_and_its_straps_go_over_the_shoulders() -> None:
    pack, *straps = backpack(SKELETON, "both", COLOUR)
    assert pack.vertices[:, 1].max() < SKELETON.joints["neck"][1]
    assert len(straps) == 2
    for strap in straps:
        assert strap.vertices[:, 1].max() > SKELETON.joints["neck"][1] + 0.1
        assert strap.vertices[:, 2].max() > SKELETON.joints["neck"][2]


def test_a_shoulder_bag_hangs_on_its_side() -> None:
    right, left = (shoulder_bag(SKELETON, side, COLOUR)[0].vertices[:, 0].mean() for side in ("right", "left"))
    assert right > 0.15
    assert left == pytest.approx(-right, abs=0.02)
