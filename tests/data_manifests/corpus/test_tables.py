"""The Parquet tables."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bgfg.data_manifests.corpus import tables
from bgfg.data_manifests.corpus.geometry import CorpusGeometry
from bgfg.data_manifests.placement.random_grid import draw_boxes
from bgfg.data_manifests.terminal.errors import Problem
from tests.support.project import ROOT

GEOMETRY = CorpusGeometry(3, 2, 4, 13, 17, 7, (7, 9))
LABELS = ["dog", "dog", "cat", "cat"]
(SAMPLES,) = GEOMETRY.index.rectangles


def write(path: Path) -> list[np.ndarray]:
    drawn = [draw_boxes("random", 0, b, np.full((4, 2), 7, np.int32), 4, 13, 17) for b in range(3)]
    with tables.TableWriter(path, tables.SAMPLE_SCHEMA) as writer:
        for b, boxes in enumerate(drawn):
            visible_px, splits = np.full((4, 4), b, np.int32), np.full((4, 4), b, np.int8)
            writer.add(tables.sample_table(GEOMETRY, SAMPLES.strip(b), boxes, visible_px, splits, LABELS))
    return drawn


def test_boxes_and_rows_are_read_back(tmp_path: Path) -> None:
    drawn = write(tmp_path / "samples.parquet")
    for b in range(3):
        assert np.array_equal(tables.read_boxes(tmp_path / "samples.parquet", SAMPLES.strip(b)), drawn[b])
    row = tables.read_sample(tmp_path / "samples.parquet", 16 + 4 + 2, GEOMETRY)
    assert (row["sample"], row["background"], row["cutout"], row["placement"]) == (22, 1, 1, 2)
    assert [row[name] for name in ("x_px", "y_px", "width_px", "height_px")] == drawn[1][1, 2].tolist()
    assert (row["split"], row["label"], row["image_name"]) == ("seen", "dog", "bg002_fg001_01_003.jpeg")


def test_a_row_group_is_a_background(tmp_path: Path) -> None:
    write(tmp_path / "samples.parquet")
    metadata = pq.ParquetFile(tmp_path / "samples.parquet").metadata
    assert [metadata.row_group(b).num_rows for b in range(metadata.num_row_groups)] == [16, 16, 16]


@pytest.mark.parametrize("rows_at_a_time", [1, 32, 10_000])
def test_each_background_comes_in_turn_with_the_columns_that_are_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows_at_a_time: int
) -> None:
    monkeypatch.setattr(tables, "_ROWS_AT_A_TIME", rows_at_a_time)
    path = tmp_path / "samples.parquet"
    write(path)
    whole = pq.read_table(path)
    assert pa.concat_tables(tables.iter_strips(lambda _: path, GEOMETRY)) == whole
    some = list(tables.iter_strips(lambda _: path, GEOMETRY, ("split", "sample")))
    assert [set(rows.column_names) for rows in some] == [{"split", "sample"}] * 3
    assert [rows["sample"].to_pylist() for rows in some] == [list(range(b * 16, b * 16 + 16)) for b in range(3)]


@pytest.mark.parametrize("counts", [(2, 2, 4), (4, 2, 4), (3, 1, 4), (3, 2, 5)])
def test_a_table_of_another_corpus_is_a_problem(tmp_path: Path, counts: tuple[int, int, int]) -> None:
    path = tmp_path / "samples.parquet"
    write(path)
    geometry = CorpusGeometry(*counts, 13, 17, 7, (7, 9))
    for read in (
        lambda: list(tables.iter_strips(lambda _: path, geometry)),
        lambda: tables.read_sample(path, 3, geometry),
    ):
        with pytest.raises(Problem, match=r"samples.parquet: its columns or rows aren't those of this corpus"):
            read()


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="threads are counted under /proc")
def test_reading_a_table_starts_no_thread(tmp_path: Path) -> None:
    """A thread of Arrow's that still holds a file of Python when a short command ends aborts it."""
    write(tmp_path / "samples.parquet")
    tables.write_assets(tmp_path / "assets.parquet", assets(3, 2))
    code = (
        "import os, sys; from pathlib import Path; from bgfg.data_manifests.corpus import geometry as sizes, tables\n"
        "folder, geometry = Path(sys.argv[1]), sizes.CorpusGeometry(3, 2, 4, 13, 17, 7, (7, 9))\n"
        "before = len(os.listdir('/proc/self/task'))\n"
        "tables.read_asset_table(lambda _: folder / 'assets.parquet', geometry)\n"
        "tables.read_assets(folder / 'assets.parquet')\n"
        "tables.read_sample(folder / 'samples.parquet', 17, geometry)\n"
        "tables.read_boxes(folder / 'samples.parquet', geometry.index.rectangles[0].strip(1))\n"
        "list(tables.iter_strips(lambda _: folder / 'samples.parquet', geometry))\n"
        "print(len(os.listdir('/proc/self/task')) - before)"
    )
    done = subprocess.run([sys.executable, "-c", code, tmp_path], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "0\n"


def test_assets_round_trip(tmp_path: Path) -> None:
    row = assets(0, 1)[0] | {"id": 3, "flip_of": 2, "file": "ü #'.png", "label": "ü, ö"}
    tables.write_assets(tmp_path / "assets.parquet", [row])
    assert tables.read_assets(tmp_path / "assets.parquet") == [row]


def assets(backgrounds: int, cutouts: int) -> list[dict[str, Any]]:
    empty: dict[str, Any] = {field.name: 1 if pa.types.is_integer(field.type) else "a" for field in tables.ASSET_SCHEMA}
    ids = [("background", b) for b in range(backgrounds)] + [("cutout", f) for f in range(2 * cutouts)]
    of_kind: dict[str, dict[str, Any]] = {
        "background": {"label": None, "focal_px": 120.5, "focal_from": "photo"},
        "cutout": {"label": "dog", "focal_px": None, "focal_from": None},
    }
    return [empty | {"kind": kind, "id": number} | of_kind[kind] for kind, number in ids]


def test_cameras_are_said_where_one_is_known(tmp_path: Path) -> None:
    path, rows = tmp_path / "assets.parquet", assets(2, 1)
    tables.write_assets(path, rows)
    assert tables.read_assets(path) == rows
    unknown = [row | {"focal_px": None, "focal_from": None} for row in rows]
    tables.write_assets(path, unknown)
    assert not {"focal_px", "focal_from"} & {*pq.read_schema(path).names}
    assert tables.read_assets(path) == unknown


@pytest.mark.parametrize(
    "wrong",
    [{"focal_px": -1.0}, {"focal_px": None}, {"focal_from": None}, {"focal_from": "guess"}, {"focal_px": 1e400}],
)
def test_a_camera_that_is_none_is_refused(tmp_path: Path, wrong: dict[str, Any]) -> None:
    path, rows = tmp_path / "assets.parquet", assets(2, 1)
    tables.write_assets(path, [rows[0] | wrong, *rows[1:]])
    with pytest.raises(Problem, match="aren't those of this corpus"):
        tables.read_assets(path)


def test_the_asset_table_is_held_to_the_geometry(tmp_path: Path) -> None:
    path, right = tmp_path / "assets.parquet", assets(3, 2)
    tables.write_assets(path, right)
    assert tables.read_asset_table(lambda _: path, GEOMETRY).to_pylist() == right
    flat, nameless = ([right[0] | {name: value}, *right[1:]] for name, value in (("width_px", 0), ("name", None)))
    for wrong in (assets(2, 2), assets(3, 3), right[::-1], [*right[:-1], right[0]], [], flat, nameless):
        tables.write_assets(path, wrong)
        with pytest.raises(Problem, match=r"assets.parquet: its columns or rows aren't those of this corpus"):
            tables.read_asset_table(lambda _: path, GEOMETRY)


def test_an_asset_table_of_other_columns_is_a_problem(tmp_path: Path) -> None:
    path = tmp_path / "assets.parquet"
    pq.write_table(pa.table({"kind": ["background"], "id": [0]}), path)
    with pytest.raises(Problem, match=r"assets.parquet: its columns or rows aren't those of this corpus"):
        tables.read_asset_table(lambda _: path, GEOMETRY)


@pytest.mark.parametrize("content", [None, b"", b"PAR1nothing"])
def test_a_broken_table_is_a_problem(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "samples.parquet").write_bytes(content)
    with pytest.raises(Problem, match=r"samples.parquet: not a readable table"):
        tables.read_boxes(tmp_path / "samples.parquet", SAMPLES.strip(0))


def test_text_that_is_no_utf8_is_a_problem_and_so_is_an_empty_cell(tmp_path: Path) -> None:
    path = tmp_path / "samples.parquet"
    boxes, zeros = np.ones((4, 4, 4), np.int32), np.zeros((4, 4), np.int8)
    whole = tables.sample_table(GEOMETRY, SAMPLES.strip(0), boxes, zeros.astype(np.int32), zeros, LABELS)
    number = whole.column_names.index("split")
    for first, said in ((b"tr\xffin", "not a readable table"), (None, "aren't those of this corpus")):
        column = pa.array([first, *[b"train"] * (len(whole) - 1)], pa.binary()).cast(pa.string(), safe=False)
        with tables.TableWriter(path, tables.SAMPLE_SCHEMA) as writer:
            writer.add(whole.set_column(number, whole.field(number), column))
        with pytest.raises(Problem, match=rf"samples.parquet: .*{said}"):
            tables.read_strip_rows(path, GEOMETRY.index.strip_of(0), ["split"])


def test_a_row_of_another_sample_is_a_problem(tmp_path: Path) -> None:
    path = tmp_path / "samples.parquet"
    boxes, zeros = np.ones((4, 4, 4), np.int32), np.zeros((4, 4), np.int8)
    with tables.TableWriter(path, tables.SAMPLE_SCHEMA) as writer:
        for b in (1, 0, 2):
            writer.add(tables.sample_table(GEOMETRY, SAMPLES.strip(b), boxes, zeros.astype(np.int32), zeros, LABELS))
    with pytest.raises(Problem, match="aren't those of this corpus"):
        tables.read_sample(path, 0, GEOMETRY)
