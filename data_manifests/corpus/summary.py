"""Summary of a corpus: what it is, how it was made and how much of it is done; as JSON, and as text for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bgfg.data_manifests.assets.cameras import describe_cameras
from bgfg.data_manifests.corpus.asset_table import CAMERA_COLUMNS
from bgfg.data_manifests.corpus.instances import describe_instances
from bgfg.data_manifests.corpus.manifest import Manifest
from bgfg.data_manifests.corpus.records import CorpusRecords
from bgfg.data_manifests.corpus.splits import ASSET_SPLITS
from bgfg.data_manifests.corpus.summary_counts import (
    ClassCounts,
    NearDuplicateGroup,
    SplitCounts,
    count_classes,
    count_splits,
    find_near_duplicates,
)
from bgfg.data_manifests.placement.variety import Variety
from bgfg.data_manifests.terminal.console import format_cell, format_table
from bgfg.data_manifests.terminal.errors import bgfg_command, printable

_UNITS = {"image": "levels 0..255", "mask": "levels 0..255", "instance": "numbers 0..255", "depth": "m"}

# Of long lists only the beginning is shown on a terminal.
_MOST_LINES = 20


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
        """Summarise a corpus from its records, without reading a picture."""
        arrays = (array for array in _UNITS if array != "instance" or records.manifest.crowd)
        finished = {array: array in records.manifest.statistics for array in arrays}
        manifest, alike = records.manifest, find_near_duplicates(records)
        adding = manifest.with_pending_parts(records.path).geometry.describe_added(len(manifest.parts))
        known = count_splits(records), alike, count_classes(records), _cameras(records)
        return cls(records.path, manifest, adding, finished, *known)

    def facts(self) -> list[tuple[str, str]]:
        """Return what it is and how it was made, as pairs of words."""
        return _facts(self)

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
            format_table(("", ""), self.facts()),
            format_table(("split", "samples", "backgrounds", "cut-outs"), parts),
        ]
        if manifest.classes:
            sections.append(_classes_table(self.classes, manifest.is_imported))
        if any(self.finished.values()):
            counted = ("array", "unit", "values counted", "mean", "std")
            sections.append(format_table(counted, _statistics(manifest)))
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


def _cameras(records: CorpusRecords) -> str:
    g = records.manifest.geometry
    backgrounds = records.assets.slice(0, g.backgrounds)
    focal_px, sources = (backgrounds[name].to_pylist() for name in CAMERA_COLUMNS)
    return describe_cameras(focal_px, sources, min(g.height_px, g.width_px))


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
    """Say in words in how many parts a corpus was planned, and what was added to it, by which samples."""
    planned = manifest.plan_parts
    told = [
        f"{added.describe()} (samples from {r.first_sample:,})"
        for added, r in zip(
            manifest.geometry.added[planned - 1 :], manifest.geometry.index.rectangles[planned:], strict=True
        )
    ]
    first = manifest.geometry.until(planned).describe()
    in_parts = f", planned in {planned} parts" if planned > 1 else ""
    return first + in_parts + (f"; then {', '.join(told)}" if told else "")


def _depth(summary: CorpusSummary) -> str:
    teacher, run = summary.manifest.teacher, bgfg_command("label", summary.path)
    if teacher is None:
        if "background_depth" in summary.manifest.prepared:
            return f"not labelled yet: run {run}"
        came = "it" if summary.manifest.is_imported else "the backgrounds"
        return f"not labelled; {came} came without depth"
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


def _statistics(manifest: Manifest) -> list[tuple[Any, ...]]:
    encoding = (manifest.teacher or {}).get("encoding", {})
    units = _UNITS | ({"depth": "none"} if encoding.get("kind") == "relative" else {})
    return [
        (array, units.get(array), found.get("count"), _channels(found.get("mean")), _channels(found.get("std")))
        for array, found in manifest.statistics.items()
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
