"""What a corpus has, counted: the sizes of its splits and classes, and its groups of near-duplicates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from bgfg.data_manifests.corpus.records import CorpusRecords
from bgfg.data_manifests.corpus.selection import split_codes
from bgfg.data_manifests.corpus.splits import ASSET_SPLITS, SPLITS, sample_splits


@dataclass(frozen=True)
class SplitCounts:
    """Size of one split.

    Attributes:
        samples: Number of samples.
        backgrounds: Number of backgrounds that they are made of.
        cutouts: Number of cut-outs that they are made of, flips not counted.
    """

    samples: int
    backgrounds: int
    cutouts: int


@dataclass(frozen=True)
class ClassCounts:
    """Size of one class.

    Attributes:
        number: Its number, from 1 on.
        label: Its label.
        cutouts: How many cut-outs it has, flips not counted; 0 in an imported corpus, where those of samples have none.
        splits: Split -> how many of these are in it.
        samples: How many samples show it; where samples have several cut-outs, as the first.
    """

    number: int
    label: str
    cutouts: int
    splits: Mapping[str, int]
    samples: int

    def to_row(self) -> tuple[Any, ...]:
        """Return it as a row of a table."""
        return self.number, self.label, self.cutouts, *self.splits.values(), self.samples


@dataclass(frozen=True)
class NearDuplicateGroup:
    """A group of near-duplicates, which lie in one split.

    Attributes:
        kind: "background" or "cutout".
        split: The split that holds them all.
        names: Their names, flips not counted.
        files: The files that they come from.
    """

    kind: str
    split: str
    names: tuple[str, ...]
    files: tuple[str, ...]


def count_splits(records: CorpusRecords) -> dict[str, SplitCounts]:
    """Return the size of each split: of a corpus that was planned by the splits of its pictures, which say it all."""
    g = records.manifest.geometry
    if g.listed is not None:
        return _listed_splits(records)
    split_of = {kind: _asset_splits(records, kind) for kind in ("background", "cutout")}
    blocks = g.placements, records.manifest.placements_per_place
    samples = np.zeros(len(SPLITS), np.int64)
    backgrounds, cutouts = (np.zeros((len(SPLITS), count), bool) for count in (g.backgrounds, g.cutouts))
    for r in g.index.rectangles:
        of_backgrounds = split_of["background"][r.backgrounds.start : r.backgrounds.stop]
        shown = split_of["cutout"][r.cutouts.start : r.cutouts.stop]
        pictures = slice(r.cutouts.start // 2, r.cutouts.stop // 2)
        for split in ASSET_SPLITS:
            alike = np.array(of_backgrounds) == split
            # A cut-out and its flip are neighbours, so each C takes 2K codes.
            codes = sample_splits(split, shown, *blocks).reshape(-1, 2 * g.placements)
            there = codes == np.arange(len(SPLITS))[:, None, None]  # (splits, C, 2K)
            samples += there.sum(axis=(1, 2)) * alike.sum()
            backgrounds[:, r.backgrounds.start : r.backgrounds.stop] |= there.any(axis=(1, 2))[:, None] & alike
            cutouts[:, pictures] |= there.any(axis=2) & alike.any()
    counts = zip(samples.tolist(), *(there.sum(axis=1).tolist() for there in (backgrounds, cutouts)), strict=True)
    return {split: SplitCounts(*count) for split, count in zip(SPLITS, counts, strict=True)}


def _asset_splits(records: CorpusRecords, kind: str) -> list[str]:
    """Return the split of each picture of a kind, flips counted."""
    return [str(row["split"]) for row in records.assets.to_pylist() if row["kind"] == kind]


def count_classes(records: CorpusRecords) -> list[ClassCounts]:
    """Return the size of each class, in the order of their numbers."""
    if records.manifest.is_imported:  # its counts are no product
        return _listed_classes(records)
    g = records.manifest.geometry
    rows = [row for row in records.assets.to_pylist() if row["kind"] == "cutout" and row["flip_of"] is None]
    found = []
    for number, label in enumerate(records.manifest.class_names, start=1):
        splits = [row["split"] for row in rows if row["label"] == label]
        counts = {split: splits.count(split) for split in ASSET_SPLITS}
        found.append(ClassCounts(number, label, len(splits), counts, len(splits) * 2 * g.backgrounds * g.placements))
    return found


def find_near_duplicates(records: CorpusRecords) -> list[NearDuplicateGroup]:
    """Return the groups of several pictures that show the same thing."""
    groups: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for row in records.assets.to_pylist():
        if row["flip_of"] is None:
            groups.setdefault((row["kind"], row["group"]), []).append(row)
    return [
        NearDuplicateGroup(kind, alike[0]["split"], tuple(r["name"] for r in alike), tuple(r["file"] for r in alike))
        for (kind, _), alike in groups.items()
        if len(alike) > 1
    ]


def _listed_splits(records: CorpusRecords) -> dict[str, SplitCounts]:
    """Count what an imported corpus has in each split; its samples say which pictures they show."""
    samples = np.zeros(len(SPLITS), np.int64)
    shown: dict[str, list[set[int]]] = {kind: [set() for _ in SPLITS] for kind in ("background", "cutout")}
    for rows in records.iter_strips(("split", "background", "cutout")):
        codes = split_codes(records.samples_path(0), rows)
        samples += np.bincount(codes, minlength=len(SPLITS))
        for kind, of_splits in shown.items():
            for code, of_split in enumerate(of_splits):
                of_split.update(rows[kind].filter(pa.array(codes == code)).drop_null().to_pylist())
    return {
        split: SplitCounts(int(samples[code]), len(shown["background"][code]), len(shown["cutout"][code]))
        for code, split in enumerate(SPLITS)
    }


def _listed_classes(records: CorpusRecords) -> list[ClassCounts]:
    """Count the samples of each class of an imported corpus, whose cut-outs have none."""
    samples: Counter[str | None] = Counter()
    for rows in records.iter_strips(("label",)):
        samples.update(rows["label"].to_pylist())
    names = records.manifest.class_names if records.manifest.classes else ()
    none = dict.fromkeys(ASSET_SPLITS, 0)
    return [ClassCounts(number, label, 0, none, samples[label]) for number, label in enumerate(names, start=1)]
