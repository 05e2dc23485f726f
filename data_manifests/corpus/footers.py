"""Footers of Parquet files, read once a process for each version of a file.

A footer describes every row group. A worker opens the table of samples for each of its shards: to read the footer each
time would take a time that grows with the square of the number of backgrounds.
"""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO, NamedTuple

import pyarrow.parquet as pq

from bgfg.data_manifests.files.file_version import FileVersion

# Those of a corpus of some parts, and of another one that is read beside it.
_FOOTERS_KEPT = 32


class Footer(NamedTuple):
    """What the footer of a table says.

    Attributes:
        version: Of the file that it was read from.
        metadata: As pyarrow has it.
        group_rows: How many rows each row group has.
    """

    version: FileVersion
    metadata: pq.FileMetaData
    group_rows: tuple[int, ...]


_footers: dict[Path, Footer] = {}


def footer_of(path: Path, file: BinaryIO) -> Footer:
    """Return the footer of a table that is open for reading; raise ArrowException where it has none."""
    version, found = FileVersion.of(file.fileno()), _footers.get(path)
    if found is None or found.version != version:
        metadata = pq.ParquetFile(file, pre_buffer=False).metadata
        rows = tuple(metadata.row_group(number).num_rows for number in range(metadata.num_row_groups))
        found = Footer(version, metadata, rows)
        if len(_footers) >= _FOOTERS_KEPT:
            del _footers[next(iter(_footers))]  # the oldest
        _footers[path] = found
    return found
