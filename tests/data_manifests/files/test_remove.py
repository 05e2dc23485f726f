"""Folders are removed, or it is said why not."""

from __future__ import annotations

import errno
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from bgfg.data_manifests.files.remove import remove_folder


def test_a_folder_goes_with_all_in_it_whether_it_is_there_or_not(tmp_path: Path) -> None:
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "a/b/c").touch()
    for _ in range(2):
        remove_folder(tmp_path / "a")
        assert list(tmp_path.iterdir()) == []


def test_what_another_process_removes_meanwhile_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rmtree = shutil.rmtree

    def late(path: Path, **options: Any) -> None:
        monkeypatch.setattr(shutil, "rmtree", rmtree)
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path / "gone"))

    monkeypatch.setattr(shutil, "rmtree", late)
    (tmp_path / "a").mkdir()
    remove_folder(tmp_path / "a")
    assert not (tmp_path / "a").exists()


def test_a_disk_that_fails_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_args: Any, **_options: Any) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    (tmp_path / "a").mkdir()
    (tmp_path / "a/b").touch()
    monkeypatch.setattr(os, "unlink", fail)
    with pytest.raises(OSError, match="Input/output error"):
        remove_folder(tmp_path / "a")
