"""Summary of a corpus: what it is, how it was made and how much of it is done; as JSON, and as text for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from bgfg.data_manifests.assets.cameras import describe_cameras
from bgfg.data_manifests.corpus.asset_table import CAMERA_COLUMNS
from bgfg.data_manifests.corpus.instances import describe_instances
from bgfg.data_manifests.corpus.manifest import Manifest
from bgfg.data_manifests.corpus.records import CorpusRecords
from bgfg.data_manifests.corpus.selection import split_codes
from bgfg.data_manifests.corpus.splits import ASSET_SPLITS, SPLITS
from bgfg.data_manifests.placement.variety import Variety
from bgfg.data_manifests.terminal.console import format_cell, format_table
from bgfg.data_manifests.terminal.errors import bgfg_command, printable

_UNITS = {"image": "levels 0..255", "mask": "levels 0..255", "instance": "numbers 0..255", "depth": "m"}

# Of long lists only the beginning is shown on a terminal.
_MOST_LINES = 20


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


@dataclass(frozen=True)
class CorpusSummary:
    """Summary of a corpus.

    Attributes:
        path: Folder of the corpus.
        manifest: Content of corpus.json.
        being_added: What is being added to it, in words; empty where nothing is.
        finished: Array of samples -> whether all of it has been made.
        splits: Split -> its size.
        near_duplicates: Groups of near-duplicates.
        classes: The classes in the order of their numbers.
        cameras: What is known of the cameras of the backgrounds, in a line; empty where nothing is.
    """

    path: Path
    manifest: Manifest
    being_added: str
    finished: Mapping[str, bool]
    splits: Mapping[str, SplitCounts]
    near_duplicates: Sequence[NearDuplicateGroup]
    classes: Sequence[ClassCounts]
    cameras: str

    @classmethod
    def from_records(cls, records: CorpusRecords) -> CorpusSummary:
        """Summarise a corpus from its records; the splits of all samples are read, and no picture."""
        arrays = (array for array in _UNITS if array != "instance" or records.manifest.crowd)
        finished = {array: array in records.manifest.statistics for array in arrays}
        manifest, alike = records.manifest, _near_duplicates(records)
        adding = manifest.with_pending_parts(records.path).geometry.describe_added(len(manifest.parts))
        known = _splits(records), alike, _classes(records), _cameras(records)
        return cls(records.path, manifest, adding, finished, *known)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as for JSON."""
        return {
            "manifest": self.manifest.to_dict(),
            "being_added": self.being_added or None,
            "finished": dict(self.finished),
            "splits": {split: asdict(part) for split, part in self.splits.items()},
            "near_duplicates": [asdict(group) for group in self.near_duplicates],
            "classes": [asdict(each) for each in self.classes],
            "cameras": self.cameras,
        }

    def to_text(self) -> str:
        """Format it as lines for people."""
        manifest = self.manifest
        parts = [(split, p.samples, p.backgrounds, p.cutouts) for split, p in self.splits.items()]
        sections = [
            f"{printable(str(self.path))}: {manifest.geometry.describe()}",
            format_table(("", ""), _facts(self)),
            format_table(("split", "samples", "backgrounds", "cut-outs"), parts),
        ]
        if manifest.classes:
            sections.append(_classes_table(self.classes, manifest.is_imported))
        if any(self.finished.values()):
            counted = ("array", "unit", "values counted", "mean", "std")
            sections.append(format_table(counted, _statistics(manifest.statistics)))
        if self.near_duplicates:
            alike = ("near-duplicates", "split", "name", "file")
            sections.append(_beginning(alike, _lookalikes(self.near_duplicates)))
        if left_out := [pair for part in manifest.parts for pair in part.left_out]:
            sections.append(_beginning(("left out", "reason"), left_out))
        fixes = [fixed for part in manifest.parts for fixed in (part.cutout_fixes or {}).items()]
        if fixes:
            fixed = [(file, ", ".join(done)) for file, done in fixes]
            sections.append(_beginning(("cut-out", "fixed by --fix-cutouts"), fixed))
        return "\n\n".join(sections)


