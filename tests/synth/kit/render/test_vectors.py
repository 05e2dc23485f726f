import numpy as np
import pytest

from bgfg.synth.kit.render.vectors import normalise, orthonormal_frame


def test_a_frame_is_right_handed_and_keeps_its_axis() -> None:
    frame = orthonormal_frame([0, 0, 2], [0.3, 1, 0.5])
    np.testing.assert_allclose(frame @ frame.T, np.eye(3), atol=1e-12)
    assert np.linalg.det(frame) == pytest.approx(1)
    np.testing.assert_allclose(frame[2], [0, 0, 1])
    np.testing.assert_allclose(normalise([3, 0, 4]), [0.6, 0, 0.8])
