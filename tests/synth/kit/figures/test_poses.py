import numpy as np
import pytest

from bgfg.synth.kit.figures.poses import PAIR_POSES, SOLO_POSES, mirror_pose
from bgfg.synth.kit.figures.skeleton import SIDES, BodyShape, Pose, Skeleton, pose_skeleton

BUILD = BodyShape(1.8, 0.0, 1.1)
BONES = [("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle")]


def drawn(name: str, number: int) -> Pose:
    return SOLO_POSES[name](np.random.default_rng(number))


def lengths(skeleton: Skeleton) -> list[float]:
    joints = skeleton.joints
    return [float(np.linalg.norm(joints[f"{a}.{s}"] - joints[f"{b}.{s}"])) for a, b in BONES for s in SIDES]


@pytest.mark.parametrize("name", SOLO_POSES)
def test_a_pose_stands_on_the_floor(name: str) -> None:
    for number in range(6):
        joints = pose_skeleton(BUILD, drawn(name, number)).joints
        heights = [[joints[f"{part}.{side}"][2] for part in ("heel", "ball", "toe")] for side in SIDES]
        assert min(map(min, heights)) == pytest.approx(0, abs=0.03)
        for foot in heights:
            assert min(foot) < 0.08


@pytest.mark.parametrize("name", SOLO_POSES)
def test_a_pose_does_not_stretch_limbs(name: str) -> None:
    plain = lengths(pose_skeleton(BUILD, Pose("still")))
    for number in range(4):
        np.testing.assert_allclose(lengths(pose_skeleton(BUILD, drawn(name, number))), plain, rtol=0.003)


@pytest.mark.parametrize("name", SOLO_POSES)
def test_a_generator_varies_a_pose_and_repeats_it(name: str) -> None:
    assert drawn(name, 1) != drawn(name, 2)
    assert drawn(name, 1) == drawn(name, 1)
    assert drawn(name, 1).name == name


@pytest.mark.parametrize("name", SOLO_POSES)
def test_a_mirrored_pose_is_the_pose_seen_in_a_mirror(name: str) -> None:
    pose = drawn(name, 5)
    here, there = pose_skeleton(BUILD, pose).joints, pose_skeleton(BUILD, mirror_pose(pose)).joints
    other = {"right": "left", "left": "right"}
    for joint, place in here.items():
        part, dot, side = joint.partition(".")
        np.testing.assert_allclose(place * [-1, 1, 1], there[part + dot + other.get(side, "")], atol=1e-9)


def test_hands_are_where_the_name_says() -> None:
    phone = pose_skeleton(BUILD, drawn("phoning", 0)).joints
    assert np.linalg.norm(phone["hand.right"] - phone["head"]) < 0.2
    hip = pose_skeleton(BUILD, drawn("hand on hip", 0)).joints
    assert np.linalg.norm(hip["wrist.right"] - hip["root"]) < 0.35
    box = pose_skeleton(BUILD, drawn("carrying a box", 0)).joints
    assert min(box["wrist.right"][1], box["wrist.left"][1]) > 0.2
    step = pose_skeleton(BUILD, drawn("walking", 0)).joints
    assert abs(step["ankle.right"][1] - step["ankle.left"][1]) > 0.35


def test_pairs_stand_apart_and_are_made_of_poses() -> None:
    for first, second, apart_m, towards_deg in PAIR_POSES.values():
        rng = np.random.default_rng(1)
        assert isinstance(first(rng), Pose)
        assert isinstance(second(rng), Pose)
        assert 0.5 < apart_m < 1.0
        assert abs(towards_deg) <= 90
