import numpy as np
import pytest

from bgfg.synth.kit.render.vectors import cross_rows, empty_rows, normalise, orthonormal_frame, take_rows


def test_rows_are_laid_out_column_after_column() -> None:
    a, b = np.random.default_rng(0).normal(size=(2, 7, 3))
    for rows in (empty_rows(7), take_rows(a, np.array([2, 2, 6])), cross_rows(a, b)):
        assert rows[:, 0].flags.c_contiguous
    np.testing.assert_array_equal(take_rows(a, np.array([2, 2, 6])), a[[2, 2, 6]])
    np.testing.assert_allclose(cross_rows(a, b), np.cross(a, b))


def test_a_frame_is_right_handed_and_keeps_its_axis() -> None:
    frame = orthonormal_frame([0, 0, 2], [0.3, 1, 0.5])
    np.testing.assert_allclose(frame @ frame.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(frame) == pytest.approx(1)
    np.testing.assert_allclose(frame[2], [0, 0, 1])
    np.testing.assert_allclose(normalise([3, 0, 4]), [0.6, 0, 0.8])
