"""What each sample is: names and splits of the assets, boxes, and the rows of samples.parquet. Arithmetic and dice."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pyarrow as pa
from bgfg.data_manifests.corpus import tables
from bgfg.data_manifests.corpus.assets import Asset
from bgfg.data_manifests.corpus.instances import Instances
from bgfg.data_manifests.corpus.manifest import Geometry
from bgfg.data_manifests.corpus.naming import Name
from bgfg.data_manifests.corpus.splits import parse_shares, sample_splits, split_groups
from bgfg.data_manifests.placement.multi import Crowd, Gathering, Paste, Picture
from bgfg.data_manifests.terminal.progress import Progress, silent
from numpy.typing import NDArray


class Spots(Protocol):
    """Where the cut-outs of one background go, as the rule of a corpus says."""

    def place(self) -> tuple[NDArray[np.int32], NDArray[np.int32]]:
        """Return the boxes of samples with one cut-out, (F, K, 4) int32: x, y, width, height; and the visible pixels,
        (F, K) int32.
        """

    def firsts(self, f: int, numbers: NDArray[np.int32]) -> Sequence[Paste]:
        """Return the first cut-out of each of the K samples of a block that are to have so many, (K,) int32."""

    def stand(self, f: int, across: int, down: int) -> Paste | None:
        """Put a further cut-out where two random words below 2^32 say; None where it can't be there."""


Ground = Callable[[int], Spots]


@dataclass(frozen=True)
class Drawn:
    """What was drawn for one background. samples: the rows of samples.parquet; instances: None where samples have one
    cut-out. pastes: what determines pixels, as the digest takes it, int32. fewer: how many samples have fewer cut-outs
    than were drawn for them, since no place was found for more.
    """

    samples: pa.Table
    instances: Instances | None
    pastes: NDArray[np.int32]
    fewer: int = 0


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


def draw(
    geometry: Geometry,
    assets: Sequence[Asset],
    ground: Ground,
    crowd: Crowd | None,
    seed: int,
    progress: Progress = silent,
) -> Iterator[Drawn]:
    """Yield what is drawn for each background.

    assets: with their splits and groups; ground: that of the corpus's rule; crowd: None where samples have one cut-out.
    """
    background_splits = [str(a.split) for a in assets if a.kind == "background"]
    cutouts = [a for a in assets if a.kind == "cutout"]
    cutout_splits = [str(a.split) for a in cutouts]
    gathering = None if crowd is None else Gathering(crowd, seed, cutout_splits, [a.group for a in cutouts])
    K = geometry.placements
    with progress("placements", len(geometry.index), 0) as advance:
        for b in range(geometry.backgrounds):
            splits = sample_splits(background_splits[b], cutout_splits, K)
            yield _drawn(geometry, b, ground(b), splits, gathering)
            advance(len(cutouts) * K)


def _drawn(geometry: Geometry, b: int, spots: Spots, splits: NDArray[np.int8], gathering: Gathering | None) -> Drawn:
    """Return what is drawn for one background."""
    if gathering is None:
        boxes, visible_px = spots.place()
        return Drawn(tables.sample_rows(geometry, b, boxes, visible_px, splits), None, boxes)
    K = geometry.placements
    numbers = gathering.numbers(b, K)
    instances = Instances.of(geometry.index.sample(b, 0, 0), _pictures(gathering, b, numbers, spots))
    first = instances.firsts().reshape(len(numbers), K, -1)
    rows = tables.sample_rows(geometry, b, first[..., :4], first[..., 4], splits)
    return Drawn(rows, instances, instances.pastes(), int((instances.counts() < numbers.ravel()).sum()))


def _pictures(gathering: Gathering, b: int, numbers: NDArray[np.int32], spots: Spots) -> Iterator[Picture]:
    """Yield the samples of a background that are to have so many cut-outs, (F, K)."""
    for f, of_block in enumerate(numbers):
        yield from gathering.pictures(b, f, of_block, spots.firsts(f, of_block), spots.stand)
