"""The rule of placement that a plan draws by, made alike when it is planned and when it is verified."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.corpus.geometry import CorpusGeometry
from bgfg.data_manifests.corpus.perspective_plan import PerspectivePlan
from bgfg.data_manifests.images.opacity import OPAQUE_U8
from bgfg.data_manifests.placement.random_grid import RandomGridPlacer
from bgfg.data_manifests.placement.rule import PlacerFactory


def make_placer(
    rule: str,
    seed: int,
    geometry: CorpusGeometry,
    cutout: NDArray[np.uint8],
    cutout_sizes_px: NDArray[np.int32],
    perspective: PerspectivePlan | None,
) -> PlacerFactory:
    """Return what draws the positions on each background.

    Args:
        rule: Rule of the positions, one of `RULES`.
        seed: Seed of the placements.
        geometry: Counts and sizes of the pictures.
        cutout: Prepared cut-outs, (F, h, w, 4) uint8 RGBA.
        cutout_sizes_px: Height and width of each, (F, 2) int32.
        perspective: What the rule `perspective` found in the backgrounds' depth; None for the other rules.
    """
    if perspective is not None:
        return perspective.placer
    alpha_u8 = cutout[..., 3]
    opaque_px = np.array([int((alpha >= OPAQUE_U8).sum()) for alpha in alpha_u8], np.int64)
    return partial(
        RandomGridPlacer, rule, seed, geometry.placements, geometry.frame_px, cutout_sizes_px, alpha_u8, opaque_px
    )
