"""Look-up of one sample or one picture by its number or by any of its names."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import PurePosixPath
from typing import Any

from bgfg.data_manifests.corpus.naming import SUFFIXES, Name, parse_name
from bgfg.data_manifests.corpus.records import CorpusRecords, TableRow
from bgfg.data_manifests.corpus.sample_table import find_sample
from bgfg.data_manifests.terminal.console import format_cell, format_table
from bgfg.data_manifests.terminal.errors import Problem

# No file system has longer names, and Python refuses to read numbers that are much longer.
_LONGEST_NAME = 255


@dataclass(frozen=True)
class LookupResult:
    """What a number or a name stands for: a sample with the pictures that it is made of, or a single picture.

    Attributes:
        name: Canonical name.
        sample: Row of samples.parquet; None for a single picture.
        background: Row of assets.parquet; None where there is none.
        cutout: Row of assets.parquet; None where there is none.
        near_duplicates: Of a single picture, the names of the others in its group.
        deviations: How the name that was given differs from the grammar of names.
        instances: Of a sample with several cut-outs, the rows of instances.parquet, with the names of the cut-outs.
    """

    name: str
    sample: TableRow | None = None
    background: TableRow | None = None
    cutout: TableRow | None = None
    near_duplicates: tuple[str, ...] = ()
    deviations: tuple[str, ...] = ()
    instances: tuple[TableRow, ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as for JSON; instances only where there are any."""
        content = asdict(self)
        return content if self.instances else {name: content[name] for name in content if name != "instances"}

    def to_text(self) -> str:
        """Format it as lines for people, one for each column of its row."""
        row = self.sample or self.background or self.cutout or {}
        told = {name: format_cell(value) for name, value in row.items()}
        if self.sample is not None:
            for kind, picture in (("background", self.background), ("cutout", self.cutout)):
                if picture is not None:
                    told[kind] += f" ({picture['name']}, {picture['split']}, from {picture['file']})"
        if self.near_duplicates:
            told["near-duplicates"] = ", ".join(self.near_duplicates)
        if self.deviations:
            told["read as"] = f"{self.name} ({'; '.join(self.deviations)})"
        words = format_table(("", ""), list(told.items()))
        if not self.instances:
            return words
        columns = [name for name in self.instances[0] if name != "sample"]
        return f"{words}\n\n{format_table(columns, [[row[name] for name in columns] for row in self.instances])}"


def look_up(records: CorpusRecords, text: str) -> LookupResult:
    """Look up a sample or a picture.

    Args:
        records: The corpus.
        text: Number of a sample, or name of a sample or picture, with or without its suffix or folder, in any spelling
            that `naming.parse_name` reads.

    Returns:
        What it stands for.

    Raises:
        Problem: The corpus has no such sample or picture.
    """
    if text.isascii() and text.isdecimal():
        return _sample(records, _number(records, text), "image")
    if records.manifest.is_imported:
        return _look_up_listed(records, text)
    name, deviations = _parsed(text)
    sample = records.manifest.geometry.sample_of(name)
    entry = _picture(records, text, name) if sample is None else _sample(records, sample, name.kind)
    return replace(entry, deviations=deviations)


def _look_up_listed(records: CorpusRecords, text: str) -> LookupResult:
    """Look up a name of an imported corpus, whose pictures have the names that they came with."""
    name = PurePosixPath(text).name
    sample = find_sample(records.samples_path(0), name, records.manifest.geometry)
    if sample is not None:
        return _sample(records, sample, "image")
    for row in records.assets.to_pylist():
        if name in (row["name"], row["file"], PurePosixPath(row["name"]).stem):
            alike = _near_duplicates(records, row)
            background, cutout = (row if row["kind"] == kind else None for kind in ("background", "cutout"))
            return LookupResult(row["name"], None, background, cutout, alike)
    raise Problem(f"{text[:_LONGEST_NAME]}: neither a number nor a name of {records.path}", exit_code=2)


def _number(records: CorpusRecords, text: str) -> int:
    last = len(records.manifest.geometry.index) - 1
    digits = text.lstrip("0") or "0"
    if len(digits) > len(str(last)) or int(digits) > last:
        raise Problem(f"{text[:_LONGEST_NAME]}: {records.path} has the samples 0 to {last}", exit_code=2)
    return int(digits)


def _parsed(text: str) -> tuple[Name, tuple[str, ...]]:
    """Parse a name; a missing suffix is no deviation here."""
    # The picture of instances goes by the sample of the mask, and is none of the six kinds of the grammar.
    text = text.replace("_instance.", "_mask.")
    found = parse_name(text) if len(PurePosixPath(text).name) <= _LONGEST_NAME else None
    if found is not None and not found[0].suffix:
        found = parse_name(f"{text}.{SUFFIXES[found[0].kind][0]}")
    if found is None:
        raise Problem(
            f"{text[:_LONGEST_NAME]}: neither a number nor a name: give a sample, such as 0 or "
            "bg001_fg001_001.jpeg, or a picture, such as bg001 or fg001_01",
            exit_code=2,
        )
    return found


def _sample(records: CorpusRecords, sample: int, named: str) -> LookupResult:
    row = records.sample(sample)
    kinds = [kind for kind in ("background", "cutout") if row[kind] is not None]
    pictures = {kind: records.asset(kind, row[kind]) for kind in kinds}
    instances = tuple(row | {"name": _cutout_name(records, row)} for row in records.sample_instances(sample))
    return LookupResult(
        row[f"{named}_name"], row, pictures.get("background"), pictures.get("cutout"), instances=instances
    )


def _cutout_name(records: CorpusRecords, row: TableRow) -> str | None:
    return None if row["cutout"] is None else str(records.asset("cutout", row["cutout"])["name"])


def _picture(records: CorpusRecords, text: str, name: Name) -> LookupResult:
    g = records.manifest.geometry
    if name.cutout is None:
        kind, number, there = "background", name.background or 0, g.backgrounds
    else:
        kind, number, there = "cutout", 2 * name.cutout + name.flipped, 2 * g.cutouts
    # A name with a placement stands for a sample: that it comes here means that this corpus hasn't that sample.
    if name.placement is not None or number >= there:
        b, f, k = g.index.ids(len(g.index) - 1)
        last = g.names.write(Name("image", b, f // 2, f % 2 == 1, k))
        raise Problem(f"{text}: not in {records.path}, whose last sample is {last}", exit_code=2)
    row = records.asset(kind, number)
    alike = _near_duplicates(records, row)
    if kind == "background":
        return LookupResult(row["name"], background=row, near_duplicates=alike)
    return LookupResult(row["name"], cutout=row, near_duplicates=alike)


def _near_duplicates(records: CorpusRecords, row: TableRow) -> tuple[str, ...]:
    """Return the names of the other originals in the group of a picture."""
    return tuple(
        other["name"]
        for other in records.assets.to_pylist()
        if (other["kind"], other["group"]) == (row["kind"], row["group"])
        and other["flip_of"] is None
        and other["id"] not in (row["id"], row["flip_of"])
    )
