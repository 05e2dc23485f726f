"""assets.parquet: a row for each background, cut-out and flip, with its source file, group, split, class and camera."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from bgfg.data_manifests.assets.cameras import FOCAL_SOURCES
from bgfg.data_manifests.assets.classes import DEFAULT_LABEL
from bgfg.data_manifests.corpus.geometry import CorpusGeometry
from bgfg.data_manifests.corpus.parquet_table import (
    PathOfPart,
    has_columns,
    mismatched_table,
    opened_table,
    sound_rows,
    written_schema,
)
from bgfg.data_manifests.images.resampling.frame_geometry import fitted_cutout_size
from bgfg.data_manifests.placement.sample_index import Rectangle

ASSETS_FILE = "assets.parquet"

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

# Columns of ASSET_SCHEMA whose cells may be empty.
CAMERA_COLUMNS = ("focal_px", "focal_from")

_MAY_BE_EMPTY = ("flip_of", "depth_file", "depth_sha256", "label", *CAMERA_COLUMNS)


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
    with opened_table(path) as file:
        rows: list[dict[str, Any]] = _read_assets(path, file).to_pylist()
    return rows


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


def _read_assets_of_part(path: Path, rectangle: Rectangle) -> pa.Table:
    with opened_table(path) as file:
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


def _read_assets(path: Path, file: pq.ParquetFile) -> pa.Table:
    """Read all rows; raise Problem where the table has other columns.

    Where it doesn't say labels they are the default one, and where it doesn't say cameras they aren't known.
    """
    found = file.schema_arrow
    has_cameras = {*CAMERA_COLUMNS} <= {*found.names}
    if not has_columns(found, ASSET_SCHEMA if has_cameras else _without_cameras(ASSET_SCHEMA)):
        raise mismatched_table(path)
    table = sound_rows(path, file.read(use_threads=False), _MAY_BE_EMPTY)
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
