"""Assets that are added to a corpus: which pictures are new, whose near-duplicates they are, and their numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bgfg.data_manifests.assets.duplicates import added_groups
from bgfg.data_manifests.assets.preparation import asset_rows
from bgfg.data_manifests.assets.prepared_assets import Asset, AssetKind
from bgfg.data_manifests.assets.source_pictures import SourcePicture


@dataclass(frozen=True)
class AddedAssets:
    """The pictures of one kind that are added.

    Attributes:
        sources: The pictures.
        assets: Their rows, flips included, without names and splits.
        left_out: (file, reason) of what isn't added, though it isn't there.
        there_already: How many of the pictures are there already.
    """

    sources: tuple[SourcePicture, ...]
    assets: tuple[Asset, ...]
    left_out: tuple[tuple[str, str], ...]
    there_already: int


def add_assets(
    kind: AssetKind,
    sources: Sequence[SourcePicture],
    known: Sequence[Asset],
    pictures: Sequence[NDArray[np.uint8]],
    workers: int,
) -> AddedAssets:
    """Number the pictures of a kind that a corpus hasn't, each in the group of its near-duplicates that are there.

    Args:
        kind: "background" or "cutout".
        sources: The pictures, of which some may be there already.
        known: The assets that are there, of both kinds.
        pictures: The prepared pictures of this kind that are there, without flips.
        workers: Number of threads.

    Returns:
        What is added. A picture that is there, by its SHA-256, is passed over; left out is one that looks like pictures
        of several splits, since whichever it went to, another would know it.
    """
    there = [asset for asset in known if asset.kind == kind and asset.flip_of is None]
    known_sha256s, given = {asset.sha256 for asset in there}, len(sources)
    sources, left_out = [source for source in sources if source.sha256 not in known_sha256s], []
    there_already = given - len(sources)
    groups, joined = added_groups(
        [source.pixels for source in sources],
        [source.sha256 for source in sources],
        pictures,
        [asset.sha256 for asset in there],
        [asset.group for asset in there],
        workers,
    )
    of_group = {asset.group: asset for asset in reversed(there)}
    kept = []
    for i, source in enumerate(sources):
        alike = [of_group[group] for group in joined[i]]
        if len({asset.split for asset in alike}) > 1:
            names = " and ".join(f"{_told(asset)} ({asset.split})" for asset in alike)
            left_out.append((source.file, f"a near-duplicate of {names}, which are of different splits"))
        else:
            kept.append(i)
    first = len(there)
    number = {i: first + place for place, i in enumerate(kept)}
    step = 2 if kind == "cutout" else 1  # ids of cut-outs count flips
    leaders: dict[int, int] = {}  # of each group among the new ones, the first that is kept
    rows: list[Asset] = []
    for i in kept:
        leader = leaders.setdefault(groups[i], number[i])
        rows += asset_rows(kind, number[i], sources[i], joined[i][0] // step if joined[i] else leader)
    return AddedAssets(tuple(sources[i] for i in kept), tuple(rows), tuple(left_out), there_already)


def _told(asset: Asset) -> str:
    return f"{asset.file} ({asset.name})"
