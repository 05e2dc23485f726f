"""The list of an export's files: what is whole is read, what is damaged is told by its line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bgfg.data_manifests.files.regular_file import UnfitFile
from bgfg.synth.formats.checksum_list import CHECKSUM_FILE, ListedFile, checksum_list_sha256, listed_files
from tests.support.doors import damaged
from tests.support.unfit_files import put_huge

FILES = [ListedFile("a b.png", "0" * 64), ListedFile("bg/ü\u2028.jpeg", "f" * 64), ListedFile("x", "1" * 64)]
WHOLE = b"".join(file.line for file in FILES)


def test_what_was_written_is_read_again(tmp_path: Path) -> None:
    (tmp_path / CHECKSUM_FILE).write_bytes(WHOLE)
    assert list(listed_files(tmp_path)) == FILES


@pytest.mark.parametrize(
    "line", [b"", b"0" * 64, b"0" * 64 + b"  ", b"0" * 63 + b"  name", b"G" * 64 + b"  name", b"name", b"\xff" * 9_000]
)
def test_a_damaged_line_is_none_and_the_others_are_read(tmp_path: Path, line: bytes) -> None:
    (tmp_path / CHECKSUM_FILE).write_bytes(FILES[0].line + line + b"\n" + FILES[2].line)
    first, *between, last = listed_files(tmp_path)
    assert (first, last) == (FILES[0], FILES[2])
    assert between
    assert set(between) == {None}


def test_a_last_line_that_is_cut_short_is_damaged(tmp_path: Path) -> None:
    for end in range(len(FILES[0].line) + 1, len(FILES[0].line) + len(FILES[1].line)):
        (tmp_path / CHECKSUM_FILE).write_bytes(WHOLE[:end])
        assert list(listed_files(tmp_path)) == [FILES[0], None]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_happened_to_it_it_is_read_to_its_end(tmp_path: Path, data: st.DataObject) -> None:
    (tmp_path / CHECKSUM_FILE).write_bytes(data.draw(damaged(WHOLE)))
    assert all(entry is None or (len(entry.sha256) == 64 and entry.file) for entry in listed_files(tmp_path))


def test_one_that_is_far_too_large_is_refused_unread(tmp_path: Path) -> None:
    put_huge(tmp_path / CHECKSUM_FILE)
    for read in (checksum_list_sha256, lambda out: list(listed_files(out))):
        with pytest.raises(UnfitFile, match="more than"):
            read(tmp_path)
