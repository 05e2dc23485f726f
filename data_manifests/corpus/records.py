"""What is on record of a corpus: its manifest and tables, held to their hashes, and rows of them as asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
from bgfg.data_manifests.corpus import tables
from bgfg.data_manifests.corpus.instances import INSTANCE_SCHEMA, INSTANCES, Instances, read_sample
from bgfg.data_manifests.corpus.manifest import Manifest
from bgfg.data_manifests.corpus.selection import Filter, Selection
from bgfg.data_manifests.terminal.errors import Problem

_SCHEMAS = {"assets": tables.ASSET_SCHEMA, "samples": tables.SAMPLE_SCHEMA, "instances": INSTANCE_SCHEMA}
# What would make lines too long for people.
_LONG = ("sha256", "depth_sha256", "mask_name", "depth_name")

Row = dict[str, Any]


@dataclass(frozen=True)
class Records:
    """The manifest and tables of the corpus at `path`. assets: assets.parquet; samples.parquet stays on disk."""

    path: Path
    manifest: Manifest
    assets: pa.Table

    @classmethod
    def open(cls, path: Path) -> Records:
        """Open the records of a corpus; raise Problem where it is none, or where a table is missing or was changed."""
        folder = path / "manifest"
        manifest = Manifest.load(folder / "corpus.json")
        manifest.check_tables(folder)
        return cls(path, manifest, tables.asset_table(folder / tables.ASSETS, manifest.geometry))

    @property
    def samples_path(self) -> Path:
        """Where samples.parquet lies."""
        return self.path / "manifest" / tables.SAMPLES

    def each_background(self, columns: Sequence[str]) -> Iterator[pa.Table]:
        """Yield some columns of the samples, one background after the other."""
        return tables.each_background(self.samples_path, self.manifest.geometry, columns)

    def sample(self, number: int) -> Row:
        """Return the row of a sample."""
        return tables.read_sample(self.samples_path, number, self.manifest.geometry)

    def pastes(self, number: int) -> list[Row]:
        """Return the rows of instances.parquet of a sample; none where samples have one cut-out."""
        if self.manifest.crowd is None:
            return []
        return read_sample(self.path / "manifest" / INSTANCES, number, self.manifest.geometry)

    def instances(self) -> Iterator[pa.Table]:
        """Yield instances.parquet, one background after the other; raise Problem where samples have one cut-out."""
        if self.manifest.crowd is None:
            line = f"{self.path}: its samples have one cut-out each: there is no table of instances"
            raise Problem(line, exit_code=2)
        for b in range(self.manifest.geometry.backgrounds):
            yield Instances.read(self.path / "manifest" / INSTANCES, b, self.manifest.geometry).table()

    def asset(self, kind: str, number: int) -> Row:
        """Return the row of a "background" or of a "cutout"."""
        first = 0 if kind == "background" else self.manifest.geometry.backgrounds
        row: Row = self.assets.slice(first + number, 1).to_pylist()[0]
        return row


@dataclass(frozen=True)
class Listing:
    """Rows of a table, "assets", "samples" or "instances": which of them, and what columns."""

    table: str
    selection: Selection
    columns: tuple[str, ...]

    @classmethod
    def parse(
        cls, table: str, where: Sequence[str], split: Sequence[str], columns: str | None, every_column: bool
    ) -> Listing:
        """Make a listing of the texts of options; raise Problem where one can't be meant.

        columns: such as `sample,split,visible_px`; every_column: where none are named, take the long ones too.
        """
        schema = _SCHEMAS[table]
        selection = Selection(tuple(split), filters=tuple(Filter.parse(text, schema) for text in where))
        if columns is None:
            return cls(table, selection, tuple(name for name in schema.names if every_column or name not in _LONG))
        chosen = tuple(dict.fromkeys(name.strip() for name in columns.split(",")))
        for name in chosen:
            if name not in schema.names:
                there = ", ".join(schema.names)
                raise Problem(f"--columns {columns}: no column {name!r} in {table}; there are {there}", exit_code=2)
        return cls(table, selection, chosen)

    def rows(self, records: Records) -> Iterator[tuple[Any, ...]]:
        """Yield the values of each row."""
        for piece in self._pieces(records):
            yield from zip(*(column.to_pylist() for column in piece.columns), strict=True)

    def count(self, records: Records) -> int:
        """Return how many rows there are."""
        deciding = replace(self, columns=self.selection.columns or self.columns[:1])
        return sum(len(piece) for piece in deciding._pieces(records))

    def _pieces(self, records: Records) -> Iterator[pa.Table]:
        if self.table == "assets":
            yield self.selection.among(records.assets).select(list(self.columns))
            return
        if self.table == "instances":
            for rows in records.instances():
                yield self.selection.among(rows).select(list(self.columns))
            return
        for background in records.each_background(tuple(dict.fromkeys([*self.columns, *self.selection.columns]))):
            yield self.selection.among(background).select(list(self.columns))
