import numpy as np
import pytest

from bgfg.synth.kit.render.tone_mapping import auto_exposure, tone_map


def test_tone_mapping_rises_and_stays_in_range() -> None:
    ramp = np.linspace(0, 20, 500, dtype=np.float32)[:, None].repeat(3, axis=1)
    out = tone_map(ramp)[:, 0].astype(int)
    assert (np.diff(out) >= 0).all()
    assert (out[0], out[-1]) == (0, 255)
    assert tone_map(np.full((1, 3), 0.2140, np.float32))[0, 0] == 127  # sRGB's middle


def test_exposure_brings_the_mean_to_the_middle() -> None:
    assert auto_exposure(np.full((5, 7, 3), 0.21, np.float32), 0.42) == pytest.approx(2, rel=1e-3)
