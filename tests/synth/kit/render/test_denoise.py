import numpy as np

from bgfg.synth.kit.render.denoise import cross_bilateral_blur


def test_the_blur_stops_at_edges_and_keeps_what_is_even() -> None:
    rng = np.random.default_rng(0)
    y, x = np.mgrid[0:13, 0:17].astype(np.float32)
    step = np.where(x < 9, 0, 1).astype(np.float32)
    points, normals = np.stack([x * 0.01, y * 0.01, step]), np.stack([0 * x, 0 * x, 1 + 0 * x])
    values = np.stack([step, step + rng.normal(0, 0.1, step.shape).astype(np.float32)])
    known = np.ones(step.shape, bool)
    out = cross_bilateral_blur(values, points, normals, known, np.full(step.shape, 0.01, np.float32))
    np.testing.assert_allclose(out[0], step, atol=1e-5)
    assert (out[1] - step).std() < 0.5 * (values[1] - step).std()
