"""The Parquet tables: a row for each asset, a row for each sample. A row group of samples is one background.

Each part of a corpus has tables of its own.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from bgfg.data_manifests.assets.cameras import FOCAL_SOURCES
from bgfg.data_manifests.assets.classes import DEFAULT_LABEL
from bgfg.data_manifests.corpus.footers import Footer, footer_of
from bgfg.data_manifests.corpus.geometry import CorpusGeometry
from bgfg.data_manifests.corpus.splits import SPLITS
from bgfg.data_manifests.files.failing_call import raise_failed_call
from bgfg.data_manifests.files.regular_file import open_regular
from bgfg.data_manifests.images.resampling.frame_geometry import fitted_cutout_size
from bgfg.data_manifests.placement.sample_index import ListedSamples, Rectangle, Strip
from bgfg.data_manifests.placement.variety_columns import (
    VARIETY_COLUMNS,
    as_column,
    as_drawn,
    with_variety,
    without_variety,
)
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
        ("label", pa.string()),
        ("focal_px", pa.float64()),
        ("focal_from", pa.string()),
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
        ("label", pa.string()),
        ("image_name", pa.string()),
        ("mask_name", pa.string()),
        ("depth_name", pa.string()),
    ]
)

# Gives the path of a table of a part of a corpus, by the number of the part.
PathOfPart = Callable[[int], Path]

# Columns of the samples of an imported corpus whose cells may be empty: what nobody says of its pictures.
UNKNOWN_COLUMNS = ("background", "cutout", "flipped", "placement", *BOX_COLUMNS, "visible_px", "label")

NAME_COLUMNS = ("image_name", "mask_name", "depth_name")

# Columns of ASSET_SCHEMA whose cells may be empty.
CAMERA_COLUMNS = ("focal_px", "focal_from")
_MAY_BE_EMPTY = ("flip_of", "depth_file", "depth_sha256", "label", *CAMERA_COLUMNS)


def written_schema(schema: pa.Schema, labels: Iterable[str | None]) -> pa.Schema:
    """Return the columns that a table is written with: one of the default class alone doesn't say its labels."""
    has_classes = any(label not in (None, DEFAULT_LABEL) for label in labels)
    at = schema.get_field_index("label")
    return schema if has_classes or at < 0 else schema.remove(at)


