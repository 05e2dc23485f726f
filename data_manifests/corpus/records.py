"""The manifest and tables of a corpus, checked against their hashes, and queries for rows of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa

from bgfg.data_manifests.corpus import asset_table, sample_table
from bgfg.data_manifests.corpus.instances import INSTANCE_SCHEMA, INSTANCES_FILE, InstanceTable, read_sample_instances
from bgfg.data_manifests.corpus.manifest import Manifest
from bgfg.data_manifests.corpus.manifest_file import load_manifest
from bgfg.data_manifests.corpus.selection import Filter, Selection
from bgfg.data_manifests.corpus.table_hashes import require_tables, sound_table
from bgfg.data_manifests.corpus.varied_samples import DISTRACTOR_SCHEMA, DISTRACTORS_FILE, DistractorTable
from bgfg.data_manifests.placement.variety import Variety
from bgfg.data_manifests.placement.variety_columns import with_variety
from bgfg.data_manifests.terminal.errors import Problem

_SCHEMAS = {
    "assets": asset_table.ASSET_SCHEMA,
    "samples": sample_table.SAMPLE_SCHEMA,
    "instances": INSTANCE_SCHEMA,
    "distractors": DISTRACTOR_SCHEMA,
}
# Columns that would make the lines of a table on a terminal too long.
_LONG = ("sha256", "depth_sha256", "mask_name", "depth_name")

TableRow = dict[str, Any]


@dataclass(frozen=True)
class CorpusRecords:
    """The manifest and tables of a corpus, each held to its hash before it is read.

    Attributes:
        path: Folder of the corpus.
        manifest: Content of corpus.json.
        assets: assets.parquet; the other tables are read as they are needed.
    """

    path: Path
    manifest: Manifest
    assets: pa.Table

    @classmethod
    def open(cls, path: Path) -> CorpusRecords:
        """Open a corpus; raise Problem where it is none, where a table is missing, or that of assets was changed."""
        manifest = load_manifest(path / "manifest" / "corpus.json")
        require_tables(path, manifest)
        path_of = partial(sound_table, path, manifest, asset_table.ASSETS_FILE)
        return cls(path, manifest, asset_table.read_asset_table(path_of, manifest.geometry))

    def table_path(self, name: str, part: int) -> Path:
        """Return the path of a table of a part; raise Problem where it is missing or was changed."""
        return sound_table(self.path, self.manifest, name, part)

    @property
    def labels(self) -> list[str]:
        """Class of each cut-out and flip, F of them."""
        labels: list[str] = self.assets["label"].to_pylist()[self.manifest.geometry.backgrounds :]
        return [*labels, *reversed(self.manifest.class_names)] if self.manifest.is_imported else labels

    def samples_path(self, part: int) -> Path:
        """Return the path of samples.parquet of a part."""
        return self.table_path(sample_table.SAMPLES_FILE, part)

    def iter_strips(self, columns: Sequence[str]) -> Iterator[pa.Table]:
        """Yield some columns of the samples, background by background, part after part."""
        return sample_table.iter_strips(self.samples_path, self.manifest.geometry, columns)

    def sample(self, number: int) -> TableRow:
        """Return the row of a sample."""
        path = self.samples_path(self.manifest.geometry.index.strip_of(number).part)
        return sample_table.read_sample(path, number, self.manifest.geometry)

    def sample_instances(self, number: int) -> list[TableRow]:
        """Return the rows of a sample in instances.parquet; none where samples have one cut-out."""
        if self.manifest.crowd is None:
            return []
        path = self.table_path(INSTANCES_FILE, self.manifest.geometry.index.strip_of(number).part)
        return read_sample_instances(path, number, self.manifest.geometry, self.labels)

    def instances(self) -> Iterator[pa.Table]:
        """Yield instances.parquet, background by background; raise Problem where samples have one cut-out."""
        if self.manifest.crowd is None:
            line = f"{self.path}: its samples have one cut-out each: there is no table of instances"
            raise Problem(line, exit_code=2)
        labels = self.labels
        for strip in self.manifest.geometry.index.strips():
            path = self.table_path(INSTANCES_FILE, strip.part)
            yield InstanceTable.read(path, strip, self.manifest.class_names).to_arrow(labels)

    def distractors(self) -> Iterator[pa.Table]:
        """Yield distractors.parquet, background by background; raise Problem where samples have no distractors."""
        if DISTRACTORS_FILE not in self.manifest.tables:
            line = f"{self.path}: its samples have no distractors: there is no table of them"
            raise Problem(line, exit_code=2)
        for strip in self.manifest.geometry.index.strips():
            yield DistractorTable.read(self.table_path(DISTRACTORS_FILE, strip.part), strip).to_arrow()

    def asset(self, kind: str, number: int) -> TableRow:
        """Return the row of a "background" or of a "cutout" (flips counted) by its number."""
        first = 0 if kind == "background" else self.manifest.geometry.backgrounds
        row: TableRow = self.assets.slice(first + number, 1).to_pylist()[0]
        return row


@dataclass(frozen=True)
class TableQuery:
    """A query for rows of a table.

    Attributes:
        table: "assets", "samples", "instances" or "distractors".
        selection: Which rows.
        columns: Which columns, in this order.
    """

    table: str
    selection: Selection
    columns: tuple[str, ...]

    @classmethod
    def parse(
        cls,
        table: str,
        where: Sequence[str],
        split: Sequence[str],
        columns: str | None,
        every_column: bool,
        variety: Variety | None = None,
    ) -> TableQuery:
        """Parse the options of a query.

        Args:
            table: "assets", "samples", "instances" or "distractors".
            where: Filters, such as `background=3`.
            split: Names of splits.
            columns: Names of columns, such as `sample,split,visible_px`; None for the default.
            every_column: Whether the default includes the long columns.
            variety: What varies in the corpus.

        Returns:
            The query.

        Raises:
            Problem: There is no such column or value.
        """
        schema = _SCHEMAS[table]
        if variety and table != "assets":
            schema = with_variety(schema, variety.columns if table == "samples" else variety.paste_columns)
        selection = Selection(tuple(split), filters=tuple(Filter.parse(text, schema) for text in where))
        if columns is None:
            return cls(table, selection, tuple(name for name in schema.names if every_column or name not in _LONG))
        chosen = tuple(dict.fromkeys(name.strip() for name in columns.split(",")))
        for name in chosen:
            if name not in schema.names:
                there = ", ".join(schema.names)
                raise Problem(f"--columns {columns}: no column {name!r} in {table}; there are {there}", exit_code=2)
        return cls(table, selection, chosen)

    def rows(self, records: CorpusRecords) -> Iterator[tuple[Any, ...]]:
        """Yield the values of each row of the answer."""
        for piece in self._pieces(records):
            yield from zip(*(column.to_pylist() for column in piece.columns), strict=True)

    def count(self, records: CorpusRecords) -> int:
        """Return how many rows the answer has."""
        # Only the columns of the conditions are read, or any one where there are no conditions.
        deciding = replace(self, columns=self.selection.columns or self.columns[:1])
        return sum(len(piece) for piece in deciding._pieces(records))

    def _pieces(self, records: CorpusRecords) -> Iterator[pa.Table]:
        self.selection.require_classes(records.manifest.class_names)
        if self.table == "assets":
            yield self.selection.filter_table(records.assets).select(list(self.columns))
            return
        if self.table in ("instances", "distractors"):
            for rows in records.instances() if self.table == "instances" else records.distractors():
                yield self.selection.filter_table(rows).select(list(self.columns))
            return
        for background in records.iter_strips(tuple(dict.fromkeys([*self.columns, *self.selection.columns]))):
            yield self.selection.filter_table(background).select(list(self.columns))
