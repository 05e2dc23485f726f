"""samples.parquet: a row for each sample, a row group for each background. Its rows made, and read strip by strip."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from itertools import groupby
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from bgfg.data_manifests.corpus.geometry import CorpusGeometry
from bgfg.data_manifests.corpus.parquet_table import (
    PathOfPart,
    has_columns,
    labelled,
    mismatched_table,
    opened_table,
    opened_with_footer,
    sound_rows,
)
from bgfg.data_manifests.corpus.splits import SPLITS
from bgfg.data_manifests.placement.sample_index import ListedSamples, Rectangle, Strip
from bgfg.data_manifests.placement.variety_columns import as_column, as_drawn, with_variety
from bgfg.data_manifests.terminal.errors import Problem

SAMPLES_FILE = "samples.parquet"

BOX_COLUMNS = ("x_px", "y_px", "width_px", "height_px")

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

NAME_COLUMNS = ("image_name", "mask_name", "depth_name")

# Columns of the samples of an imported corpus whose cells may be empty: what nobody says of its pictures.
UNKNOWN_COLUMNS = ("background", "cutout", "flipped", "placement", *BOX_COLUMNS, "visible_px", "label")

# Rows that are read at a time, of as many backgrounds as have them.
_ROWS_AT_A_TIME = 10_000


def sample_rows(
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
        rows = sound_rows(path, table.read_row_group(strip.number, use_threads=False), _may_be_unknown(strip.rectangle))
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
    with opened_table(path) as table:
        rows = table.read_row_group(strip.number, columns=columns, use_threads=False)
        return sound_rows(path, rows, _may_be_unknown(strip.rectangle))


def read_row_group(path: Path, strip: Strip, schema: pa.Schema) -> pa.Table:
    """Read the rows of a strip; raise Problem where the table hasn't this schema or as many groups as the part."""
    with opened_table(path) as table:
        if not has_columns(table.schema_arrow, schema) or table.num_row_groups != len(strip.rectangle.backgrounds):
            raise mismatched_table(path)
        rows = table.read_row_group(strip.number, use_threads=False)
        return sound_rows(path, rows, _may_be_unknown(strip.rectangle))


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
                found = sound_rows(path, found, _may_be_unknown(rectangle)).combine_chunks()
                found = labelled(found, SAMPLE_SCHEMA, chosen)
                for i in range(len(groups)):
                    yield found.slice(i * rows, rows)


@contextmanager
def _opened_samples(path: Path, rectangle: Rectangle) -> Iterator[pq.ParquetFile]:
    """Open samples.parquet; raise Problem where it hasn't the columns or the row groups of a part of these samples."""
    with opened_with_footer(path) as (table, footer):
        # A row group is read by the number of its strip, so each must hold all its samples.
        expected = tuple(len(rectangle.strip(b).samples) for b in rectangle.backgrounds)
        if not has_columns(table.schema_arrow, SAMPLE_SCHEMA) or footer.group_rows != expected:
            raise mismatched_table(path)
        yield table


def _may_be_unknown(rectangle: Rectangle) -> tuple[str, ...]:
    """Return the columns of the tables of samples whose cells may be empty."""
    return UNKNOWN_COLUMNS if isinstance(rectangle, ListedSamples) else ()
