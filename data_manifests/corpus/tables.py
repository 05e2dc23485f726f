"""The Parquet tables: a row for each asset, a row for each sample. A row group of samples is one background."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from bgfg.data_manifests.corpus.footers import Footer, footer_of
from bgfg.data_manifests.corpus.geometry import CorpusGeometry
from bgfg.data_manifests.corpus.splits import SPLITS
from bgfg.data_manifests.files.failing_call import raise_failed_call
from bgfg.data_manifests.files.regular_file import open_regular
from bgfg.data_manifests.images.frame_geometry import fitted_cutout_size
from bgfg.data_manifests.terminal.errors import Problem

ASSETS_FILE = "assets.parquet"
SAMPLES_FILE = "samples.parquet"

# Rows that are read at a time, of as many backgrounds as have them.
_ROWS_AT_A_TIME = 10_000

BOX_COLUMNS = ("x_px", "y_px", "width_px", "height_px")

ASSET_SCHEMA = pa.schema(
    [
        ("kind", pa.string()),
        ("id", pa.int32()),
        ("name", pa.string()),
        ("file", pa.string()),
        ("flip_of", pa.int32()),
        ("width_px", pa.int32()),
        ("height_px", pa.int32()),
        ("sha256", pa.string()),
        ("depth_file", pa.string()),
        ("depth_sha256", pa.string()),
        ("group", pa.int32()),
        ("split", pa.string()),
    ]
)

SAMPLE_SCHEMA = pa.schema(
    [
        ("sample", pa.int64()),
        ("background", pa.int32()),
        ("cutout", pa.int32()),
        ("flipped", pa.bool_()),
        ("placement", pa.int32()),
        *[(name, pa.int32()) for name in BOX_COLUMNS],
        ("visible_px", pa.int32()),
        ("split", pa.string()),
        ("image_name", pa.string()),
        ("mask_name", pa.string()),
        ("depth_name", pa.string()),
    ]
)

# Columns of ASSET_SCHEMA whose cells may be empty.
_MAY_BE_EMPTY = ("flip_of", "depth_file", "depth_sha256")


def write_assets(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    """Write assets.parquet from rows with the columns of ASSET_SCHEMA."""
    with path.open("wb") as file:  # pyarrow takes no path that isn't UTF-8
        pq.write_table(pa.Table.from_pylist(list(rows), schema=ASSET_SCHEMA), file, compression="zstd")


def read_assets(path: Path) -> list[dict[str, Any]]:
    """Read assets.parquet as a list of rows."""
    with _opened(path) as table:
        if table.schema_arrow != ASSET_SCHEMA:
            raise mismatched_table(path)
        rows: list[dict[str, Any]] = _sound(path, table.read(use_threads=False), _MAY_BE_EMPTY).to_pylist()
    return rows


def cutout_sizes(path: Path, geometry: CorpusGeometry) -> NDArray[np.int32]:
    """Compute the size at which each cut-out lies in the array `cutout`.

    The table has the sizes of the source files; the rule is that of `fitted_cutout_size`.

    Args:
        path: assets.parquet.
        geometry: Counts and sizes of the corpus.

    Returns:
        (F, 2) int32, height and width in px.
    """
    g = geometry
    sizes = [
        fitted_cutout_size(row["height_px"], row["width_px"], g.cutout_height_px, g.height_px, g.width_px)
        for row in read_asset_table(path, geometry).to_pylist()
        if row["kind"] == "cutout"
    ]
    return np.array(sizes, np.int32).reshape(-1, 2)


def read_asset_table(path: Path, geometry: CorpusGeometry) -> pa.Table:
    """Read assets.parquet; raise Problem where it hasn't the columns or the rows of a corpus of this geometry."""
    with _opened(path) as file:
        is_ours = file.schema_arrow == ASSET_SCHEMA
        table = _sound(path, file.read(use_threads=False), _MAY_BE_EMPTY) if is_ours else ASSET_SCHEMA.empty_table()
    B, F = geometry.backgrounds, 2 * geometry.cutouts
    is_sound = (
        len(table) == B + F
        and table["kind"].to_pylist() == ["background"] * B + ["cutout"] * F
        and table["id"].to_pylist() == [*range(B), *range(F)]
        and min(pc.min(table[side]).as_py() for side in ("width_px", "height_px")) > 0
    )
    if not is_sound:
        raise mismatched_table(path)
    return table


