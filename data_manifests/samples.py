"""What each sample is: names and splits of the assets, boxes, and the rows of samples.parquet. Arithmetic and dice."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from data_manifests import tables
from data_manifests.assets import Asset
from data_manifests.manifest import Geometry
from data_manifests.naming import Name
from data_manifests.placements import draw_background
from data_manifests.splits import parse_shares, sample_splits, split_groups

# The boxes of a background's samples, (F, K, 4) int32: x, y, width, height; and their visible pixels, (F, K) int32.
Placed = tuple[NDArray[np.int32], NDArray[np.int32]]
Place = Callable[[int], Placed]


def named_and_split(assets: Sequence[Asset], geometry: Geometry, split: str, seed: int) -> tuple[Asset, ...]:
    """Return the assets with their canonical names and their splits."""
    names = geometry.names
    splits = split_assets(assets, split, seed)

    def name(asset: Asset) -> str:
        if asset.kind == "background":
            return names.write(Name("bg", background=asset.id))
        return names.write(Name("fg", cutout=asset.id // 2, flipped=asset.id % 2 == 1))

    return tuple(
        dataclasses.replace(asset, name=name(asset), split=part) for asset, part in zip(assets, splits, strict=True)
    )


def split_assets(assets: Sequence[Asset], split: str, seed: int) -> list[str]:
    """Return the split of each asset: backgrounds and cut-outs are dealt apart, a flip goes with its original."""
    shares = parse_shares(split)
    backgrounds = split_groups([a.group for a in assets if a.kind == "background"], shares, seed, "background")
    originals = [a.group for a in assets if a.kind == "cutout" and a.flip_of is None]
    cutouts = split_groups(originals, shares, seed, "cutout")
    return [backgrounds[a.id] if a.kind == "background" else cutouts[a.id // 2] for a in assets]


def places_by_rule(
    rule: str, seed: int, geometry: Geometry, cutout_size: NDArray[np.int32], alpha_u8: NDArray[np.uint8]
) -> Place:
    """Return the placing of a rule that needs no depth: random or grid.

    cutout_size: (F, 2) int32, height and width in pixels; alpha_u8: (F, h, w) uint8.
    """
    g = geometry

    def place(b: int) -> Placed:
        boxes = draw_background(rule, seed, b, cutout_size, g.placements, g.height_px, g.width_px)
        visible = [
            tables.visible_pixels(alpha[:height, :width], placed, g.height_px, g.width_px)
            for alpha, (height, width), placed in zip(alpha_u8, cutout_size.tolist(), boxes, strict=True)
        ]
        return boxes, np.array(visible, np.int32)

    return place


def draw(geometry: Geometry, assets: Sequence[Asset], place: Place) -> Iterator[tuple[NDArray[np.int32], pa.Table]]:
    """Yield the boxes (F, K, 4) int32 and the rows of samples.parquet of each background.

    assets: with their splits; place: as the rule of the corpus does.
    """
    background_splits = [str(a.split) for a in assets if a.kind == "background"]
    cutout_splits = [str(a.split) for a in assets if a.kind == "cutout"]
    for b in range(geometry.backgrounds):
        boxes, visible_px = place(b)
        splits = sample_splits(background_splits[b], cutout_splits, geometry.placements)
        yield boxes, tables.sample_rows(geometry, b, boxes, visible_px, splits)
