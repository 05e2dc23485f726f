"""The rule of placement that a plan draws by, made alike when it is planned and when it is verified."""

from __future__ import annotations

from functools import partial

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.corpus.geometry import CorpusGeometry
from bgfg.data_manifests.corpus.manifest import Manifest
from bgfg.data_manifests.corpus.perspective_plan import PerspectivePlan
from bgfg.data_manifests.images.opacity import OPAQUE_U8
from bgfg.data_manifests.placement.random_grid import RandomGridPlacer
from bgfg.data_manifests.placement.rule import PlacerFactory
from bgfg.data_manifests.placement.sample_index import Rectangle
from bgfg.data_manifests.placement.varied_placer import VariedPlacer
from bgfg.data_manifests.placement.variety import Variety
from bgfg.data_manifests.terminal.progress import Progress, no_progress


def placer_of_part(
    manifest: Manifest,
    rectangle: Rectangle,
    cutout: NDArray[np.uint8],
    cutout_sizes_px: NDArray[np.int32],
    depth_mm: NDArray[np.uint16] | None,
    progress: Progress = no_progress,
) -> PlacerFactory:
    """Return what draws the positions of one part of a corpus.

    Args:
        manifest: What the corpus is, up to this part.
        rectangle: The samples of the part.
        cutout: Prepared cut-outs of the corpus up to this part, (F, h, w, 4) uint8 RGBA.
        cutout_sizes_px: Height and width of each, (F, 2) int32.
        depth_mm: Depth of the part's backgrounds, (n, H, W) uint16, where the rule needs it.
        progress: Shows how far it is.

    Raises:
        NoFloor: A background has no floor on which all the part's cut-outs can stand.
    """
    perspective = None
    if depth_mm is not None:
        perspective = PerspectivePlan.from_arrays(
            manifest.seed, manifest.geometry.placements, manifest.fov_deg, cutout, cutout_sizes_px, depth_mm, progress,
            rectangle.backgrounds.start,
        )  # fmt: skip
    rule, geometry = manifest.placement_rule, manifest.geometry
    return make_placer(
        *(rule, manifest.seed, geometry, cutout, cutout_sizes_px, perspective, rectangle.cutouts), manifest.variety
    )


def make_placer(
    rule: str,
    seed: int,
    geometry: CorpusGeometry,
    cutout: NDArray[np.uint8],
    cutout_sizes_px: NDArray[np.int32],
    perspective: PerspectivePlan | None,
    cutouts: range,
    variety: Variety | None = None,
) -> PlacerFactory:
    """Return what draws the positions on each background.

    Args:
        rule: Rule of the positions, one of `RULES`.
        seed: Seed of the placements.
        geometry: Counts and sizes of the pictures.
        cutout: Prepared cut-outs, (F, h, w, 4) uint8 RGBA.
        cutout_sizes_px: Height and width of each, (F, 2) int32.
        perspective: What the rule `perspective` found in the backgrounds' depth; None for the other rules.
        cutouts: Numbers of the cut-outs that are the first ones of samples.
        variety: What may vary; None where nothing does.
    """
    if perspective is not None:
        return partial(perspective.placer, cutouts, variety=variety)
    alpha_u8 = cutout[..., 3]
    if variety is not None:
        places = geometry.placements // variety.placements_per_place
        contiguous = np.ascontiguousarray(alpha_u8)
        return partial(
            VariedPlacer, variety, rule, seed, places, geometry.frame_px, cutout_sizes_px, contiguous, cutouts
        )
    opaque_px = np.array([int((alpha >= OPAQUE_U8).sum()) for alpha in alpha_u8], np.int64)
    return partial(
        RandomGridPlacer, rule, seed, geometry.placements, geometry.frame_px, cutout_sizes_px, alpha_u8, opaque_px,
        cutouts,
    )  # fmt: skip
