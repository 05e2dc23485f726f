"""What a corpus is, how it was made and how far it is: in numbers, and in words for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from bgfg.data_manifests.corpus.instances import in_words
from bgfg.data_manifests.corpus.manifest import Manifest
from bgfg.data_manifests.corpus.records import Records
from bgfg.data_manifests.corpus.selection import split_codes
from bgfg.data_manifests.corpus.splits import SPLITS
from bgfg.data_manifests.terminal.console import cell, table
from bgfg.data_manifests.terminal.errors import command, printable

_UNITS = {"image": "levels 0..255", "mask": "levels 0..255", "instance": "numbers 0..255", "depth": "m"}

# Of long lists people are shown the beginning.
_MOST_LINES = 20


@dataclass(frozen=True)
class Part:
    """One split: how many samples, and how many backgrounds and cut-outs (flips not counted) they are made of."""

    samples: int
    backgrounds: int
    cutouts: int


@dataclass(frozen=True)
class NearDuplicates:
    """Originals that are so alike that one split holds them all. kind: "background" or "cutout"."""

    kind: str
    split: str
    names: tuple[str, ...]
    files: tuple[str, ...]


@dataclass(frozen=True)
class Summary:
    """What the corpus at `path` is. finished: of each array of samples whether all of it has been made."""

    path: Path
    manifest: Manifest
    finished: Mapping[str, bool]
    splits: Mapping[str, Part]
    near_duplicates: Sequence[NearDuplicates]

    @classmethod
    def of(cls, records: Records) -> Summary:
        """Gather it from the records of a corpus; the splits of all samples are read, and no picture."""
        arrays = (array for array in _UNITS if array != "instance" or records.manifest.crowd)
        finished = {array: array in records.manifest.statistics for array in arrays}
        return cls(records.path, records.manifest, finished, _splits(records), _near_duplicates(records))

    def content(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {
            "manifest": self.manifest.content(),
            "finished": dict(self.finished),
            "splits": {split: asdict(part) for split, part in self.splits.items()},
            "near_duplicates": [asdict(group) for group in self.near_duplicates],
        }

    def in_words(self) -> str:
        """Return it as lines for people."""
        manifest = self.manifest
        g = manifest.geometry
        parts = [(split, p.samples, p.backgrounds, p.cutouts) for split, p in self.splits.items()]
        headline = (
            f"{printable(str(self.path))}: {g.backgrounds} backgrounds x {g.cutouts} cut-outs x 2 (flips) "
            f"x {g.placements} placements = {len(g.index):,} samples of {g.width_px}x{g.height_px}"
        )
        sections = [
            headline,
            table(("", ""), _facts(self)),
            table(("split", "samples", "backgrounds", "cut-outs"), parts),
        ]
        if any(self.finished.values()):
            counted = ("array", "unit", "values counted", "mean", "std")
            sections.append(table(counted, _statistics(manifest.statistics)))
        if self.near_duplicates:
            alike = ("near-duplicates", "split", "name", "file")
            sections.append(_beginning(alike, _lookalikes(self.near_duplicates)))
        if manifest.left_out:
            sections.append(_beginning(("left out", "reason"), manifest.left_out))
        return "\n\n".join(sections)


def _splits(records: Records) -> dict[str, Part]:
    g = records.manifest.geometry
    samples, backgrounds = np.zeros((2, len(SPLITS)), np.int64)
    cutouts = np.zeros((len(SPLITS), g.cutouts), bool)
    for background in records.each_background(("split",)):
        codes = split_codes(records.samples_path, background).reshape(g.cutouts, 2 * g.placements)
        there = codes == np.arange(len(SPLITS))[:, None, None]  # (splits, C, 2K)
        samples += there.sum(axis=(1, 2))
        backgrounds += there.any(axis=(1, 2))
        cutouts |= there.any(axis=2)
    counts = zip(samples.tolist(), backgrounds.tolist(), cutouts.sum(axis=1).tolist(), strict=True)
    return {split: Part(*count) for split, count in zip(SPLITS, counts, strict=True)}


def _near_duplicates(records: Records) -> list[NearDuplicates]:
    groups: dict[tuple[str, int], list[dict[str, Any]]] = {}
    for row in records.assets.to_pylist():
        if row["flip_of"] is None:
            groups.setdefault((row["kind"], row["group"]), []).append(row)
    return [
        NearDuplicates(kind, alike[0]["split"], tuple(r["name"] for r in alike), tuple(r["file"] for r in alike))
        for (kind, _), alike in groups.items()
        if len(alike) > 1
    ]


def _facts(summary: Summary) -> list[tuple[str, str]]:
    manifest, path = summary.manifest, summary.path
    height_px, width_px = manifest.geometry.cutout_box_px
    composed = summary.finished["image"] and summary.finished["mask"]
    return [
        ("cut-outs", f"up to {manifest.geometry.cutout_height_px} px high, all within {width_px}x{height_px}"),
        ("placement", f"{manifest.placement_rule}, seed {manifest.seed}"),
        *([("instances", in_words(manifest))] if manifest.crowd else []),
        ("split", f"{manifest.split} (train/val/test by identity)"),
        ("images, masks", "all composed" if composed else f"not all composed yet: run {command('compose', path)}"),
        ("depth", _depth(summary)),
        ("digest", manifest.digest),
        ("made by", _named(manifest.versions)),
    ]


def _depth(summary: Summary) -> str:
    teacher, run = summary.manifest.teacher, command("label", summary.path)
    if teacher is None:
        given = "background_depth" in summary.manifest.prepared
        return f"not labelled yet: run {run}" if given else "not labelled; the backgrounds came without depth"
    about = {key: value for key, value in teacher.items() if key not in ("name", "encoding") and value is not None}
    told = f"by {cell(teacher['name'])}, {_named(about)}; code: {_named(teacher['encoding'])}"
    return told if summary.finished["depth"] else f"{told}; not all labelled yet: run {run}"


def _named(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{name} {cell(value)}" for name, value in values.items())


def _statistics(statistics: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    return [
        (array, _UNITS.get(array), found.get("count"), _channels(found.get("mean")), _channels(found.get("std")))
        for array, found in statistics.items()
        if array != "instances"  # no array: what was counted of them is told in words
    ]


def _channels(values: Any) -> str:
    return ", ".join(map(cell, values)) if isinstance(values, list) else cell(values)


def _lookalikes(groups: Sequence[NearDuplicates]) -> list[tuple[str, str, str, str]]:
    """Return a line for each picture; the first of a group says what the group is."""
    lines = []
    for group in groups:
        for number, (name, file) in enumerate(zip(group.names, group.files, strict=True)):
            lines.append((group.kind, group.split, name, file) if number == 0 else ("", "", name, file))
    return lines


def _beginning(columns: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    """Return a table of the first of many lines, and how many more there are."""
    more = len(lines) - _MOST_LINES
    return table(columns, lines[:_MOST_LINES]) + (f"\nand {more:,} more: --json has them all" if more > 0 else "")
