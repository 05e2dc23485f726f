"""Large plans, in several parts: no table grows beyond what is read and hashed at a time, and no folder without end.

A part is what a corpus consists of anyway (see extend.py): some backgrounds with all cut-outs, with tables, a group and
done marks of its own. So whatever reads a corpus that was extended reads one that was planned so.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from bgfg.data_manifests.assets.prepared_assets import Asset, PreparedAssets
from bgfg.data_manifests.corpus.asset_remarks import RemarkCounter
from bgfg.data_manifests.corpus.geometry import AddedPictures
from bgfg.data_manifests.corpus.instances import InstanceCounter
from bgfg.data_manifests.corpus.manifest import Manifest
from bgfg.data_manifests.corpus.part_record import part_folder
from bgfg.synth.plan.added_part import AddedPart, write_added_part
from bgfg.synth.plan.drawing import Drawing

# What a part has at most, if a single background hasn't more: its tables stay below a gigabyte.
_MOST_SAMPLES, _MOST_PASTES = 50_000_000, 150_000_000


def background_ranges(backgrounds: int, per_background: int, most_cutouts: int) -> list[range]:
    """Share the backgrounds of a plan out among parts, as evenly as can be; one part where they aren't many.

    Args:
        backgrounds: B.
        per_background: Samples of each, F·K.
        most_cutouts: How many cut-outs a sample may have.
    """
    most = max(1, min(_MOST_SAMPLES, _MOST_PASTES // most_cutouts) // per_background)
    parts = -(-backgrounds // most)
    edges = [backgrounds * part // parts for part in range(parts + 1)]
    return [range(start, stop) for start, stop in pairwise(edges)]


def first_part(prepared: PreparedAssets, backgrounds: range) -> PreparedAssets:
    """Return what the first part of a plan has: some backgrounds, and all cut-outs."""
    n, depth_mm = backgrounds.stop, prepared.background_depth
    return replace(
        prepared,
        assets=tuple(asset for asset in prepared.assets if asset.kind == "cutout" or asset.id < n),
        background=prepared.background[:n],
        background_depth=None if depth_mm is None else depth_mm[:n],
    )


def add_parts(
    folder: Path,
    first: Manifest,
    there: tuple[Asset, ...],
    prepared: PreparedAssets,
    ranges: list[range],
    remarks: RemarkCounter,
    drawing: Drawing,
) -> tuple[Manifest, tuple[Asset, ...]]:
    """Write the parts of a plan after its first one.

    Args:
        folder: The folder of the plan, with the first part in it.
        first: What that part is.
        there: Its assets.
        prepared: The pictures of the whole plan; rows of backgrounds have their cameras.
        ranges: The backgrounds of each part.
        remarks: Counts the samples that show pictures with remarks.
        drawing: How they are drawn.

    Returns:
        What the plan is, and all its assets, part by part.
    """
    manifest, assets, counter = first, there, InstanceCounter()
    counter.add_statistics(first.statistics)
    for number, backgrounds in enumerate(ranges[1:], start=1):
        part = _part(prepared, backgrounds, first.placement_rule)
        manifest, added = write_added_part(part_folder(folder, number), manifest, part, assets, remarks, drawing)
        assets = (*assets, *added)
        counter.add_statistics(manifest.extensions[-1].statistics)
    return replace(manifest, planned_parts=len(ranges), statistics=counter.statistics()), assets


def _part(prepared: PreparedAssets, backgrounds: range, rule: str) -> AddedPart:
    """Return what a further part of a plan brings: some of its backgrounds."""
    these = slice(backgrounds.start, backgrounds.stop)
    arrays: dict[str, NDArray[Any]] = {"background": prepared.background[these]}
    if prepared.background_depth is not None:
        arrays["background_depth"] = prepared.background_depth[these]
    return AddedPart(
        AddedPictures(len(backgrounds), 0, None),
        [asset for asset in prepared.assets if asset.kind == "background" and asset.id in backgrounds],
        arrays,
        prepared.cutout,
        prepared.cutout_sizes_px,
        arrays["background_depth"] if rule == "perspective" else None,
    )
