"""Tables of an import: what was found of each sample, and the files that it was read from with their hashes.

`sources.parquet` stays with the corpus and says where each sample came from. Both are read a row group at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from operator import attrgetter
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from bgfg.data_manifests.files.regular_file import open_regular
from bgfg.data_manifests.imports.foreign_set import ForeignSample

SOURCES_FILE = "sources.parquet"
SOURCE_KINDS = ("image", "mask", "depth", "instance")

# Rows of a group; a shard has as many samples, or a whole part of them.
GROUP_ROWS = 256

_TEXT, _NUMBER = pa.string(), pa.int32()
_FOUND_SCHEMA = pa.schema(
    [
        ("name", _TEXT),
        *[(kind, _TEXT) for kind in SOURCE_KINDS],
        ("background", _NUMBER),
        ("cutout", _NUMBER),
        ("flipped", pa.bool_()),
        ("split", _TEXT),
        ("label", _TEXT),
    ]
)
SOURCE_SCHEMA = pa.schema(
    [("sample", pa.int64()), *[(f"{kind}_{what}", _TEXT) for kind in SOURCE_KINDS for what in ("file", "sha256")]]
)


Hashes = tuple[str | None, ...]  # of the files of a sample, by SOURCE_KINDS

_row_of = attrgetter(*_FOUND_SCHEMA.names)


def write_found(path: Path, samples: Sequence[ForeignSample]) -> None:
    """Write what was found of each sample."""
    with path.open("wb") as file, pq.ParquetWriter(file, _FOUND_SCHEMA) as writer:
        for start in range(0, len(samples), GROUP_ROWS):
            rows = map(_row_of, samples[start : start + GROUP_ROWS])
            columns = [pa.array(c, field.type) for c, field in zip(zip(*rows, strict=True), _FOUND_SCHEMA, strict=True)]
            writer.write_table(pa.Table.from_arrays(columns, schema=_FOUND_SCHEMA))


def read_found(path: Path, samples: range) -> list[ForeignSample]:
    """Return what was found of consecutive samples, all of one row group."""
    group, first = divmod(samples.start, GROUP_ROWS)
    with open_regular(path) as file:
        table = pq.ParquetFile(file, pre_buffer=False).read_row_group(group, use_threads=False)
    rows = zip(*(column.to_pylist() for column in table.slice(first, len(samples)).itercolumns()), strict=True)
    return [ForeignSample(*row) for row in rows]


def write_sources(path: Path, samples: Sequence[ForeignSample], hashes: Iterable[Hashes]) -> None:
    """Write the files of each sample; hashes: of each one the SHA-256 by SOURCE_KINDS."""
    each = iter(hashes)
    with path.open("wb") as file, pq.ParquetWriter(file, SOURCE_SCHEMA, compression="zstd") as writer:
        for start in range(0, len(samples), GROUP_ROWS):
            some = samples[start : start + GROUP_ROWS]
            files = [[getattr(sample, kind) for sample in some] for kind in SOURCE_KINDS]
            sums = zip(*islice(each, len(some)), strict=True)
            pairs = [column for both in zip(files, map(list, sums), strict=True) for column in both]
            columns = [pa.array(range(start, start + len(some)), pa.int64()), *(pa.array(c, _TEXT) for c in pairs)]
            writer.write_table(pa.Table.from_arrays(columns, schema=SOURCE_SCHEMA))


def all_hashes(path: Path) -> Iterator[Hashes]:
    """Yield the SHA-256 of the files of every sample, by SOURCE_KINDS."""
    names = [f"{kind}_sha256" for kind in SOURCE_KINDS]
    with open_regular(path) as file:
        table = pq.ParquetFile(file, pre_buffer=False)
        for group in range(table.num_row_groups):
            columns = table.read_row_group(group, names, use_threads=False)
            yield from zip(*(columns[name].to_pylist() for name in names), strict=True)
