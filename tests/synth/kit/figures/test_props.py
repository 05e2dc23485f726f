import numpy as np
import pytest

from bgfg.synth.kit.figures.poses import PAIR_POSES, SOLO_POSES
from bgfg.synth.kit.figures.props import PROP_MAKERS, prop_meshes
from bgfg.synth.kit.figures.skeleton import BodyShape, pose_skeleton

BUILD = BodyShape(1.75, 0.0, 1.0)
HELD = {
    name: make(np.random.default_rng(1)) for name, make in SOLO_POSES.items() if make(np.random.default_rng(1)).props
}


@pytest.mark.parametrize("name", HELD)
def test_a_thing_is_near_the_hands_that_hold_it(name: str) -> None:
    skeleton = pose_skeleton(BUILD, HELD[name])
    for hand, prop in HELD[name].props:
        points = np.concatenate([part.vertices for part in prop_meshes(skeleton, hand, prop, (0.3, 0.2, 0.1))])
        for side in ("right", "left") if prop == "box" else (hand,) if prop not in ("backpack", "shoulder bag") else ():
            assert np.linalg.norm(points - skeleton.joints[f"hand.{side}"], axis=1).min() < 0.18
        assert np.isfinite(points).all()
        assert points[:, 2].min() > 0.1


def test_the_poses_name_every_thing_there_is() -> None:
    named = {prop for pose in HELD.values() for _, prop in pose.props}
    assert named == set(PROP_MAKERS)


def test_people_in_pairs_hold_things_too() -> None:
    assert any(
        make(np.random.default_rng(0)).props for first, second, _, _ in PAIR_POSES.values() for make in (first, second)
    )


def test_a_phone_at_the_ear_is_at_the_ear() -> None:
    skeleton = pose_skeleton(BUILD, HELD["phoning"])
    points = np.concatenate([part.vertices for part in prop_meshes(skeleton, "right", "phone", (0, 0, 0))])
    ear = skeleton.joints["head"] + 0.085 * skeleton.frames["head"][0]
    assert np.linalg.norm(points - ear, axis=1).min() < 0.06
    inside = (points - skeleton.joints["head"]) @ skeleton.frames["head"].T
    assert inside[:, 0].min() > 0.03


def test_what_nobody_makes_is_refused() -> None:
    with pytest.raises(KeyError, match="umbrella"):
        prop_meshes(pose_skeleton(BUILD, HELD["phoning"]), "right", "umbrella", (0, 0, 0))
