import numpy as np
import pytest

from bgfg.synth.kit.figures.clothes import (
    WAISTBAND_HEIGHT_M,
    Bottom,
    Shoes,
    Top,
    bare_arm_meshes,
    bare_leg_meshes,
    bottom_meshes,
    shoe_meshes,
    top_meshes,
)
from bgfg.synth.kit.figures.fabrics import FabricPattern
from bgfg.synth.kit.figures.poses import SOLO_POSES
from bgfg.synth.kit.figures.skeleton import BodyShape, Pose, Skeleton, pose_skeleton
from bgfg.synth.kit.render.scene import Mesh

PLAIN = FabricPattern("plain", (0.2, 0.3, 0.4))
BUILD = BodyShape(1.7, 1.0, 1.05)
STILL = pose_skeleton(BUILD, Pose("still"))


def points(parts: list[Mesh]) -> np.ndarray:
    return np.concatenate([part.vertices for part in parts])


def walking(phase: int) -> Skeleton:
    return pose_skeleton(BUILD, SOLO_POSES["walking"](np.random.default_rng(phase)))


@pytest.mark.parametrize("hem_m", [0.11, 0.0, -0.12, -0.4])
def test_a_top_ends_at_its_hem(hem_m: float) -> None:
    trunk = points(top_meshes(STILL, Top(PLAIN, None, hem_m=hem_m, sleeve="none"), 0.0))
    assert trunk[:, 2].min() == pytest.approx(STILL.joints["root"][2] + hem_m * BUILD.scale, abs=0.03)


def test_a_hem_does_not_cut_the_sleeves() -> None:
    top = points(top_meshes(STILL, Top(PLAIN, None, hem_m=0.11), 0.0))
    assert top[:, 2].min() == pytest.approx(STILL.joints["wrist.left"][2], abs=0.04)


def test_trousers_reach_from_the_belt_to_the_shoes() -> None:
    trousers = points(bottom_meshes(STILL, Bottom(PLAIN), 0.0))
    assert trousers[:, 2].max() == pytest.approx(STILL.joints["root"][2] + WAISTBAND_HEIGHT_M * BUILD.scale, abs=0.02)
    assert trousers[:, 2].min() == pytest.approx(0.04, abs=0.03)


@pytest.mark.parametrize("phase", range(4))
def test_a_skirt_hangs_to_its_length_and_hides_the_thighs_of_someone_walking(phase: int) -> None:
    skeleton = walking(phase)
    skirt = points(bottom_meshes(skeleton, Bottom(PLAIN, "skirt", height_m=0.45), 0.0))
    assert skirt[:, 2].min() == pytest.approx(0.45 * BUILD.scale, abs=0.03)
    hem = skirt[skirt[:, 2] < 0.47 * BUILD.scale]
    legs = points(bare_leg_meshes(skeleton, (0.5, 0.4, 0.3)))
    legs = legs[np.abs(legs[:, 2] - 0.46 * BUILD.scale) < 0.02]
    assert hem[:, 1].min() < legs[:, 1].min() + 0.01
    assert hem[:, 1].max() > legs[:, 1].max() - 0.01


def test_collars_are_parts_of_the_top() -> None:
    counts = {collar: len(top_meshes(STILL, Top(PLAIN, None, collar=collar), 0.0)) for collar in ("none", "shirt")}
    assert counts == {"none": 1, "shirt": 2}
    heights = [points(top_meshes(STILL, Top(PLAIN, None, collar=c), 0.0))[:, 2].max() for c in ("none", "hood", "roll")]
    assert heights[0] < min(heights[1:])


def test_creases_are_shallow() -> None:
    flat, creased = (points(top_meshes(STILL, Top(PLAIN, None, creases=c), 1.0)) for c in (0.0, 1.0))
    moved = np.linalg.norm(flat - creased, axis=1)
    assert 0.001 < moved.max() < 0.02


def test_skin_lies_under_the_cloth() -> None:
    sleeves = points(top_meshes(STILL, Top(PLAIN, None), 0.0))
    arms = points(bare_arm_meshes(STILL, (0.5, 0.4, 0.3)))
    assert arms[:, 0].max() < sleeves[:, 0].max() + 0.003


def test_shoes_have_soles_of_their_own_colour() -> None:
    for part in shoe_meshes(STILL, Shoes((0.9, 0.0, 0.0), (0.0, 0.9, 0.0), 0.5)):
        found = part.material.albedo_at(part.vertices, part.vertices, np.full(len(part.vertices), 0.001, np.float32))
        top, bottom = part.vertices[:, 2].argmax(), part.vertices[:, 2].argmin()
        assert found[top].argmax() == 0
        assert found[bottom].argmax() == 1
