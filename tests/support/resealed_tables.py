"""Changes of a corpus's tables after which its checksums are right again."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from bgfg.data_manifests.corpus.manifest_file import load_manifest, save_manifest
from bgfg.data_manifests.files.checksum import file_sha256


def fill_column(corpus: Path, file: str, column: str, value: Any) -> None:
    """Write one value into all rows of a column of a table, and seal the corpus again."""
    change_table(corpus, file, lambda table: _filled(table, column, value))


def drop_column(corpus: Path, file: str, column: str) -> None:
    """Take a column out of a table, and seal the corpus again."""
    change_table(corpus, file, lambda table: table.drop_columns([column]))


def change_table(corpus: Path, file: str, change: Any) -> None:
    """Change each row group of a table, and seal the corpus again."""
    path = corpus / "manifest" / file
    with pq.ParquetFile(path) as table:
        groups = [change(table.read_row_group(number)) for number in range(table.num_row_groups)]
    with pq.ParquetWriter(path, groups[0].schema) as writer:
        for group in groups:
            writer.write_table(group)
    manifest = load_manifest(corpus / "manifest/corpus.json")
    sealed = replace(manifest, tables={**manifest.tables, file: file_sha256(path)})
    save_manifest(sealed, corpus / "manifest/corpus.json")


def _filled(table: pa.Table, column: str, value: Any) -> pa.Table:
    number = table.column_names.index(column)
    return table.set_column(number, table.field(number), pa.array([value] * len(table), table.field(number).type))
