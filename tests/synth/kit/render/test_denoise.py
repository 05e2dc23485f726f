import numpy as np
import pytest

from bgfg.synth.kit.render import denoise
from bgfg.synth.kit.render.denoise import Surfaces, cross_bilateral_blur, spread_between


def stepped_surfaces(height: int, width: int, edge: int) -> Surfaces:
    """Two level planes, 1 m apart, that meet before column `edge`."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    step = (x >= edge).astype(np.float32)
    points, normals = np.stack([x * 0.01, y * 0.01, step]), np.stack([0 * x, 0 * x, 1 + 0 * x])
    return Surfaces(points, normals, np.ones(x.shape, bool), np.full(x.shape, 0.01, np.float32))


def test_the_blur_stops_at_edges_and_keeps_what_is_even() -> None:
    rng = np.random.default_rng(0)
    surfaces = stepped_surfaces(13, 17, 9)
    step = surfaces.points[2]
    values = np.stack([step, step + rng.normal(0, 0.1, step.shape).astype(np.float32)])
    out = cross_bilateral_blur(values, surfaces)
    np.testing.assert_allclose(out[0], step, atol=1e-5)
    assert (out[1] - step).std() < 0.5 * (values[1] - step).std()


def test_bands_of_rows_leave_no_seam(monkeypatch: pytest.MonkeyPatch) -> None:
    surfaces = stepped_surfaces(41, 6, 3)
    values = np.random.default_rng(1).normal(0, 1, (3, 41, 6)).astype(np.float32)
    monkeypatch.setattr(denoise, "BAND_ROWS", 41)
    whole = cross_bilateral_blur(values, surfaces)
    for rows in (1, 2, 7, 16):
        monkeypatch.setattr(denoise, "BAND_ROWS", rows)
        np.testing.assert_array_equal(cross_bilateral_blur(values, surfaces), whole)


@pytest.mark.parametrize(("height", "width"), [(12, 17), (13, 16), (1, 1), (2, 5)])
def test_light_is_spread_to_the_pixels_between_and_not_over_an_edge(height: int, width: int) -> None:
    surfaces = stepped_surfaces(height, width, 9)
    light = np.stack([surfaces.points[2] + 3, 0.1 * surfaces.points[1] + surfaces.points[2]])
    out, lit = spread_between(light[:, ::2, ::2], surfaces)
    assert lit.all()
    inner = light[:, : height - 1 + height % 2]  # the last row has a neighbour on one side alone
    np.testing.assert_allclose(out[:, : inner.shape[1]], inner, atol=1e-5)
    np.testing.assert_allclose(out[0], light[0], atol=1e-5)


def test_pixels_on_a_surface_of_their_own_get_no_light() -> None:
    surfaces = stepped_surfaces(9, 9, 20)
    surfaces.points[2, 3, 4] = 1  # between lit pixels, on nobody's plane
    surfaces.points[2, 5, 5] = 1
    surfaces.known[7, 7] = False
    out, lit = spread_between(np.ones((1, 5, 5), np.float32), surfaces)
    assert {tuple(place) for place in np.argwhere(~lit).tolist()} == {(3, 4), (5, 5), (7, 7)}
    np.testing.assert_allclose(out[0][lit], 1, atol=1e-5)
