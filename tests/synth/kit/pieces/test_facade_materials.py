"""What buildings are made of: no two walls are alike."""

import numpy as np

from bgfg.synth.kit.pieces.facade_materials import sample_facade_materials


def test_claddings_are_many() -> None:
    drawn = [sample_facade_materials(np.random.default_rng(k)) for k in range(30)]
    assert len({repr(materials.wall.albedo) for materials in drawn}) > 25
