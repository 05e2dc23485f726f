"""Writes the plan of a further part of a corpus: the pictures that join those there are, and the samples they bring."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.assets.classes import sorted_classes
from bgfg.data_manifests.assets.prepared_assets import Asset
from bgfg.data_manifests.corpus import asset_table
from bgfg.data_manifests.corpus.asset_remarks import RemarkCounter
from bgfg.data_manifests.corpus.digest import PixelDigest
from bgfg.data_manifests.corpus.geometry import AddedPictures
from bgfg.data_manifests.corpus.manifest import Manifest
from bgfg.data_manifests.corpus.part_record import PART_FILE, PartRecord
from bgfg.data_manifests.corpus.samples import draw_samples, name_and_split_added
from bgfg.data_manifests.files.checksum import array_sha256, file_sha256
from bgfg.synth.plan.drawing import Drawing
from bgfg.synth.plan.placer import placer_of_part
from bgfg.synth.plan.sample_tables import write_sample_tables
from bgfg.synth.plan.versions import library_versions
from bgfg.synth.store.group import create_group


@dataclass(frozen=True)
class AddedPart:
    """The pictures of a further part, and those that its samples are made of.

    Attributes:
        added: How many pictures it brings.
        rows: Their rows, flips included, without names and splits.
        arrays: Array name -> the prepared pictures that are new.
        cutout: The prepared cut-outs of the corpus up to this part, (F, h, w, 4) uint8 RGBA.
        cutout_sizes_px: Height and width of each, (F, 2) int32.
        depth_mm: Depth of the backgrounds that the part shows, (n, H, W) uint16, where placements depend on it.
        left_out: (file, reason) of what was left out.
        cutout_fixes: File of a new cut-out -> what was undone of its defects; None where that wasn't asked for.
    """

    added: AddedPictures
    rows: Sequence[Asset]
    arrays: Mapping[str, NDArray[Any]]
    cutout: NDArray[np.uint8]
    cutout_sizes_px: NDArray[np.int32]
    depth_mm: NDArray[np.uint16] | None = None
    left_out: tuple[tuple[str, str], ...] = ()
    cutout_fixes: Mapping[str, tuple[str, ...]] | None = None


def write_added_part(
    folder: Path,
    before: Manifest,
    part: AddedPart,
    there: Sequence[Asset],
    remarks: RemarkCounter,
    drawing: Drawing,
) -> tuple[Manifest, tuple[Asset, ...]]:
    """Write a part of a corpus: its tables, its group with the pictures, and its record.

    Args:
        folder: Where the part is to lie.
        before: What the corpus is without it.
        part: What it brings.
        there: The assets of the corpus without it.
        remarks: Counts the samples that show pictures with remarks.
        drawing: How its samples are drawn.

    Returns:
        What the corpus is with it, its statistics left as they are, and the assets of the part.
    """
    geometry = before.geometry.with_added(part.added)
    rectangle = geometry.index.rectangles[-1]
    assets = name_and_split_added(part.rows, there, geometry, before.split, before.seed)
    (folder / "manifest").mkdir(parents=True)
    asset_table.write_assets(folder / "manifest" / asset_table.ASSETS_FILE, [vars(asset) for asset in assets])
    everything = tuple(sorted((*there, *assets), key=lambda asset: (asset.kind, asset.id)))
    digest = PixelDigest.of_added(
        *(before.digest, part.added, part.arrays.get("background"), part.arrays.get("cutout")),
        part.depth_mm if part.added.backgrounds else None,
    )
    placer = placer_of_part(before, rectangle, part.cutout, part.cutout_sizes_px, part.depth_mm, drawing.progress)
    drawn = draw_samples(
        *(geometry, rectangle, everything, placer, before.crowd, before.seed, drawing.progress, before.variety),
        in_order=drawing.in_order,
    )
    labels = [str(asset.label) for asset in everything if asset.kind == "cutout"]
    statistics = write_sample_tables(
        folder / "manifest", rectangle, drawn, labels, before.crowd is not None, digest, remarks, before.variety
    )
    record = PartRecord(
        digest=digest.hexdigest(),
        tables={name: file_sha256(folder / "manifest" / name) for name in before.tables},
        prepared={name: array_sha256(array) for name, array in part.arrays.items()},
        versions=library_versions(),
        left_out=part.left_out,
        cutout_fixes=part.cutout_fixes,
        added=part.added,
        extends=before.digest,
        statistics=statistics,
        classes=tuple(label for label in sorted_classes(labels) if label not in before.class_names),
    )
    manifest = before.with_part(record)
    create_group(folder / "data.zarr", manifest, dict(part.arrays))
    record.save(folder / "manifest" / PART_FILE)
    return manifest, assets
