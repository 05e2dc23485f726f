import numpy as np

from bgfg.synth.kit.render.light_patches import LightPatches
from bgfg.synth.kit.render.scene import AreaLight


def test_a_lamp_does_not_shine_backwards() -> None:
    lamp = AreaLight((0, 0, 3), (1, 0, 0), (0, 1, 0), (9, 9, 9))  # u x v points up
    point, up = np.zeros((1, 3), np.float32), np.array([[0, 0, 1]], np.float32)
    assert LightPatches((lamp,)).cumulative_luminance(point, up).sum() == 0
