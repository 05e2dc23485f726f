"""Preparation of assets: source pictures become a row for each background, cut-out and flip, and arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.assets.duplicates import duplicate_groups
from bgfg.data_manifests.assets.prepared_assets import Asset, AssetKind, PreparedAssets
from bgfg.data_manifests.assets.source_pictures import SourcePicture, read_sources
from bgfg.data_manifests.images.decode import StrPath
from bgfg.data_manifests.images.resampling import fit_to_frame


def prepare_assets(
    bg_dir: StrPath, fg_dir: StrPath, bg_depth_dir: StrPath | None = None, *, workers: int = 1, **given: Any
) -> PreparedAssets:
    """Prepare every picture in the folders; see `read_sources`.

    Args:
        bg_dir: Folder of the backgrounds.
        fg_dir: Folder of the cut-outs.
        bg_depth_dir: Folder of the backgrounds' depth maps, under their names; None for no depth.
        workers: Number of threads.
        **given: Further arguments of `read_sources`.

    Returns:
        The prepared pictures.
    """
    found = read_sources(bg_dir, fg_dir, bg_depth_dir, workers=workers, **given)
    cutout_array, cutout_sizes_px = stack_cutouts(found.cutouts)
    return PreparedAssets(
        assets=(*_rows("background", found.backgrounds, workers), *_rows("cutout", found.cutouts, workers)),
        background=np.stack([source.pixels for source in found.backgrounds]),
        cutout=cutout_array,
        cutout_sizes_px=cutout_sizes_px,
        background_depth=stack_depth(found.backgrounds) if bg_depth_dir is not None else None,
        left_out=found.left_out,
        notes=found.notes,
        remarks=tuple(remark for source in (*found.backgrounds, *found.cutouts) for remark in source.remarks),
        cutout_fixes=fixes_of(found.cutouts) if given.get("fix_cutouts") else None,
    )


def _rows(kind: AssetKind, sources: Sequence[SourcePicture], workers: int) -> list[Asset]:
    groups = duplicate_groups([source.pixels for source in sources], [source.sha256 for source in sources], workers)
    return [row for i, source in enumerate(sources) for row in asset_rows(kind, i, source, groups[i])]


def asset_rows(kind: AssetKind, number: int, source: SourcePicture, group: int) -> list[Asset]:
    """Return the rows of a picture, of a cut-out with that of its flip, without names and splits.

    Args:
        kind: "background" or "cutout".
        number: Number of the picture, flips not counted.
        source: The picture.
        group: The smallest such number in its group of near-duplicates.
    """
    if kind == "background":
        return [_row(kind, number, source, group)]
    c, group = 2 * number, 2 * group
    return [_row(kind, c, source, group), _row(kind, c + 1, source, group, flip_of=c)]


def _row(kind: AssetKind, number: int, source: SourcePicture, group: int, flip_of: int | None = None) -> Asset:
    return Asset(
        kind=kind,
        id=number,
        name="",
        file=source.file,
        flip_of=flip_of,
        width_px=source.width_px,
        height_px=source.height_px,
        sha256=source.sha256,
        depth_file=source.depth_file,
        depth_sha256=source.depth_sha256,
        group=group,
        split=None,
        label=source.label,
        focal_px=source.focal_px,
        focal_from=None if source.focal_px is None else "photo",
    )


def stack_cutouts(sources: Sequence[SourcePicture]) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    """Return cut-outs with their flips, (F, h, w, 4) uint8, top-left in the largest box, and their sizes, (F, 2)."""
    sizes = np.array([s.pixels.shape[:2] for s in sources for _ in range(2)], dtype=np.int32)
    cutouts = np.zeros((len(sizes), *sizes.max(axis=0), 4), np.uint8)
    for c, source in enumerate(sources):
        h, w = source.pixels.shape[:2]
        cutouts[2 * c, :h, :w] = source.pixels
        cutouts[2 * c + 1, :h, :w] = fit_to_frame.flip(source.pixels)
    return cutouts, sizes


def stack_depth(sources: Sequence[SourcePicture]) -> NDArray[np.uint16]:
    """Return the depth maps of backgrounds, (B, H, W) uint16."""
    return np.stack([source.depth_mm for source in sources if source.depth_mm is not None])


def fixes_of(sources: Sequence[SourcePicture]) -> dict[str, tuple[str, ...]]:
    """Return file -> what was undone of the defects of a cut-out, of those that had some."""
    return {source.file: source.fixes for source in sources if source.fixes}
