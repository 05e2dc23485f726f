import numpy as np
import pytest

from bgfg.synth.kit.figures.hair import HAIRSTYLES, HairTexture, hair_meshes
from bgfg.synth.kit.figures.head import head_axes
from bgfg.synth.kit.figures.skeleton import BodyShape, Pose, pose_skeleton

SKELETON = pose_skeleton(BodyShape(1.7, 1.0, 1.0), Pose("still"))
BLACK, RED = (0.02, 0.02, 0.02), (0.5, 0.05, 0.05)


def local(style: str) -> np.ndarray:
    centre, frame, size = head_axes(SKELETON)
    parts = hair_meshes(SKELETON, style, BLACK, RED, 0.3)
    return np.concatenate([(part.vertices - centre) @ frame.T / size for part in parts])


@pytest.mark.parametrize("style", [style for style in HAIRSTYLES if style not in ("bald", "receding")])
def test_hair_covers_the_crown_and_leaves_the_face(style: str) -> None:
    points = local(style)
    assert points[:, 2].max() > 0.11
    face = (np.abs(points[:, 0]) < 0.035) & (points[:, 1] > 0.085) & (np.abs(points[:, 2] + 0.02) < 0.05)
    assert not face.any()


def test_styles_differ_in_length() -> None:
    lowest = {style: local(style)[:, 2].min() for style in ("crop", "bob", "long")}
    assert lowest["long"] < lowest["bob"] < lowest["crop"]


def test_the_receding_and_the_bald_show_their_crown() -> None:
    assert hair_meshes(SKELETON, "bald", BLACK, RED, 0.0) == []
    points = local("receding")
    assert not ((points[:, 1] > 0.04) & (np.abs(points[:, 0]) < 0.03)).any()


@pytest.mark.parametrize("style", ["hijab", "cap"])
def test_a_scarf_or_cap_has_the_accent_colour(style: str) -> None:
    assert RED in [part.material.albedo for part in hair_meshes(SKELETON, style, BLACK, RED, 0.0)]


def test_strands_vary_around_the_colour_of_the_hair() -> None:
    strands = HairTexture(np.zeros(3, np.float32), np.eye(3, dtype=np.float32), (0.2, 0.1, 0.05), 0.5)
    points = np.random.default_rng(2).normal(size=(500, 3)).astype(np.float32)
    found = strands(points, points, np.full(500, 0.001, np.float32))
    np.testing.assert_allclose(found.mean(axis=0), (0.2, 0.1, 0.05), rtol=0.15)
    assert found[:, 0].std() > 0.01
