"""Parquet tables of a corpus: written background by background, opened, and held to their columns.

A row group is one background. Each part of a corpus has tables of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from bgfg.data_manifests.assets.classes import DEFAULT_LABEL
from bgfg.data_manifests.corpus.footers import Footer, footer_of
from bgfg.data_manifests.files.failing_call import raise_failed_call
from bgfg.data_manifests.files.regular_file import open_regular
from bgfg.data_manifests.machine import pyarrow_alone
from bgfg.data_manifests.placement.variety_columns import VARIETY_COLUMNS, with_variety, without_variety
from bgfg.data_manifests.terminal.errors import Problem

pyarrow_alone.settle()

# Gives the path of a table of a part of a corpus, by the number of the part.
PathOfPart = Callable[[int], Path]


class TableWriter:
    """Writes a table background by background, so that memory doesn't grow with the corpus."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._names = schema.names
        self._file = path.open("wb")
        self._writer = pq.ParquetWriter(self._file, schema, compression="zstd")

    def __enter__(self) -> TableWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self._writer.close()
        self._file.close()

    def add(self, rows: pa.Table) -> None:
        """Write the rows of the next background as one row group, those of their columns that the table has."""
        self._writer.write_table(rows.select(self._names), row_group_size=max(1, len(rows)))


@contextmanager
def opened_table(path: Path) -> Iterator[pq.ParquetFile]:
    """Open a table; raise Problem where it can't be read, then or while it is open."""
    with opened_with_footer(path) as (table, _):
        yield table


@contextmanager
def opened_with_footer(path: Path) -> Iterator[tuple[pq.ParquetFile, Footer]]:
    """Open a table as `opened_table` does, with its footer."""
    try:
        with open_regular(path) as file:
            footer = footer_of(path, file)
            # Arrow's own threads are kept out of reading: one that still held the file at exit would abort the process.
            yield pq.ParquetFile(file, metadata=footer.metadata, pre_buffer=False), footer
    except (OSError, pa.ArrowException, UnicodeDecodeError) as error:
        raise_failed_call(error, path)
        raise Problem(f"{path}: not a readable table ({error}): restore it, or give the same plan again") from error


def written_schema(schema: pa.Schema, labels: Iterable[str | None]) -> pa.Schema:
    """Return the columns that a table is written with: one of the default class alone doesn't say its labels."""
    has_classes = any(label not in (None, DEFAULT_LABEL) for label in labels)
    at = schema.get_field_index("label")
    return schema if has_classes or at < 0 else schema.remove(at)


def has_columns(found: pa.Schema, schema: pa.Schema) -> bool:
    """Say whether a table has the columns of a schema, with or without labels, and maybe some that say what varies."""
    return without_variety(found) in (schema, written_schema(schema, ()))


def labelled(rows: pa.Table, schema: pa.Schema, columns: Sequence[str] | None = None) -> pa.Table:
    """Return rows of a table with their labels, where these are among the columns that are asked for.

    A table of before, or of cut-outs of the default class alone, doesn't say them.
    """
    full = with_variety(schema, [name for name in rows.column_names if name in VARIETY_COLUMNS])
    wanted = full.names if columns is None else [name for name in full.names if name in columns]
    if "label" in wanted and "label" not in rows.column_names:
        label = pa.array([DEFAULT_LABEL], pa.string()).take(pa.array(np.zeros(len(rows), np.int32)))
        rows = rows.append_column(schema.field("label"), label).select(wanted)
    return rows


def sound_rows(path: Path, table: pa.Table, may_be_empty: Sequence[str] = ()) -> pa.Table:
    """Return a table that was read; raise Problem where cells are empty, ArrowException where text is no UTF-8."""
    table.validate(full=True)
    if any(table[name].null_count for name in table.column_names if name not in may_be_empty):
        raise mismatched_table(path)
    return table


def mismatched_table(path: Path) -> Problem:
    """Return the error for a table that isn't one of this corpus."""
    return Problem(f"{path}: its columns or rows aren't those of this corpus: restore it, or give the same plan again")
