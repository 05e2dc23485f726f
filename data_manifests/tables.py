"""The Parquet tables: a row per asset, a row per sample. One row group of samples is one background."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from data_manifests.manifest import Geometry
from data_manifests.naming import Names
from data_manifests.problem import Problem
from data_manifests.splits import SPLITS

ASSETS = "assets.parquet"
SAMPLES = "samples.parquet"

_BOX = ("x_px", "y_px", "width_px", "height_px")

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
        *[(name, pa.int32()) for name in _BOX],
        ("visible_px", pa.int32()),
        ("split", pa.string()),
        ("image_name", pa.string()),
        ("mask_name", pa.string()),
        ("depth_name", pa.string()),
    ]
)


def write_assets(path: Path, rows: Sequence[dict[str, Any]]) -> None:
    """Write assets.parquet from rows with the columns of ASSET_SCHEMA."""
    pq.write_table(pa.Table.from_pylist(list(rows), schema=ASSET_SCHEMA), path, compression="zstd")


def read_assets(path: Path) -> list[dict[str, Any]]:
    """Read assets.parquet as a list of rows."""
    rows: list[dict[str, Any]] = _open(path).read().to_pylist()
    return rows


class SampleWriter:
    """Writes samples.parquet background by background, so that memory doesn't grow with the corpus."""

    def __init__(self, path: Path, geometry: Geometry) -> None:
        self._geometry = geometry
        self._names = Names(geometry.backgrounds, geometry.cutouts, geometry.placements)
        self._writer = pq.ParquetWriter(path, SAMPLE_SCHEMA, compression="zstd")

    def __enter__(self) -> SampleWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self._writer.close()

    def add(self, b: int, boxes: NDArray[np.int32], visible_px: NDArray[np.int32], splits: NDArray[np.int8]) -> None:
        """Write the rows of background `b`.

        boxes: (F, K, 4) int32, x, y, width, height; visible_px: (F, K) int32; splits: (F, K) indices into SPLITS.
        """
        F, K = splits.shape
        f, k = (grid.ravel() for grid in np.meshgrid(np.arange(F), np.arange(K), indexing="ij"))
        columns = [
            self._geometry.index.sample(b, 0, 0) + np.arange(F * K),
            np.full(F * K, b),
            f,
            f % 2 == 1,
            k,
            *boxes.reshape(-1, 4).T,
            visible_px.ravel(),
            pa.DictionaryArray.from_arrays(splits.ravel(), list(SPLITS)).cast(pa.string()),
            *(self._names.of_background(kind, b) for kind in ("image", "mask", "depth")),
        ]
        arrays = [pa.array(c, field.type) for c, field in zip(columns, SAMPLE_SCHEMA, strict=True)]
        self._writer.write_table(pa.Table.from_arrays(arrays, schema=SAMPLE_SCHEMA), row_group_size=F * K)


def read_boxes(path: Path, b: int, geometry: Geometry) -> NDArray[np.int32]:
    """Read the boxes of background `b` from samples.parquet: (F, K, 4) int32, x, y, width, height."""
    table = _open(path).read_row_group(b, columns=list(_BOX))
    boxes = np.stack([column.to_numpy() for column in table.columns], axis=-1)
    return boxes.reshape(2 * geometry.cutouts, geometry.placements, 4)


def read_sample(path: Path, sample: int, geometry: Geometry) -> dict[str, Any]:
    """Read one row of samples.parquet."""
    b, first = divmod(sample, 2 * geometry.cutouts * geometry.placements)
    row: dict[str, Any] = _open(path).read_row_group(b).slice(first, 1).to_pylist()[0]
    return row


def read_background(path: Path, b: int, columns: Sequence[str]) -> pa.Table:
    """Read these columns of the rows of background `b` from samples.parquet."""
    return _open(path).read_row_group(b, columns=list(columns))


def iterate_samples(path: Path) -> Iterator[pa.Table]:
    """Yield the rows of samples.parquet, a table per background."""
    file = _open(path)
    for group in range(file.num_row_groups):
        yield file.read_row_group(group)


def visible_pixels(alpha_u8: NDArray[np.uint8], boxes: NDArray[np.int32], height_px: int, width_px: int) -> list[int]:
    """Count the pixels of mask >= 128 that each box of one cut-out leaves within the frame.

    alpha_u8: (h, w) uint8; boxes: (K, 4) int32, x, y, width, height.
    """
    opaque = alpha_u8 >= 128
    h, w = opaque.shape
    whole = int(opaque.sum())
    return [
        whole
        if 0 <= x <= width_px - w and 0 <= y <= height_px - h
        else int(opaque[max(0, -y) : max(0, height_px - y), max(0, -x) : max(0, width_px - x)].sum())
        for x, y in boxes[:, :2].tolist()
    ]


def _open(path: Path) -> pq.ParquetFile:
    try:
        return pq.ParquetFile(path)
    except (OSError, pa.ArrowInvalid) as error:
        raise Problem(f"{path}: not a readable table ({error}): restore it, or plan the corpus again") from error
