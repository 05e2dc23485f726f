import numpy as np
import pytest

from bgfg.synth.kit.figures.skeleton import (
    SIDES,
    BodyShape,
    FootPlacement,
    HandPlacement,
    Pose,
    pose_skeleton,
    rotation_frame,
    two_bone_ik,
)

BUILD = BodyShape(1.75, 0.0, 1.0)


def test_a_limb_keeps_its_lengths_and_bends_towards_its_pole() -> None:
    start, target = np.zeros(3), np.array([0.0, 0.1, -0.4])
    middle, end = two_bone_ik(start, target, 0.3, 0.25, np.array([0, -1.0, 0]))
    assert np.linalg.norm(middle) == pytest.approx(0.3)
    assert np.linalg.norm(end - middle) == pytest.approx(0.25)
    np.testing.assert_allclose(end, target, atol=1e-9)
    assert middle[1] < 0


def test_a_limb_that_cannot_reach_its_target_points_at_it() -> None:
    middle, end = two_bone_ik(np.zeros(3), np.array([0, 0, -2.0]), 0.3, 0.25, np.array([0, 1.0, 0]))
    assert np.linalg.norm(end - middle) == pytest.approx(0.25)
    assert end[2] == pytest.approx(-0.55, abs=0.002)


def test_positive_angles_roll_right_nod_forwards_and_turn_left() -> None:
    right, ahead, up = np.eye(3)
    assert rotation_frame(right_deg=20)[2] @ right > 0
    assert rotation_frame(nod_deg=20)[2] @ ahead > 0
    assert rotation_frame(turn_deg=20)[1] @ right < 0
    np.testing.assert_allclose(rotation_frame(0, 0, 0), [right, ahead, up])


def test_a_standing_figure_is_as_tall_as_its_build_says() -> None:
    for stature in (1.55, 1.75, 1.95):
        body_shape = BodyShape(stature, 0.0, 1.0)
        skeleton = pose_skeleton(body_shape, Pose("still"))
        top = skeleton.joints["head"][2] + 0.115 * (0.41 + 0.6 * body_shape.scale)
        assert top == pytest.approx(stature, abs=0.03)


def test_high_heels_raise_the_figure_but_not_its_toes() -> None:
    flat, high = (pose_skeleton(BodyShape(1.65, 1.0, 1.0, heel_m=h), Pose("still")) for h in (0.0, 0.06))
    assert high.joints["root"][2] > flat.joints["root"][2] + 0.02
    for side in SIDES:
        assert high.joints[f"ball.{side}"][2] == pytest.approx(0, abs=0.02)
        assert high.joints[f"heel.{side}"][2] == pytest.approx(0, abs=0.02)


def test_a_lifted_foot_hangs_above_the_floor() -> None:
    skeleton = pose_skeleton(BUILD, Pose("step", feet=(FootPlacement(lift=0.1), FootPlacement())))
    lowest = {side: min(skeleton.joints[f"{name}.{side}"][2] for name in ("heel", "ball")) for side in SIDES}
    assert lowest["right"] == pytest.approx(0.1, abs=0.01)
    assert lowest["left"] == pytest.approx(0.0, abs=0.01)


def test_hands_of_both_sides_mirror_each_other() -> None:
    skeleton = pose_skeleton(BUILD, Pose("still", hands=(HandPlacement(), HandPlacement())))
    right, left = skeleton.joints["wrist.right"], skeleton.joints["wrist.left"]
    np.testing.assert_allclose(right * [-1, 1, 1], left, atol=1e-9)
    np.testing.assert_allclose(skeleton.frames["hand.right"] * [-1, 1, 1], skeleton.frames["hand.left"], atol=1e-9)


def test_the_thumb_of_a_hanging_hand_points_ahead() -> None:
    skeleton = pose_skeleton(BUILD, Pose("still"))
    for side in SIDES:
        assert skeleton.frames[f"hand.{side}"][0][1] > 0.7


def test_a_stouter_figure_holds_its_hands_further_out() -> None:
    slim, stout = (pose_skeleton(BodyShape(1.75, 0.0, girth), Pose("still")) for girth in (1.0, 1.3))
    assert stout.joints["wrist.right"][0] > slim.joints["wrist.right"][0] + 0.02
