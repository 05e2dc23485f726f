"""samples.parquet."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bgfg.data_manifests.corpus import parquet_table, sample_table
from bgfg.data_manifests.corpus.geometry import CorpusGeometry
from bgfg.data_manifests.terminal.errors import Problem
from tests.support.corpus_tables import GEOMETRY, LABELS, SAMPLES, write_sample_table


def test_boxes_and_rows_are_read_back(tmp_path: Path) -> None:
    drawn = write_sample_table(tmp_path / "samples.parquet")
    for b in range(3):
        assert np.array_equal(sample_table.read_boxes(tmp_path / "samples.parquet", SAMPLES.strip(b)), drawn[b])
    row = sample_table.read_sample(tmp_path / "samples.parquet", 16 + 4 + 2, GEOMETRY)
    assert (row["sample"], row["background"], row["cutout"], row["placement"]) == (22, 1, 1, 2)
    assert [row[name] for name in ("x_px", "y_px", "width_px", "height_px")] == drawn[1][1, 2].tolist()
    assert (row["split"], row["label"], row["image_name"]) == ("seen", "dog", "bg002_fg001_01_003.jpeg")


def test_a_row_group_is_a_background(tmp_path: Path) -> None:
    write_sample_table(tmp_path / "samples.parquet")
    metadata = pq.ParquetFile(tmp_path / "samples.parquet").metadata
    assert [metadata.row_group(b).num_rows for b in range(metadata.num_row_groups)] == [16, 16, 16]


@pytest.mark.parametrize("rows_at_a_time", [1, 32, 10_000])
def test_each_background_comes_in_turn_with_the_columns_that_are_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows_at_a_time: int
) -> None:
    monkeypatch.setattr(sample_table, "_ROWS_AT_A_TIME", rows_at_a_time)
    path = tmp_path / "samples.parquet"
    write_sample_table(path)
    whole = pq.read_table(path)
    assert pa.concat_tables(sample_table.iter_strips(lambda _: path, GEOMETRY)) == whole
    some = list(sample_table.iter_strips(lambda _: path, GEOMETRY, ("split", "sample")))
    assert [set(rows.column_names) for rows in some] == [{"split", "sample"}] * 3
    assert [rows["sample"].to_pylist() for rows in some] == [list(range(b * 16, b * 16 + 16)) for b in range(3)]


@pytest.mark.parametrize("counts", [(2, 2, 4), (4, 2, 4), (3, 1, 4), (3, 2, 5)])
def test_a_table_of_another_corpus_is_a_problem(tmp_path: Path, counts: tuple[int, int, int]) -> None:
    path = tmp_path / "samples.parquet"
    write_sample_table(path)
    geometry = CorpusGeometry(*counts, 13, 17, 7, (7, 9))
    for read in (
        lambda: list(sample_table.iter_strips(lambda _: path, geometry)),
        lambda: sample_table.read_sample(path, 3, geometry),
    ):
        with pytest.raises(Problem, match=r"samples.parquet: its columns or rows aren't those of this corpus"):
            read()


@pytest.mark.parametrize("content", [None, b"", b"PAR1nothing"])
def test_a_broken_table_is_a_problem(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "samples.parquet").write_bytes(content)
    with pytest.raises(Problem, match=r"samples.parquet: not a readable table"):
        sample_table.read_boxes(tmp_path / "samples.parquet", SAMPLES.strip(0))


def test_text_that_is_no_utf8_is_a_problem_and_so_is_an_empty_cell(tmp_path: Path) -> None:
    path = tmp_path / "samples.parquet"
    boxes, zeros = np.ones((4, 4, 4), np.int32), np.zeros((4, 4), np.int8)
    whole = sample_table.sample_rows(GEOMETRY, SAMPLES.strip(0), boxes, zeros.astype(np.int32), zeros, LABELS)
    number = whole.column_names.index("split")
    for first, said in ((b"tr\xffin", "not a readable table"), (None, "aren't those of this corpus")):
        column = pa.array([first, *[b"train"] * (len(whole) - 1)], pa.binary()).cast(pa.string(), safe=False)
        with parquet_table.TableWriter(path, sample_table.SAMPLE_SCHEMA) as writer:
            writer.add(whole.set_column(number, whole.field(number), column))
        with pytest.raises(Problem, match=rf"samples.parquet: .*{said}"):
            sample_table.read_strip_rows(path, GEOMETRY.index.strip_of(0), ["split"])


def test_a_row_of_another_sample_is_a_problem(tmp_path: Path) -> None:
    path = tmp_path / "samples.parquet"
    boxes, zeros = np.ones((4, 4, 4), np.int32), np.zeros((4, 4), np.int8)
    with parquet_table.TableWriter(path, sample_table.SAMPLE_SCHEMA) as writer:
        for b in (1, 0, 2):
            writer.add(
                sample_table.sample_rows(GEOMETRY, SAMPLES.strip(b), boxes, zeros.astype(np.int32), zeros, LABELS)
            )
    with pytest.raises(Problem, match="aren't those of this corpus"):
        sample_table.read_sample(path, 0, GEOMETRY)
