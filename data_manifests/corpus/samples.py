"""The samples of a corpus: names and splits of its assets, and for each background the placements and table rows."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import starmap
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from bgfg.data_manifests.assets.prepared_assets import Asset, original_cutouts
from bgfg.data_manifests.corpus import sample_table
from bgfg.data_manifests.corpus.geometry import CorpusGeometry
from bgfg.data_manifests.corpus.instances import InstanceTable
from bgfg.data_manifests.corpus.naming import Name
from bgfg.data_manifests.corpus.splits import (
    parse_shares,
    sample_splits,
    split_added_classes,
    split_classes,
    split_groups,
)
from bgfg.data_manifests.corpus.varied_samples import DistractorTable, VariedDraw, VariedSamples
from bgfg.data_manifests.placement.multi_cutout import Company, Composition, CutoutsPerSample, MultiCutoutSampler
from bgfg.data_manifests.placement.rule import Placer, PlacerFactory
from bgfg.data_manifests.placement.sample_index import Rectangle, Strip
from bgfg.data_manifests.placement.variety import Variety
from bgfg.data_manifests.terminal.progress import Progress, no_progress

# Yields what a function returns for each of some calls, whose number it is told, in order.
InOrder = Callable[[Callable[..., Any], Iterable[tuple[Any, ...]], int], Iterator[Any]]


def call_in_order(work: Callable[..., Any], calls: Iterable[tuple[Any, ...]], _count: int) -> Iterator[Any]:
    """Call a function in this process, again and again."""
    return starmap(work, calls)


@dataclass(frozen=True)
class BackgroundSamples:
    """What was drawn for the samples of one background.

    Attributes:
        samples: Its rows of samples.parquet.
        instances: Its rows of instances.parquet; None where every sample has one cut-out.
        pastes: What determines pixels, int32, as the digest takes it: boxes, (F, K, 4), or pastes, (n, 6 + V); where
            anything varies, also what was drawn for each sample and its first cut-out, (F, K, 8), and the distractors,
            (m, 7 + V).
        fewer_than_drawn: How many samples have fewer cut-outs than were drawn, since no place was found for more.
        distractors: Its rows of distractors.parquet; None where there are none by plan.
    """

    samples: pa.Table
    instances: InstanceTable | None
    pastes: tuple[NDArray[np.int32], ...]
    fewer_than_drawn: int = 0
    distractors: DistractorTable | None = None


def name_and_split_assets(
    assets: Sequence[Asset], geometry: CorpusGeometry, split: str, seed: int
) -> tuple[Asset, ...]:
    """Return the assets of the first part with their canonical names and their splits."""
    return _named(assets, split_assets(assets, split, seed), geometry)


def name_and_split_added(
    assets: Sequence[Asset], known: Sequence[Asset], geometry: CorpusGeometry, split: str, seed: int
) -> tuple[Asset, ...]:
    """Return the assets of a further part, all of one kind, with their canonical names and their splits.

    Args:
        assets: The new assets, with their ids and groups, which may be groups that are there.
        known: The assets that are there.
        geometry: Counts of the corpus.
        split: Shares of train, val and test in per cent.
        seed: Seed of the corpus.
    """
    kind = assets[0].kind
    originals, there = ([a for a in each if a.kind == kind and a.flip_of is None] for each in (assets, known))
    splits_there = [str(a.split) for a in there]
    counts: dict[str, Counter[str]] = {}
    for asset in there:
        counts.setdefault(str(asset.label), Counter())[str(asset.split)] += 1
    found = split_added_classes(
        [a.group for a in originals],
        [str(a.label) for a in originals],
        dict(zip((a.group for a in there), splits_there, strict=True)),
        counts,
        parse_shares(split),
        seed,
        kind,
    )
    of_original = {a.id: part for a, part in zip(originals, found, strict=True)}
    return _named(assets, [of_original[a.id if a.flip_of is None else a.flip_of] for a in assets], geometry)


def _named(assets: Sequence[Asset], splits: Sequence[str], geometry: CorpusGeometry) -> tuple[Asset, ...]:
    names = geometry.names

    def name(asset: Asset) -> str:
        if asset.kind == "background":
            return names.write(Name("bg", background=asset.id))
        return names.write(Name("fg", cutout=asset.id // 2, flipped=asset.id % 2 == 1))

    return tuple(
        dataclasses.replace(asset, name=name(asset), split=part) for asset, part in zip(assets, splits, strict=True)
    )


def split_assets(assets: Sequence[Asset], split: str, seed: int) -> list[str]:
    """Return the split of each asset: backgrounds and cut-outs are split apart, the latter class by class.

    A flip goes with its original.
    """
    shares = parse_shares(split)
    backgrounds = split_groups([a.group for a in assets if a.kind == "background"], shares, seed, "background")
    originals = original_cutouts(assets)
    groups, labels = [a.group for a in originals], [str(a.label) for a in originals]
    cutouts = split_classes(groups, labels, shares, seed, "cutout")
    return [backgrounds[a.id] if a.kind == "background" else cutouts[a.id // 2] for a in assets]


def draw_samples(
    geometry: CorpusGeometry,
    rectangle: Rectangle,
    assets: Sequence[Asset],
    placer_of: PlacerFactory,
    cutouts_per_sample: CutoutsPerSample | None,
    seed: int,
    progress: Progress = no_progress,
    variety: Variety | None = None,
    in_order: InOrder = call_in_order,
) -> Iterator[BackgroundSamples]:
    """Draw the samples of a part of a corpus, background by background.

    Args:
        geometry: Counts and sizes of the corpus.
        rectangle: The samples of the part.
        assets: All assets up to this part, with their splits and groups.
        placer_of: Makes the placer of a background by the corpus's rule.
        cutouts_per_sample: How many cut-outs a sample has; None where each has one.
        seed: Seed of the corpus.
        progress: Shows how far it is, in samples.
        variety: What may vary; None where nothing does.
        in_order: Draws the backgrounds where that may take long: where cut-outs are several, or vary.

    Yields:
        What was drawn for each background.
    """
    background_splits = [str(a.split) for a in assets if a.kind == "background"]
    cutouts = [a for a in assets if a.kind == "cutout"]
    cutout_splits = [str(a.split) for a in cutouts]
    company = Company(cutout_splits, [a.group for a in cutouts])
    sampler = None if cutouts_per_sample is None else MultiCutoutSampler(cutouts_per_sample, seed, company)
    varied = None if variety is None else VariedSamples(variety, seed, company, sampler)
    per_place = variety.placements_per_place if variety else 1
    shown = cutout_splits[rectangle.cutouts.start : rectangle.cutouts.stop]
    labels = [str(a.label) for a in cutouts[rectangle.cutouts.start : rectangle.cutouts.stop]]
    draw = partial(_draw_strip, geometry, labels, sampler, varied)
    calls = (
        (
            rectangle.strip(b),
            placer_of(b),
            sample_splits(background_splits[b], shown, rectangle.placements, per_place),
        )
        for b in rectangle.backgrounds
    )
    draw_all = call_in_order if sampler is None and varied is None else in_order
    drawn = draw_all(draw, calls, len(rectangle.backgrounds))
    with progress("placements", len(rectangle), 0) as advance:
        for of_background in drawn:
            yield of_background
            advance(rectangle.per_background)


def _draw_strip(
    geometry: CorpusGeometry, labels: Sequence[str], sampler: MultiCutoutSampler | None, varied: VariedSamples | None,
    strip: Strip, placer: Placer, splits: NDArray[np.int8],
) -> BackgroundSamples:  # fmt: skip
    """Draw the samples of one background.

    splits: (F, K) indices into SPLITS, F those of the part's cut-outs; labels: their classes.
    """
    if varied is not None:
        return _varied_samples(geometry, strip, splits, labels, varied.draw(strip, placer))
    if sampler is None:
        boxes, visible_px = placer.place()
        rows = sample_table.sample_rows(geometry, strip, boxes, visible_px, splits, labels)
        return BackgroundSamples(rows, None, (boxes,))
    K = geometry.placements
    counts = sampler.draw_counts(strip.background, K)[strip.cutouts.start : strip.cutouts.stop]
    # Boxes of samples.parquet are those of the first cut-out, instances.parquet has them all.
    compositions = _compositions(sampler, strip, counts, placer)
    instances = InstanceTable.from_compositions(strip.samples.start, compositions)
    first = instances.first_pastes().reshape(len(counts), K, -1)
    rows = sample_table.sample_rows(geometry, strip, first[..., :4], first[..., 4], splits, labels)
    fewer = int((instances.counts() < counts.ravel()).sum())
    return BackgroundSamples(rows, instances, (instances.pastes(),), fewer)


def _varied_samples(
    geometry: CorpusGeometry, strip: Strip, splits: NDArray[np.int8], labels: Sequence[str], drawn: VariedDraw
) -> BackgroundSamples:
    """Return the samples of one background in which something varies; arguments as `_draw_strip` has."""
    boxes = drawn.first_pastes.reshape(*splits.shape, -1)
    rows = sample_table.sample_rows(geometry, strip, boxes[..., :4], boxes[..., 4], splits, labels, drawn.varying)
    pastes = boxes[..., :4] if drawn.instances is None else drawn.instances.pastes()
    numbers = pastes, drawn.of_samples, drawn.behind.rows.astype(np.int32)
    return BackgroundSamples(rows, drawn.instances, numbers, drawn.fewer_than_drawn, drawn.distractors)


def _compositions(
    sampler: MultiCutoutSampler, strip: Strip, counts: NDArray[np.int32], placer: Placer
) -> Iterator[Composition]:
    """Yield the samples of a background in order. counts: (F, K), how many cut-outs each is to have."""
    for f, of_block in zip(strip.cutouts, counts, strict=True):
        first_pastes = placer.first_pastes(f, of_block)
        yield from sampler.compositions(strip.background, f, of_block, first_pastes, placer.place_at)
