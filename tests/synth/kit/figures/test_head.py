import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray

from bgfg.synth.kit.figures.head import Complexion, FaceShape, FaceTexture, head_axes, head_field, neck_tube
from bgfg.synth.kit.figures.skeleton import BodyShape, Pose, pose_skeleton
from bgfg.synth.kit.render.sdf_fields import surface_nets

SKELETON = pose_skeleton(BodyShape(1.75, 0.0, 1.0), Pose("still"))
SKIN, HAIR, LIPS, IRIS = (0.6, 0.4, 0.3), (0.05, 0.03, 0.02), (0.4, 0.1, 0.1), (0.03, 0.02, 0.01)


def f32(values: ArrayLike) -> NDArray[np.float32]:
    return np.asarray(values, np.float32)


def painted(beard: str = "none", glasses: bool = False, age: float = 0.0) -> FaceTexture:
    centre, frame, size = head_axes(SKELETON)
    face = Complexion(SKIN, HAIR, LIPS, IRIS, beard=beard, glasses=glasses, age=age)
    return FaceTexture(centre.astype(np.float32), frame.astype(np.float32), size, face, 1.0)


def seen(paint: FaceTexture, x: float, y: float, z: float) -> np.ndarray:
    point = paint.centre + paint.size * f32([x, y, z]) @ paint.frame
    return np.asarray(paint(f32(point[None]), f32([[0, 1, 0]]), f32([0.001]))[0])


def test_a_head_has_human_measures() -> None:
    vertices, _ = surface_nets(head_field(SKELETON, FaceShape()))
    above = vertices[vertices[:, 2] > SKELETON.joints["head"][2] - 0.1]
    width, depth, _ = np.ptp(above, axis=0)
    assert 0.14 < width < 0.19
    assert 0.18 < depth < 0.24
    assert vertices[:, 2].max() == pytest.approx(1.75, abs=0.03)


def test_the_nose_is_the_foremost_point_and_features_change_it() -> None:
    small, large = (surface_nets(head_field(SKELETON, FaceShape(nose=nose)))[0] for nose in (0.85, 1.2))
    foremost = large[large[:, 1].argmax()]
    assert abs(foremost[0]) < 0.012
    assert abs(foremost[2] - (SKELETON.joints["head"][2] - 0.027)) < 0.02
    assert large[:, 1].max() > small[:, 1].max()


def test_eyes_lips_and_brows_are_where_they_belong() -> None:
    paint = painted()
    np.testing.assert_allclose(seen(paint, 0.0, 0.09, 0.06), SKIN, atol=0.02)
    np.testing.assert_allclose(seen(paint, 0.032, 0.09, 0.0068), IRIS, atol=0.02)
    np.testing.assert_allclose(seen(paint, -0.032, 0.09, 0.0068), IRIS, atol=0.02)
    assert seen(paint, 0.0, 0.09, -0.062)[1] < 0.2
    assert seen(paint, 0.033, 0.09, 0.0265)[0] < 0.2


def test_nothing_is_painted_on_the_back_of_the_head() -> None:
    np.testing.assert_allclose(seen(painted("full", True), 0.032, -0.09, 0.0068), SKIN)


@pytest.mark.parametrize("beard", ["full", "stubble", "goatee"])
def test_a_beard_covers_the_chin_but_not_the_lips(beard: str) -> None:
    assert seen(painted(beard), 0.0, 0.09, -0.09)[0] < 0.9 * SKIN[0]
    np.testing.assert_allclose(seen(painted(beard), 0.0, 0.09, -0.0615), seen(painted(), 0.0, 0.09, -0.0615), atol=0.05)


def test_a_moustache_leaves_the_chin_free() -> None:
    np.testing.assert_allclose(seen(painted("moustache"), 0.0, 0.09, -0.09), SKIN, atol=0.02)
    assert seen(painted("moustache"), 0.0, 0.09, -0.0445)[0] < 0.3


def test_glasses_draw_a_rim() -> None:
    assert seen(painted(glasses=True), 0.033, 0.09, -0.012)[0] < 0.5 * seen(painted(), 0.033, 0.09, -0.012)[0]


def test_a_collar_is_a_part_of_the_neck() -> None:
    whole, part = neck_tube(SKELETON, 0.0), neck_tube(SKELETON, 0.01, 0.5)
    np.testing.assert_allclose(part.end, (whole.start + whole.end) / 2)
