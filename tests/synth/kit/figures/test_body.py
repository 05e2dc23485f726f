import numpy as np
import pytest

from bgfg.synth.kit.figures import body
from bgfg.synth.kit.figures.skeleton import SIDES, BodyShape, Pose, pose_skeleton
from bgfg.synth.kit.render.sdf_fields import DistanceField, surface_nets

MAN, WOMAN = BodyShape(1.8, 0.0, 1.0), BodyShape(1.65, 1.0, 1.0)


def span(field: DistanceField) -> np.ndarray:
    return np.asarray(np.ptp(surface_nets(field)[0], axis=0))


@pytest.mark.parametrize("body_shape", [MAN, WOMAN])
def test_the_trunk_has_human_measures(body_shape: BodyShape) -> None:
    width, depth, height = span(body.trunk(pose_skeleton(body_shape, Pose("still")), 0.0)) / body_shape.scale
    assert 0.33 < width < 0.50
    assert 0.19 < depth < 0.33
    assert 0.55 < height < 0.75


def test_ease_lets_the_cloth_out_on_every_side() -> None:
    skeleton = pose_skeleton(MAN, Pose("still"))
    tight, wide = span(body.trunk(skeleton, 0.0)), span(body.trunk(skeleton, 0.03))
    assert np.all(wide[:2] - tight[:2] > 0.015)


def test_girth_widens_trunk_and_limbs() -> None:
    slim, stout = (pose_skeleton(BodyShape(1.75, 0.0, girth), Pose("still")) for girth in (0.9, 1.3))
    assert span(body.trunk(stout, 0.0))[1] > span(body.trunk(slim, 0.0))[1] + 0.05
    assert span(body.leg(stout, "left", 0.0))[0] > span(body.leg(slim, "left", 0.0))[0]


def test_an_arm_melts_into_the_shoulder_but_not_into_the_hip() -> None:
    skeleton = pose_skeleton(MAN, Pose("still"))
    trunk, arms = body.trunk(skeleton, 0.01), [body.arm(skeleton, side, 0.01) for side in SIDES]
    both = body.with_arms(skeleton, trunk, arms)
    _, _, z = both.axes()
    low = np.broadcast_to(z < skeleton.joints["waist"][2], both.values.shape)
    apart = np.full(both.values.shape, 1.0, np.float32)
    for one in (trunk, *arms):
        start = one.low - both.low
        window = tuple(slice(int(s), int(s) + n) for s, n in zip(start, one.values.shape, strict=True))
        apart[window] = np.minimum(apart[window], one.values)
    assert (apart - both.values)[low].max() < 0.003
    assert (apart - both.values)[~low].max() > 0.005


def test_a_hand_is_as_long_as_a_hand() -> None:
    skeleton = pose_skeleton(MAN, Pose("still"))
    along = surface_nets(body.hand(skeleton, "right"))[0] @ skeleton.frames["hand.right"][2]
    assert 0.14 < np.ptp(along) < 0.24


@pytest.mark.parametrize("heel_m", [0.0, 0.055])
def test_a_shoe_stands_on_the_floor_and_is_longer_than_wide(heel_m: float) -> None:
    skeleton = pose_skeleton(BodyShape(1.7, 1.0, 1.0, heel_m=heel_m), Pose("still"))
    vertices, _ = surface_nets(body.shoe(skeleton, "left"))
    assert vertices[:, 2].min() == pytest.approx(0, abs=0.02)
    assert np.ptp(vertices[:, 1]) > 1.8 * np.ptp(vertices[:, 0])


def test_a_short_sleeve_ends_above_the_elbow() -> None:
    skeleton = pose_skeleton(MAN, Pose("still"))
    assert surface_nets(body.short_sleeve(skeleton, "right", 0.01))[0][:, 2].min() > skeleton.joints["elbow.right"][2]


def test_the_leg_at_a_height_is_the_joint_at_a_joint() -> None:
    skeleton = pose_skeleton(MAN, Pose("still"))
    knee = skeleton.joints["knee.left"]
    np.testing.assert_allclose(body.leg_axis_point(skeleton, "left", knee[2]), knee)
