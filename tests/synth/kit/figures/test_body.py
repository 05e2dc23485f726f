import numpy as np
import pytest
from bgfg.synth.kit.figures import body
from bgfg.synth.kit.figures.figure import SIDES, Build, Pose, posed
from bgfg.synth.kit.render.surface import Field, polygonised

MAN, WOMAN = Build(1.8, 0.0, 1.0), Build(1.65, 1.0, 1.0)


def span(field: Field) -> np.ndarray:
    return np.asarray(np.ptp(polygonised(field)[0], axis=0))


@pytest.mark.parametrize("build", [MAN, WOMAN])
def test_the_trunk_has_human_measures(build: Build) -> None:
    width, depth, height = span(body.trunk(posed(build, Pose("still")), 0.0)) / build.scale
    assert 0.33 < width < 0.50
    assert 0.19 < depth < 0.33
    assert 0.55 < height < 0.75


def test_ease_lets_the_cloth_out_on_every_side() -> None:
    figure = posed(MAN, Pose("still"))
    tight, wide = span(body.trunk(figure, 0.0)), span(body.trunk(figure, 0.03))
    assert np.all(wide[:2] - tight[:2] > 0.015)


def test_girth_widens_trunk_and_limbs() -> None:
    slim, stout = (posed(Build(1.75, 0.0, girth), Pose("still")) for girth in (0.9, 1.3))
    assert span(body.trunk(stout, 0.0))[1] > span(body.trunk(slim, 0.0))[1] + 0.05
    assert span(body.leg(stout, "left", 0.0))[0] > span(body.leg(slim, "left", 0.0))[0]


def test_an_arm_melts_into_the_shoulder_but_not_into_the_hip() -> None:
    figure = posed(MAN, Pose("still"))
    trunk, arms = body.trunk(figure, 0.01), [body.arm(figure, side, 0.01) for side in SIDES]
    both = body.with_arms(figure, trunk, arms)
    _, _, z = both.axes()
    low = np.broadcast_to(z < figure.joints["waist"][2], both.values.shape)
    apart = np.full(both.values.shape, 1.0, np.float32)
    for one in (trunk, *arms):
        start = one.low - both.low
        window = tuple(slice(int(s), int(s) + n) for s, n in zip(start, one.values.shape, strict=True))
        apart[window] = np.minimum(apart[window], one.values)
    assert (apart - both.values)[low].max() < 0.003
    assert (apart - both.values)[~low].max() > 0.005


def test_a_hand_is_as_long_as_a_hand() -> None:
    figure = posed(MAN, Pose("still"))
    along = polygonised(body.hand(figure, "right"))[0] @ figure.frames["hand.right"][2]
    assert 0.14 < np.ptp(along) < 0.24


@pytest.mark.parametrize("heel_m", [0.0, 0.055])
def test_a_shoe_stands_on_the_floor_and_is_longer_than_wide(heel_m: float) -> None:
    figure = posed(Build(1.7, 1.0, 1.0, heel_m=heel_m), Pose("still"))
    vertices, _ = polygonised(body.foot(figure, "left"))
    assert vertices[:, 2].min() == pytest.approx(0, abs=0.02)
    assert np.ptp(vertices[:, 1]) > 1.8 * np.ptp(vertices[:, 0])


def test_a_short_sleeve_ends_above_the_elbow() -> None:
    figure = posed(MAN, Pose("still"))
    assert polygonised(body.short_sleeve(figure, "right", 0.01))[0][:, 2].min() > figure.joints["elbow.right"][2]


def test_the_leg_at_a_height_is_the_joint_at_a_joint() -> None:
    figure = posed(MAN, Pose("still"))
    knee = figure.joints["knee.left"]
    np.testing.assert_allclose(body.leg_at(figure, "left", knee[2]), knee)