def _splits(records: CorpusRecords) -> dict[str, SplitCounts]:
    g = records.manifest.geometry
    if g.listed is not None:
        return _listed_splits(records)
    samples = np.zeros(len(SPLITS), np.int64)
    backgrounds, cutouts = (np.zeros((len(SPLITS), count), bool) for count in (g.backgrounds, g.cutouts))
    for strip, rows in zip(g.index.strips(), records.iter_strips(("split",)), strict=True):
        # A cut-out and its flip are neighbours, so each C takes 2K codes.
        codes = split_codes(records.samples_path(strip.part), rows).reshape(-1, 2 * g.placements)
        there = codes == np.arange(len(SPLITS))[:, None, None]  # (splits, C, 2K)
        samples += there.sum(axis=(1, 2))
        backgrounds[:, strip.background] |= there.any(axis=(1, 2))
        cutouts[:, strip.cutouts.start // 2 : strip.cutouts.stop // 2] |= there.any(axis=2)
    counts = zip(samples.tolist(), *(there.sum(axis=1).tolist() for there in (backgrounds, cutouts)), strict=True)
    return {split: SplitCounts(*count) for split, count in zip(SPLITS, counts, strict=True)}


def _classes(records: CorpusRecords) -> list[ClassCounts]:
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


def _listed_classes(records: CorpusRecords) -> list[ClassCounts]:
    """Count the samples of each class of an imported corpus, whose cut-outs have none."""
    samples: Counter[str | None] = Counter()
    for rows in records.iter_strips(("label",)):
        samples.update(rows["label"].to_pylist())
    names = records.manifest.class_names if records.manifest.classes else ()
    none = dict.fromkeys(ASSET_SPLITS, 0)
    return [ClassCounts(number, label, 0, none, samples[label]) for number, label in enumerate(names, start=1)]


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


def _cameras(records: CorpusRecords) -> str:
    g = records.manifest.geometry
    backgrounds = records.assets.slice(0, g.backgrounds)
    focal_px, sources = (backgrounds[name].to_pylist() for name in CAMERA_COLUMNS)
    return describe_cameras(focal_px, sources, min(g.height_px, g.width_px))


def _near_duplicates(records: CorpusRecords) -> list[NearDuplicateGroup]:
    groups: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for row in records.assets.to_pylist():
        if row["flip_of"] is None:
            groups.setdefault((row["kind"], row["group"]), []).append(row)
    return [
        NearDuplicateGroup(kind, alike[0]["split"], tuple(r["name"] for r in alike), tuple(r["file"] for r in alike))
        for (kind, _), alike in groups.items()
        if len(alike) > 1
    ]


def _facts(summary: CorpusSummary) -> list[tuple[str, str]]:
    manifest, path = summary.manifest, summary.path
    height_px, width_px = manifest.geometry.largest_box_px
    if manifest.is_imported:
        return [
            ("imported", "as they were given; not composed here"),
            *([("instances", describe_instances(manifest))] if manifest.crowd else []),
            ("split", manifest.split if manifest.split == "as given" else f"{manifest.split} (by identity)"),
            ("depth", _depth(summary)),
            ("digest", manifest.digest),
            ("made by", _named(manifest.versions)),
        ]
    status = bgfg_command("status", path)
    composed = summary.finished["image"] and summary.finished["mask"]
    return [
        ("cut-outs", f"up to {manifest.geometry.cutout_height_px} px high, all within {width_px}x{height_px}"),
        ("placement", f"{manifest.placement_rule}, seed {manifest.seed}"),
        *([("instances", describe_instances(manifest))] if manifest.crowd else []),
        *_variety(manifest),
        ("split", f"{manifest.split} (train/val/test by identity)"),
        ("images, masks", "all composed" if composed else f"not all composed yet: run {bgfg_command('compose', path)}"),
        ("depth", _depth(summary)),
        *([("cameras", summary.cameras)] if summary.cameras else []),
        *([("parts", _parts(manifest))] if manifest.extensions else []),
        *([("being added", f"{summary.being_added}, read once made: see {status}")] if summary.being_added else []),
        ("digest", manifest.digest),
        ("made by", _named(manifest.versions)),
    ]


def _variety(manifest: Manifest) -> list[tuple[str, str]]:
    """Say what varies by the options that were given, if anything does."""
    if manifest.variety is None:
        return []
    plain = Variety().option_values()
    told = manifest.variety.option_values().items()
    return [("variety", " ".join(f"{option} {value}" for option, value in told if value != plain[option]))]


def _parts(manifest: Manifest) -> str:
    """Say in words what was added to a corpus, and which of its samples are of these parts."""
    rectangles = manifest.geometry.index.rectangles[1:]
    told = (
        f"{added.describe()} (samples from {r.first_sample:,})"
        for added, r in zip(manifest.geometry.added, rectangles, strict=True)
    )
    return f"{manifest.geometry.until(1).describe()}; then {', '.join(told)}"


def _depth(summary: CorpusSummary) -> str:
    teacher, run = summary.manifest.teacher, bgfg_command("label", summary.path)
    if teacher is None:
        given = "background_depth" in summary.manifest.prepared
        return f"not labelled yet: run {run}" if given else "not labelled; the backgrounds came without depth"
    about = {key: value for key, value in teacher.items() if key not in ("name", "encoding") and value is not None}
    told = f"by {format_cell(teacher['name'])}, {_named(about)}; code: {_named(teacher['encoding'])}"
    return told if summary.finished["depth"] else f"{told}; not all labelled yet: run {run}"


def _named(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {format_cell(value)}" for name, value in values.items())


def _classes_table(classes: Sequence[ClassCounts], is_imported: bool) -> str:
    if is_imported:
        rows: list[tuple[Any, ...]] = [(each.number, each.label, each.samples) for each in classes]
        return _beginning(("class", "label", "samples"), rows)
    return _beginning(("class", "label", "cut-outs", *ASSET_SPLITS, "samples"), [each.to_row() for each in classes])


def _statistics(statistics: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    return [
        (array, _UNITS.get(array), found.get("count"), _channels(found.get("mean")), _channels(found.get("std")))
        for array, found in statistics.items()
        if array != "instances"  # no array: what was counted of them is told in words
    ]


def _channels(values: Any) -> str:
    return ", ".join(map(format_cell, values)) if isinstance(values, list) else format_cell(values)


def _lookalikes(groups: Sequence[NearDuplicateGroup]) -> list[tuple[str, str, str, str]]:
    """Return a row for each picture; only the first of a group has the kind and the split."""
    lines = []
    for group in groups:
        for number, (name, file) in enumerate(zip(group.names, group.files, strict=True)):
            lines.append((group.kind, group.split, name, file) if number == 0 else ("", "", name, file))
    return lines


def _beginning(columns: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """Format the first of many rows as a table, and say how many more there are."""
    more = len(lines) - _MOST_LINES
    return format_table(columns, lines[:_MOST_LINES]) + (
        f"\nand {more:,} more: --json has them all" if more > 0 else ""
    )