def write_assets(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    """Write assets.parquet from rows with the columns of ASSET_SCHEMA; those that say nothing are left out."""
    schema = written_schema(ASSET_SCHEMA, (row["label"] for row in rows))
    if all(row["focal_px"] is None for row in rows):
        schema = _without_cameras(schema)
    table = pa.Table.from_pylist(list(rows), schema=schema)
    with path.open("wb") as file:  # pyarrow takes no path that isn't UTF-8
        pq.write_table(table, file, compression="zstd")


def read_assets(path: Path) -> list[dict[str, Any]]:
    """Read assets.parquet as a list of rows."""
    with _opened(path) as file:
        rows: list[dict[str, Any]] = _read_assets(path, file).to_pylist()
    return rows


def _read_assets(path: Path, file: pq.ParquetFile) -> pa.Table:
    """Read all rows; raise Problem where the table has other columns.

    Where it doesn't say labels they are the default one, and where it doesn't say cameras they aren't known.
    """
    found = file.schema_arrow
    has_cameras = {*CAMERA_COLUMNS} <= {*found.names}
    if not _has_columns(found, ASSET_SCHEMA if has_cameras else _without_cameras(ASSET_SCHEMA)):
        raise mismatched_table(path)
    table = _sound(path, file.read(use_threads=False), _MAY_BE_EMPTY)
    if "label" not in table.column_names:
        is_cutout = pc.equal(table["kind"], "cutout")
        label = pc.if_else(is_cutout, pa.scalar(DEFAULT_LABEL), pa.scalar(None, pa.string()))
        table = table.append_column(ASSET_SCHEMA.field("label"), label)
    for name in () if has_cameras else CAMERA_COLUMNS:
        field = ASSET_SCHEMA.field(name)
        table = table.append_column(field, pa.nulls(len(table), field.type))
    table = table.select(ASSET_SCHEMA.names)
    if (
        not _are_cameras(table)
        or pc.any(pc.not_equal(pc.is_valid(table["label"]), pc.equal(table["kind"], "cutout"))).as_py()
    ):
        raise mismatched_table(path)
    return table


def _without_cameras(schema: pa.Schema) -> pa.Schema:
    return pa.schema([field for field in schema if field.name not in CAMERA_COLUMNS])


def _are_cameras(assets: pa.Table) -> bool:
    """Say whether focal lengths are of backgrounds, possible, and all of them say where they are from."""
    focal_px, focal_from = (assets[name].to_pylist() for name in CAMERA_COLUMNS)
    return all(
        (px is None and source is None)
        or (kind == "background" and px is not None and 0 < px < math.inf and source in FOCAL_SOURCES)
        for kind, px, source in zip(assets["kind"].to_pylist(), focal_px, focal_from, strict=True)
    )


def _has_columns(found: pa.Schema, schema: pa.Schema) -> bool:
    """Say whether a table has the columns of a schema, with or without labels, and maybe some that say what varies."""
    return without_variety(found) in (schema, written_schema(schema, ()))


def cutout_sizes(assets: pa.Table, geometry: CorpusGeometry) -> NDArray[np.int32]:
    """Compute the size at which each cut-out lies in the array `cutout`.

    The table has the sizes of the source files; the rule is that of `fitted_cutout_size`.

    Args:
        assets: The assets, from `read_asset_table`.
        geometry: Counts and sizes of the corpus.

    Returns:
        (F, 2) int32, height and width in px.
    """
    g = geometry
    sizes = [
        fitted_cutout_size(row["height_px"], row["width_px"], g.cutout_height_px, g.height_px, g.width_px)
        for row in assets.to_pylist()
        if row["kind"] == "cutout"
    ]
    return np.array(sizes, np.int32).reshape(-1, 2)


def cutout_labels(assets: pa.Table) -> tuple[str, ...]:
    """Return the class of each cut-out and flip, F of them, from the assets of `read_asset_table`."""
    return tuple(assets.filter(pc.equal(assets["kind"], "cutout"))["label"].to_pylist())


def read_asset_table(path_of: PathOfPart, geometry: CorpusGeometry) -> pa.Table:
    """Read the assets of a corpus, backgrounds first, each kind in the order of its numbers.

    Args:
        path_of: Path of assets.parquet of a part, by its number.
        geometry: Counts and sizes of the corpus.

    Returns:
        A table with the columns of ASSET_SCHEMA.

    Raises:
        Problem: A table hasn't the columns or the rows of a corpus of this geometry.
    """
    found = [_read_assets_of_part(path_of(r.part), r) for r in geometry.index.rectangles]
    if len(found) == 1:
        return found[0]
    kinds = (table.filter(pc.equal(table["kind"], kind)) for kind in ("background", "cutout") for table in found)
    return pa.concat_tables(kinds).combine_chunks()


def _read_assets_of_part(path: Path, rectangle: Rectangle) -> pa.Table:
    with _opened(path) as file:
        table = _read_assets(path, file)
    backgrounds, cutouts = rectangle.new_backgrounds, rectangle.new_cutouts
    is_sound = (
        len(table) == len(backgrounds) + len(cutouts)
        and table["kind"].to_pylist() == ["background"] * len(backgrounds) + ["cutout"] * len(cutouts)
        and table["id"].to_pylist() == [*backgrounds, *cutouts]
        and min([1, *table["width_px"].to_pylist(), *table["height_px"].to_pylist()]) > 0
    )
    if not is_sound:
        raise mismatched_table(path)
    return table


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


def sample_table(
    geometry: CorpusGeometry,
    strip: Strip,
    boxes: NDArray[np.int32],
    visible_px: NDArray[np.int32],
    splits: NDArray[np.int8],
    labels: Sequence[str],
    variety: Mapping[str, NDArray[np.int32]] | None = None,
) -> pa.Table:
    """Make the rows of one background in one part as they are in samples.parquet.

    Args:
        geometry: Counts and sizes of the corpus.
        strip: Its samples, of F cut-outs here.
        boxes: (F, K, 4) int32, x, y, width and height in px.
        visible_px: (F, K) int32.
        splits: (F, K) indices into SPLITS.
        labels: Class of each of the F cut-outs.
        variety: Name of a column -> what was drawn for each sample, (F, K) int32; None where nothing varies.

    Returns:
        F·K rows.
    """
    varying = variety or {}
    names, numbers, b = geometry.names, strip.samples, strip.background
    *ids, label = _same_columns(strip.cutouts, tuple(labels), geometry.placements)
    columns = [
        pa.array(np.arange(numbers.start, numbers.stop)),
        pa.array(np.full(len(numbers), b, np.int32)),
        *ids,
        *map(pa.array, boxes.reshape(-1, 4).T),
        pa.array(visible_px.ravel()),
        pa.DictionaryArray.from_arrays(splits.ravel().astype(np.int8), SPLITS).cast(pa.string()),
        label,
        *(
            pa.array(names.of_background(kind, b, cutouts=strip.cutouts), pa.string())
            for kind in ("image", "mask", "depth")
        ),
        *(as_column(name, drawn.ravel()) for name, drawn in varying.items()),
    ]
    return pa.Table.from_arrays(columns, schema=with_variety(SAMPLE_SCHEMA, list(varying)))


@lru_cache(maxsize=2)
def _same_columns(cutouts: range, labels: tuple[str, ...], K: int) -> tuple[pa.Array, pa.Array, pa.Array, pa.Array]:
    """Return the columns cutout, flipped, placement and label, which are the same for every background of a part."""
    f, k = (grid.ravel().astype(np.int32) for grid in np.meshgrid(np.array(cutouts), np.arange(K), indexing="ij"))
    label = pa.array(labels, pa.string()).take(pa.array(f - cutouts.start))
    return pa.array(f), pa.array(f % 2 == 1), pa.array(k), label


def read_boxes(path: Path, strip: Strip) -> NDArray[np.int32]:
    """Read the boxes of one background in one part: (F, K, 4) int32, x, y, width and height in px.

    Args:
        path: samples.parquet of the part.
        strip: The samples; F is how many cut-outs they have.
    """
    table = read_strip_rows(path, strip, list(BOX_COLUMNS))
    boxes = np.stack([column.to_numpy() for column in table.columns], axis=-1)
    return boxes.reshape(len(strip.cutouts), -1, 4)


def read_variety(path: Path, strip: Strip) -> NDArray[np.int64]:
    """Read what was drawn for the samples of one background in one part, and for their first cut-outs.

    Args:
        path: samples.parquet of the part.
        strip: The samples; F is how many cut-outs they have.

    Returns:
        (F, K, 8) int64, the fields of `PasteVariety` and of `SampleVariety`.
    """
    drawn = as_drawn(read_strip_rows(path, strip))
    return drawn.reshape(len(strip.cutouts), -1, drawn.shape[-1])


def read_sample(path: Path, sample: int, geometry: CorpusGeometry) -> dict[str, Any]:
    """Read one row of samples.parquet, that of the part that has the sample."""
    strip = geometry.index.strip_of(sample)
    with _opened_samples(path, strip.rectangle) as table:
        rows = _sound(path, table.read_row_group(strip.number, use_threads=False), _may_be_unknown(strip.rectangle))
    row: dict[str, Any] = labelled(rows.slice(sample - strip.samples.start, 1), SAMPLE_SCHEMA).to_pylist()[0]
    shown = (row["background"], row["cutout"]) if geometry.listed else geometry.index.ids(sample)[:2]
    if (row["sample"], row["background"], row["cutout"]) != (sample, *shown):
        raise mismatched_table(path)
    return row


def find_sample(path: Path, name: str, geometry: CorpusGeometry) -> int | None:
    """Return the sample of an imported corpus whose image, mask or depth map has a name, whatever its suffix."""
    first, stems = 0, (name, name.rpartition(".")[0])
    for rows in iter_strips(lambda _part: path, geometry, NAME_COLUMNS):
        for column in rows.columns:
            for number, each in enumerate(column.to_pylist()):
                if each == name or each.rpartition(".")[0] in stems:
                    return first + number
        first += len(rows)
    return None


def read_strip_rows(path: Path, strip: Strip, columns: list[str] | None = None) -> pa.Table:
    """Read the rows of a strip from a table of its part, all columns or some."""
    with _opened(path) as table:
        rows = table.read_row_group(strip.number, columns=columns, use_threads=False)
        return _sound(path, rows, _may_be_unknown(strip.rectangle))


def read_row_group(path: Path, strip: Strip, schema: pa.Schema) -> pa.Table:
    """Read the rows of a strip; raise Problem where the table hasn't this schema or as many groups as the part."""
    with _opened(path) as table:
        if not _has_columns(table.schema_arrow, schema) or table.num_row_groups != len(strip.rectangle.backgrounds):
            raise mismatched_table(path)
        rows = table.read_row_group(strip.number, use_threads=False)
        return _sound(path, rows, _may_be_unknown(strip.rectangle))


def _may_be_unknown(rectangle: Rectangle) -> tuple[str, ...]:
    """Return the columns of the tables of samples whose cells may be empty."""
    return UNKNOWN_COLUMNS if isinstance(rectangle, ListedSamples) else ()


def iter_strips(
    path_of: PathOfPart,
    geometry: CorpusGeometry,
    columns: Sequence[str] | None = None,
    start: int = 0,
    stop: int | None = None,
) -> Iterator[pa.Table]:
    """Read samples.parquet background by background, part after part.

    Args:
        path_of: Path of samples.parquet of a part, by its number.
        geometry: Counts and sizes of the corpus.
        columns: Names of the columns; None for all.
        start: Number of a sample: backgrounds that end before it are left out.
        stop: Number of a sample: backgrounds that begin with it or after it are left out; None for no sample.

    Yields:
        The rows of each background in a part.

    Raises:
        Problem: A table can't be read, or isn't one of this geometry.
    """
    chosen = None if columns is None else list(columns)
    for part, strips in groupby(geometry.index.strips(start, stop), key=lambda strip: strip.part):
        numbers = [strip.number for strip in strips]
        path, rectangle = path_of(part), geometry.index.rectangles[part]
        rows = rectangle.per_background
        at_a_time = max(1, _ROWS_AT_A_TIME // rows)  # each call takes as long as reading thousands of rows
        with _opened_samples(path, rectangle) as table:
            for name in chosen or ():
                if name not in table.schema_arrow.names and name != "label":
                    line = f"{path}: has no column {name!r}: nothing of the kind varies in this corpus"
                    raise Problem(line, exit_code=2)
            for first in range(0, len(numbers), at_a_time):
                groups = numbers[first : first + at_a_time]
                found = table.read_row_groups(groups, columns=chosen, use_threads=False)
                found = _sound(path, found, _may_be_unknown(rectangle)).combine_chunks()
                found = labelled(found, SAMPLE_SCHEMA, chosen)
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
def _opened_samples(path: Path, rectangle: Rectangle) -> Iterator[pq.ParquetFile]:
    """Open samples.parquet; raise Problem where it hasn't the columns or the row groups of a part of these samples."""
    with _opened_with_footer(path) as (table, footer):
        # A row group is read by the number of its strip, so each must hold all its samples.
        expected = tuple(len(rectangle.strip(b).samples) for b in rectangle.backgrounds)
        if not _has_columns(table.schema_arrow, SAMPLE_SCHEMA) or footer.group_rows != expected:
            raise mismatched_table(path)
        yield table


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


def _sound(path: Path, table: pa.Table, may_be_empty: Sequence[str] = ()) -> pa.Table:
    """Return a table that was read; raise Problem where cells are empty, ArrowException where text is no UTF-8."""
    table.validate(full=True)
    if any(table[name].null_count for name in table.column_names if name not in may_be_empty):
        raise mismatched_table(path)
    return table


def mismatched_table(path: Path) -> Problem:
    """Return the error for a table that isn't one of this corpus."""
    return Problem(f"{path}: its columns or rows aren't those of this corpus: restore it, or give the same plan again")
