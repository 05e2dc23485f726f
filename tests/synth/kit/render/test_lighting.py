import numpy as np

from bgfg.synth.kit.render.lighting import directions_around, r2_samples


def test_directions_lie_around_their_axis() -> None:
    axes = np.array([[0, 0, 1], [0, 0, -1], [1, 0, 0], [0.6, 0, -0.8]], np.float32)
    out = directions_around(
        axes, np.full(4, 0.6, np.float32), np.full(4, 0.8, np.float32), np.array([0, 0.3, 0.6, 0.9], np.float32)
    )
    np.testing.assert_allclose((out * axes).sum(axis=1), 0.6, atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(out, axis=1), 1, atol=1e-6)


def test_the_numbers_of_a_tile_are_spread_evenly() -> None:
    numbers = np.concatenate([np.stack(r2_samples(np.arange(16), k, 4), axis=1) for k in range(4)])
    counts, _, _ = np.histogram2d(numbers[:, 0], numbers[:, 1], bins=4, range=[[0, 1], [0, 1]])
    assert counts.min() >= 3
    assert counts.max() <= 5
