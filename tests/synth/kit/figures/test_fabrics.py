import numpy as np
import pytest
from numpy.typing import ArrayLike, NDArray

from bgfg.synth.kit.figures.fabrics import Canvas, FabricPattern, cloth_texture, hex_to_linear, shade
from bgfg.synth.kit.figures.skeleton import BodyShape, Pose, pose_skeleton

RED, WHITE = (0.5, 0.05, 0.05), (0.9, 0.9, 0.9)
FINE = np.full(2000, 0.0005, np.float32)
ALONG = np.linspace(0, 0.3, 2000).astype(np.float32)


def f32(values: ArrayLike) -> NDArray[np.float32]:
    return np.asarray(values, np.float32)


def red_canvas(x: list[float], up: list[float]) -> Canvas:
    n = len(x)
    return Canvas(np.tile(f32(RED), (n, 1)), f32(x), f32(up), np.ones(n, bool), np.full(n, 1e-4))


def test_srgb_becomes_linear() -> None:
    assert hex_to_linear("#ffffff") == pytest.approx((1, 1, 1))
    assert hex_to_linear("#000000") == (0, 0, 0)
    assert hex_to_linear("#808080")[0] == pytest.approx(0.2159, abs=1e-3)
    assert shade((0.2, 0.6, 0.9), 1.5) == pytest.approx((0.3, 0.9, 1.0))


def test_a_plain_fabric_has_one_colour() -> None:
    np.testing.assert_allclose(
        FabricPattern("plain", RED, WHITE).colours(ALONG, ALONG, FINE), np.tile(RED, (2000, 1)), rtol=1e-6
    )


@pytest.mark.parametrize(
    ("pattern", "varies"), [("stripes", (True, False)), ("hoops", (False, True)), ("checks", (True, True))]
)
def test_patterns_run_around_or_along(pattern: str, varies: tuple[bool, bool]) -> None:
    fabric = FabricPattern(pattern, RED, WHITE, 0.03, 0.3)
    around = fabric.colours(ALONG, np.full_like(ALONG, 0.011), FINE)
    along = fabric.colours(np.full_like(ALONG, 0.011), ALONG, FINE)
    assert (bool(np.ptp(around[:, 1]) > 0.1), bool(np.ptp(along[:, 1]) > 0.1)) == varies


@pytest.mark.parametrize("pattern", ["stripes", "hoops", "checks", "plaid", "dots", "melange", "flowers"])
def test_every_pattern_stays_between_its_two_colours(pattern: str) -> None:
    rng = np.random.default_rng(4)
    u, v = rng.uniform(-1, 1, (2, 2000)).astype(np.float32)
    found = FabricPattern(pattern, RED, WHITE).colours(u, v, FINE)
    assert found[:, 1].min() >= 0.05 - 1e-6
    assert found[:, 1].max() <= 0.9 + 1e-6
    assert np.ptp(found[:, 1]) > 0.2


def test_bars_too_fine_to_see_become_their_mean() -> None:
    fabric = FabricPattern("stripes", (0.0, 0.0, 0.0), (1.0, 1.0, 1.0), 0.01, 0.3)
    near, far = fabric.colours(ALONG, ALONG, FINE), fabric.colours(ALONG, ALONG, np.full_like(ALONG, 0.05))
    assert near.mean() == pytest.approx(0.3, abs=0.02)
    np.testing.assert_allclose(far, 0.3, atol=1e-6)


def test_paint_stays_inside_its_outline() -> None:
    canvas = red_canvas([0.0, 0.1], [0.0, 0.0])
    canvas.paint(0.05 - canvas.across, WHITE)
    np.testing.assert_allclose(canvas.colour, [WHITE, RED], rtol=1e-6)


def test_the_back_is_painted_only_when_told() -> None:
    for all_round, colour in ((False, RED), (True, WHITE)):
        canvas = Canvas(f32([RED]), np.zeros(1, np.float32), np.zeros(1, np.float32), np.zeros(1, bool), np.ones(1))
        canvas.paint(f32([9.0]), WHITE, all_round=all_round)
        np.testing.assert_allclose(canvas.colour, [colour], rtol=1e-6)


def test_lines_end_where_they_should() -> None:
    canvas = red_canvas([0.0, 0.0, 0.02], [-0.1, -0.3, -0.1])
    canvas.line(canvas.along(-0.2, 0.0, canvas.x), 0.004, WHITE)
    np.testing.assert_allclose(canvas.colour, [WHITE, RED, RED], rtol=1e-6)


def test_cloth_follows_the_arm_when_the_arm_moves() -> None:
    fabric = FabricPattern("hoops", RED, WHITE, 0.05)
    for lean_deg in (0.0, 30.0):
        skeleton = pose_skeleton(BodyShape(1.75, 0.0, 1.0), Pose("still", lean_deg=lean_deg))
        cloth = cloth_texture(skeleton, fabric, "arms")
        shoulder, elbow = skeleton.joints["shoulder.right"], skeleton.joints["elbow.right"]
        along = np.linspace(0.3, 0.7, 40)[:, None]
        aside = 0.05 * np.cross(elbow - shoulder, [0, 1.0, 0]) / np.linalg.norm(np.cross(elbow - shoulder, [0, 1.0, 0]))
        points = (shoulder + along * (elbow - shoulder) - aside).astype(np.float32)
        found = cloth(points, points, np.full(40, 1e-4, np.float32))
        expected = fabric.colours(np.zeros(40, np.float32), f32(along[:, 0] * 0.292), np.full(40, 1e-4, np.float32))
        np.testing.assert_allclose(found, expected, atol=0.08)
