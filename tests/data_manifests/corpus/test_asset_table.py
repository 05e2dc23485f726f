"""assets.parquet."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bgfg.data_manifests.corpus import asset_table
from bgfg.data_manifests.terminal.errors import Problem
from tests.support.corpus_tables import GEOMETRY, asset_rows


def test_assets_round_trip(tmp_path: Path) -> None:
    row = asset_rows(0, 1)[0] | {"id": 3, "flip_of": 2, "file": "ü #'.png", "label": "ü, ö"}
    asset_table.write_assets(tmp_path / "assets.parquet", [row])
    assert asset_table.read_assets(tmp_path / "assets.parquet") == [row]


def test_cameras_are_said_where_one_is_known(tmp_path: Path) -> None:
    path, rows = tmp_path / "assets.parquet", asset_rows(2, 1)
    asset_table.write_assets(path, rows)
    assert asset_table.read_assets(path) == rows
    unknown = [row | {"focal_px": None, "focal_from": None} for row in rows]
    asset_table.write_assets(path, unknown)
    assert not {"focal_px", "focal_from"} & {*pq.read_schema(path).names}
    assert asset_table.read_assets(path) == unknown


@pytest.mark.parametrize(
    "wrong",
    [{"focal_px": -1.0}, {"focal_px": None}, {"focal_from": None}, {"focal_from": "guess"}, {"focal_px": 1e400}],
)
def test_a_camera_that_is_none_is_refused(tmp_path: Path, wrong: dict[str, Any]) -> None:
    path, rows = tmp_path / "assets.parquet", asset_rows(2, 1)
    asset_table.write_assets(path, [rows[0] | wrong, *rows[1:]])
    with pytest.raises(Problem, match="aren't those of this corpus"):
        asset_table.read_assets(path)


def test_the_asset_table_is_held_to_the_geometry(tmp_path: Path) -> None:
    path, right = tmp_path / "assets.parquet", asset_rows(3, 2)
    asset_table.write_assets(path, right)
    assert asset_table.read_asset_table(lambda _: path, GEOMETRY).to_pylist() == right
    flat, nameless = ([right[0] | {name: value}, *right[1:]] for name, value in (("width_px", 0), ("name", None)))
    for wrong in (asset_rows(2, 2), asset_rows(3, 3), right[::-1], [*right[:-1], right[0]], [], flat, nameless):
        asset_table.write_assets(path, wrong)
        with pytest.raises(Problem, match=r"assets.parquet: its columns or rows aren't those of this corpus"):
            asset_table.read_asset_table(lambda _: path, GEOMETRY)


def test_an_asset_table_of_other_columns_is_a_problem(tmp_path: Path) -> None:
    path = tmp_path / "assets.parquet"
    pq.write_table(pa.table({"kind": ["background"], "id": [0]}), path)
    with pytest.raises(Problem, match=r"assets.parquet: its columns or rows aren't those of this corpus"):
        asset_table.read_asset_table(lambda _: path, GEOMETRY)
