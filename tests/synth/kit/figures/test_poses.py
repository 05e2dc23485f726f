import numpy as np
import pytest
from bgfg.synth.kit.figures.figure import SIDES, Build, Pose, Skeleton, posed
from bgfg.synth.kit.figures.poses import PAIRS, SOLO, mirrored

BUILD = Build(1.8, 0.0, 1.1)
BONES = [("shoulder", "elbow"), ("elbow", "wrist"), ("hip", "knee"), ("knee", "ankle")]


def drawn(name: str, number: int) -> Pose:
    return SOLO[name](np.random.default_rng(number))


def lengths(figure: Skeleton) -> list[float]:
    joints = figure.joints
    return [float(np.linalg.norm(joints[f"{a}.{s}"] - joints[f"{b}.{s}"])) for a, b in BONES for s in SIDES]


@pytest.mark.parametrize("name", SOLO)
def test_a_pose_stands_on_the_floor(name: str) -> None:
    for number in range(6):
        joints = posed(BUILD, drawn(name, number)).joints
        heights = [[joints[f"{part}.{side}"][2] for part in ("heel", "ball", "toe")] for side in SIDES]
        assert min(map(min, heights)) == pytest.approx(0, abs=0.03)
        for foot in heights:
            assert min(foot) < 0.08


@pytest.mark.parametrize("name", SOLO)
def test_a_pose_does_not_stretch_limbs(name: str) -> None:
    plain = lengths(posed(BUILD, Pose("still")))
    for number in range(4):
        np.testing.assert_allclose(lengths(posed(BUILD, drawn(name, number))), plain, rtol=0.003)


@pytest.mark.parametrize("name", SOLO)
def test_dice_vary_a_pose_and_repeat_it(name: str) -> None:
    assert drawn(name, 1) != drawn(name, 2)
    assert drawn(name, 1) == drawn(name, 1)
    assert drawn(name, 1).name == name


@pytest.mark.parametrize("name", SOLO)
def test_a_mirrored_pose_is_the_pose_seen_in_a_mirror(name: str) -> None:
    pose = drawn(name, 5)
    here, there = posed(BUILD, pose).joints, posed(BUILD, mirrored(pose)).joints
    other = {"right": "left", "left": "right"}
    for joint, place in here.items():
        part, dot, side = joint.partition(".")
        np.testing.assert_allclose(place * [-1, 1, 1], there[part + dot + other.get(side, "")], atol=1e-9)


def test_hands_are_where_the_name_says() -> None:
    phone = posed(BUILD, drawn("phoning", 0)).joints
    assert np.linalg.norm(phone["hand.right"] - phone["head"]) < 0.2
    hip = posed(BUILD, drawn("hand on hip", 0)).joints
    assert np.linalg.norm(hip["wrist.right"] - hip["root"]) < 0.35
    box = posed(BUILD, drawn("carrying a box", 0)).joints
    assert min(box["wrist.right"][1], box["wrist.left"][1]) > 0.2
    step = posed(BUILD, drawn("walking", 0)).joints
    assert abs(step["ankle.right"][1] - step["ankle.left"][1]) > 0.35


def test_pairs_stand_apart_and_are_made_of_poses() -> None:
    for first, second, apart_m, towards_deg in PAIRS.values():
        dice = np.random.default_rng(1)
        assert isinstance(first(dice), Pose)
        assert isinstance(second(dice), Pose)
        assert 0.5 < apart_m < 1.0
        assert abs(towards_deg) <= 90
