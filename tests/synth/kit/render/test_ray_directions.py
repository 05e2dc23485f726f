import numpy as np

from bgfg.synth.kit.render.ray_directions import DirectionsAround, r2_samples


def test_directions_lie_around_their_axis() -> None:
    axes = np.array([[0, 0, 1], [0, 0, -1], [1, 0, 0], [0.6, 0, -0.8]], np.float32)
    tile = np.array([3, 0, 15, 3])
    table = np.ones(16, np.float32)
    turns = np.linspace(0, 1, 16, dtype=np.float32)
    out = DirectionsAround(axes).at(0.6 * table, 0.8 * table, turns, tile)
    np.testing.assert_allclose((out * axes).sum(axis=1), 0.6, atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(out, axis=1), 1, atol=1e-6)
    wider = DirectionsAround(axes).at(0.6 * table, 0.8 * table, turns, tile, np.array([1, 2, 0, 1], np.float32))
    np.testing.assert_allclose(np.linalg.norm(wider, axis=1), np.hypot(0.6, [0.8, 1.6, 0, 0.8]), atol=1e-6)


def test_the_numbers_of_a_tile_are_spread_evenly() -> None:
    numbers = np.concatenate([np.stack(r2_samples(k, 4), axis=1) for k in range(4)])
    counts, _, _ = np.histogram2d(numbers[:, 0], numbers[:, 1], bins=4, range=[[0, 1], [0, 1]])
    assert counts.min() >= 3
    assert counts.max() <= 5
