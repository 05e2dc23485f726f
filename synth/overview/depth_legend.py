"""The legend of the colours of depth: which colour stands for how many metres."""

from __future__ import annotations

import numpy as np

from bgfg.data_manifests.images.depth_colours import colour_depth
from bgfg.synth.preview import depth_range_m
from bgfg.synth.store.corpus import Corpus


def depth_unit(corpus: Corpus) -> str:
    """Return the unit of the depth of a labelled corpus: "m", or "" where it has none."""
    return "" if corpus.depth_code().attributes()["kind"] == "relative" else "m"


def depth_legend(corpus: Corpus, steps: int = 7) -> list[tuple[float, tuple[int, int, int]]]:
    """Return some depths from near to far, evenly spread over the colours, each with its RGB.

    Args:
        corpus: A labelled corpus.
        steps: How many there are.
    """
    near_m, far_m = depth_range_m(corpus)
    nearest_m = max(near_m, min(1.0, far_m / 10))  # where `colour_depth` begins
    depths_m = np.geomspace(nearest_m, far_m, steps).astype(np.float32)
    colours = colour_depth(depths_m[None], near_m, far_m)[0].tolist()
    return [(depth_m, (r, g, b)) for depth_m, (r, g, b) in zip(depths_m.tolist(), colours, strict=True)]