class TableWriter:
    """Writes a table background by background, so that memory doesn't grow with the corpus."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self._file = path.open("wb")
        self._writer = pq.ParquetWriter(self._file, schema, compression="zstd")

    def __enter__(self) -> TableWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self._writer.close()
        self._file.close()

    def add(self, rows: pa.Table) -> None:
        """Write the rows of the next background as one row group."""
        self._writer.write_table(rows, row_group_size=len(rows))


def sample_table(
    geometry: CorpusGeometry, b: int, boxes: NDArray[np.int32], visible_px: NDArray[np.int32], splits: NDArray[np.int8]
) -> pa.Table:
    """Make the rows of background `b` as they are in samples.parquet.

    Args:
        geometry: Counts and sizes of the corpus.
        b: Number of the background.
        boxes: (F, K, 4) int32, x, y, width and height in px.
        visible_px: (F, K) int32.
        splits: (F, K) indices into SPLITS.

    Returns:
        F·K rows.
    """
    names, rows = geometry.names, splits.size
    first = geometry.index.sample(b, 0, 0)
    columns = [
        pa.array(np.arange(first, first + rows)),
        pa.array(np.full(rows, b, np.int32)),
        *_same_columns(*splits.shape),
        *map(pa.array, boxes.reshape(-1, 4).T),
        pa.array(visible_px.ravel()),
        pa.DictionaryArray.from_arrays(splits.ravel().astype(np.int8), SPLITS).cast(pa.string()),
        *(pa.array(names.of_background(kind, b), pa.string()) for kind in ("image", "mask", "depth")),
    ]
    return pa.Table.from_arrays(columns, schema=SAMPLE_SCHEMA)


@lru_cache(maxsize=2)
def _same_columns(F: int, K: int) -> tuple[pa.Array, pa.Array, pa.Array]:
    """Return the columns cutout, flipped and placement, which are the same for every background."""
    f, k = (grid.ravel().astype(np.int32) for grid in np.meshgrid(np.arange(F), np.arange(K), indexing="ij"))
    return pa.array(f), pa.array(f % 2 == 1), pa.array(k)


def read_boxes(path: Path, b: int, geometry: CorpusGeometry) -> NDArray[np.int32]:
    """Read the boxes of background `b` from samples.parquet: (F, K, 4) int32, x, y, width and height in px."""
    table = read_background_rows(path, b, list(BOX_COLUMNS))
    boxes = np.stack([column.to_numpy() for column in table.columns], axis=-1)
    return boxes.reshape(2 * geometry.cutouts, geometry.placements, 4)


def read_sample(path: Path, sample: int, geometry: CorpusGeometry) -> dict[str, Any]:
    """Read one row of samples.parquet."""
    b, first = divmod(sample, 2 * geometry.cutouts * geometry.placements)
    with _opened_samples(path, geometry) as table:
        row: dict[str, Any] = _sound(path, table.read_row_group(b, use_threads=False)).slice(first, 1).to_pylist()[0]
    if (row["sample"], row["background"], row["cutout"]) != (sample, b, geometry.index.ids(sample)[1]):
        raise mismatched_table(path)
    return row


def read_background_rows(path: Path, b: int, columns: list[str] | None = None) -> pa.Table:
    """Read the rows of background `b` of samples.parquet, all columns or some."""
    with _opened(path) as table:
        return _sound(path, table.read_row_group(b, columns=columns, use_threads=False))


def read_row_group(path: Path, b: int, schema: pa.Schema, groups: int) -> pa.Table:
    """Read row group `b` of a table; raise Problem where it hasn't this schema or this many groups."""
    with _opened(path) as table:
        if table.schema_arrow != schema or table.num_row_groups != groups:
            raise mismatched_table(path)
        return _sound(path, table.read_row_group(b, use_threads=False))


def iter_backgrounds(
    path: Path, geometry: CorpusGeometry, columns: Sequence[str] | None = None, backgrounds: range | None = None
) -> Iterator[pa.Table]:
    """Read samples.parquet background by background.

    Args:
        path: samples.parquet.
        geometry: Counts and sizes of the corpus.
        columns: Names of the columns; None for all.
        backgrounds: Numbers of the backgrounds; None for all.

    Yields:
        The rows of each background.

    Raises:
        Problem: The table can't be read, or isn't one of this geometry.
    """
    chosen = None if columns is None else list(columns)
    rows = 2 * geometry.cutouts * geometry.placements
    numbers = range(geometry.backgrounds) if backgrounds is None else backgrounds
    at_a_time = max(1, _ROWS_AT_A_TIME // rows)  # each call takes as long as reading thousands of rows
    with _opened_samples(path, geometry) as table:
        for start in range(0, len(numbers), at_a_time):
            groups = list(numbers[start : start + at_a_time])
            found = _sound(path, table.read_row_groups(groups, columns=chosen, use_threads=False)).combine_chunks()
            for i in range(len(groups)):
                yield found.slice(i * rows, rows)


@contextmanager
def _opened(path: Path) -> Iterator[pq.ParquetFile]:
    with _opened_with_footer(path) as (table, _):
        yield table


@contextmanager
def _opened_with_footer(path: Path) -> Iterator[tuple[pq.ParquetFile, Footer]]:
    try:
        with open_regular(path) as file:
            footer = footer_of(path, file)
            # Arrow's own threads are kept out of reading: one that still held the file at exit would abort the process.
            yield pq.ParquetFile(file, metadata=footer.metadata, pre_buffer=False), footer
    except (OSError, pa.ArrowException, UnicodeDecodeError) as error:
        raise_failed_call(error, path)
        raise Problem(f"{path}: not a readable table ({error}): restore it, or give the same plan again") from error


@contextmanager
def _opened_samples(path: Path, geometry: CorpusGeometry) -> Iterator[pq.ParquetFile]:
    """Open samples.parquet; raise Problem where it hasn't the columns or row groups of a corpus of this geometry."""
    with _opened_with_footer(path) as (table, footer):
        # A row group is read by the number of its background, so each must hold all its samples.
        expected = (2 * geometry.cutouts * geometry.placements,) * geometry.backgrounds
        if table.schema_arrow != SAMPLE_SCHEMA or footer.group_rows != expected:
            raise mismatched_table(path)
        yield table


def _sound(path: Path, table: pa.Table, may_be_empty: Sequence[str] = ()) -> pa.Table:
    """Return a table that was read; raise Problem where cells are empty, ArrowException where text is no UTF-8."""
    table.validate(full=True)
    if any(table[name].null_count for name in table.column_names if name not in may_be_empty):
        raise mismatched_table(path)
    return table


def mismatched_table(path: Path) -> Problem:
    """Return the error for a table that isn't one of this corpus."""
    return Problem(f"{path}: its columns or rows aren't those of this corpus: restore it, or give the same plan again")
