"""Flushing to disk."""

from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from bgfg.data_manifests.files import flush
from bgfg.data_manifests.files.flush import begin_to_flush, flush_file, flush_file_system, flush_folder, make_folder

FSYNC, SYNC_FILE_SYSTEM = os.fsync, flush.sync_file_system


@pytest.fixture(autouse=True)
def real_flushes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Flush for once: other tests wait for no disk."""
    monkeypatch.setattr(os, "fsync", FSYNC)
    monkeypatch.setattr(flush, "sync_file_system", SYNC_FILE_SYSTEM)


def test_new_folders_are_flushed_from_the_top_in_the_folder_that_names_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: list[str] = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: flushed.append(os.readlink(f"/proc/self/fd/{descriptor}")))
    make_folder(tmp_path / "a" / "b")
    assert flushed == [str(tmp_path), str(tmp_path / "a")]
    make_folder(tmp_path / "a" / "b")
    assert len(flushed) == 2
    assert (tmp_path / "a" / "b").is_dir()


def test_what_isnt_there_cant_be_flushed(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    flush_file(tmp_path / "file")
    flush_file_system(tmp_path)
    for flushes in (flush_file, flush_folder, flush_file_system):
        with pytest.raises(FileNotFoundError):
            flushes(tmp_path / "nothing")
    with pytest.raises(NotADirectoryError):
        flush_folder(tmp_path / "file")


def test_what_begins_to_be_flushed_is_written_on_and_what_cant_be_is_left_to_the_flush(tmp_path: Path) -> None:
    with (tmp_path / "file").open("wb", buffering=0) as file:
        file.write(bytes(1000))
        begin_to_flush(file.fileno())
        file.write(b"end")
    assert (tmp_path / "file").read_bytes() == bytes(1000) + b"end"
    begin_to_flush(file_that_is_closed := 10**6)
    with pytest.raises(OSError, match="Bad file descriptor"):
        FSYNC(file_that_is_closed)


def test_a_file_system_that_cannot_be_flushed_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(OSError, match="Bad file descriptor"):
        SYNC_FILE_SYSTEM(-1)
    monkeypatch.setattr(flush, "sync_file_system", lambda _: SYNC_FILE_SYSTEM(-1))
    with pytest.raises(OSError, match="Bad file descriptor") as caught:
        flush_file_system(tmp_path)
    assert caught.value.filename == str(tmp_path)


def test_an_error_names_the_file_and_folders_that_cant_be_flushed_are_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_descriptor: int) -> None:
        raise OSError(errno.EINVAL, os.strerror(errno.EINVAL))

    monkeypatch.setattr(os, "fsync", fail)
    (tmp_path / "file").write_text("x")
    with pytest.raises(OSError, match="file") as caught:
        flush_file(tmp_path / "file")
    assert caught.value.filename == str(tmp_path / "file")
    flush_folder(tmp_path)
