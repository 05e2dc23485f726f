"""A footer is read once for each version of a file."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from bgfg.data_manifests.corpus.footers import Footer, footer_of


def write_groups(path: Path, *rows: int) -> None:
    with pq.ParquetWriter(path, pa.schema([("sample", pa.int64())])) as writer:
        for count in rows:
            writer.write_table(pa.table({"sample": range(count)}), row_group_size=count)


def read(path: Path) -> Footer:
    with path.open("rb") as file:
        return footer_of(path, file)


def test_a_footer_is_read_once_for_one_version_of_a_file(tmp_path: Path) -> None:
    write_groups(tmp_path / "table", 3, 5)
    first = read(tmp_path / "table")
    assert first.group_rows == (3, 5)
    assert read(tmp_path / "table") is first


def test_a_file_that_was_put_in_the_place_of_another_has_its_own_footer(tmp_path: Path) -> None:
    write_groups(tmp_path / "table", 3)
    read(tmp_path / "table")
    write_groups(tmp_path / "new", 4)
    (tmp_path / "new").replace(tmp_path / "table")
    assert read(tmp_path / "table").group_rows == (4,)


def test_a_file_without_a_footer_raises_each_time(tmp_path: Path) -> None:
    (tmp_path / "table").write_bytes(b"no table")
    for _ in range(2):
        with pytest.raises(pa.ArrowException):
            read(tmp_path / "table")


def test_many_tables_are_not_all_kept(tmp_path: Path) -> None:
    from bgfg.data_manifests.corpus import footers

    for number in range(footers._FOOTERS_KEPT + 4):
        write_groups(tmp_path / str(number), number + 1)
        assert read(tmp_path / str(number)).group_rows == (number + 1,)
    assert len(footers._footers) == footers._FOOTERS_KEPT
