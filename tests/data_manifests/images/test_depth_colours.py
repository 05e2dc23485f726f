"""Depth maps in colours."""

from __future__ import annotations

import numpy as np

from bgfg.data_manifests.images.depth_colours import colour_depth


def test_colours_of_depth_are_on_one_scale_for_all_pictures() -> None:
    whole = colour_depth(np.linspace(0.5, 10, 40, dtype=np.float32)[None], 0.1, 10.0)
    part = colour_depth(np.linspace(0.5, 10, 40, dtype=np.float32)[None, 10:20], 0.1, 10.0)
    assert np.array_equal(part, whole[:, 10:20])
    unknown = colour_depth(np.zeros((2, 3), np.float32), 0.1, 10.0)
    assert (unknown == unknown[0, 0]).all()
    assert len(np.unique(whole[0], axis=0)) > 25
