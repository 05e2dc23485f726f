"""Files that are written whole or not at all."""

from __future__ import annotations

import errno
import fcntl
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from bgfg.data_manifests.files import atomic_write
from bgfg.data_manifests.files.atomic_write import (
    clear_numbered,
    clear_partials,
    is_partial,
    replace_bytes,
    replace_text,
    replacing,
)
from tests.support.full_disk import longest_file

_KILLED_WHILE_WRITING = """
import os, signal, sys
from pathlib import Path
from bgfg.data_manifests.files.atomic_write import replacing
with replacing(Path(sys.argv[1])) as partial:
    partial.write_text("half")
    os.kill(os.getpid(), signal.SIGKILL)
"""


def _calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list that grows by the name of each call that flushes or renames."""
    calls: list[str] = []
    rename, fsync = Path.replace, os.fsync

    def noted_rename(path: Path, target: Path) -> Path:
        calls.append("rename")
        return rename(path, target)

    def noted_fsync(descriptor: int) -> None:
        calls.append("folder" if os.path.isdir(f"/proc/self/fd/{descriptor}") else "file")
        fsync(descriptor)

    monkeypatch.setattr(Path, "replace", noted_rename)
    monkeypatch.setattr(os, "fsync", noted_fsync)
    return calls


def _interrupted_while_writing(path: Path) -> None:
    with replacing(path) as partial:
        partial.write_text("half")
        raise KeyboardInterrupt


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    replace_text(tmp_path / "a.json", "old")
    with pytest.raises(UnicodeEncodeError):
        replace_text(tmp_path / "a.json", "\udc80")
    with pytest.raises(KeyboardInterrupt):
        _interrupted_while_writing(tmp_path / "a.json")
    assert (tmp_path / "a.json").read_text() == "old"
    assert os.listdir(tmp_path) == ["a.json"]


def test_a_file_is_flushed_before_it_gets_its_name_and_its_folder_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = _calls(monkeypatch)
    replace_bytes(tmp_path / "a", b"new")
    assert calls == ["file", "rename", "folder"]
    replace_bytes(tmp_path / "a", b"newer", durable=False)
    assert calls == ["file", "rename", "folder", "rename"]
    assert (tmp_path / "a").read_bytes() == b"newer"


def test_the_temporary_name_keeps_the_suffix_and_fits_where_the_name_does(tmp_path: Path) -> None:
    path = tmp_path / ("a" * 250 + ".onnx")
    with replacing(path) as partial:
        assert partial.suffix == ".onnx"
        assert partial.parent == tmp_path
        assert is_partial(partial.name)
        partial.write_bytes(b"whole")
    assert path.read_bytes() == b"whole"


@pytest.mark.parametrize("name", [".partial", ".notes.partial.txt", "0123456789ab.partial", ".0123456789ab.part"])
def test_names_of_others_are_not_temporary(name: str) -> None:
    assert not is_partial(name)


def test_what_a_killed_writer_left_is_cleared_and_nothing_else(tmp_path: Path) -> None:
    killed = subprocess.run([sys.executable, "-c", _KILLED_WHILE_WRITING, str(tmp_path / "a.json")], check=False)
    assert killed.returncode == -signal.SIGKILL
    (tmp_path / ".notes.partial").touch()
    left = set(os.listdir(tmp_path)) - {".notes.partial"}
    assert len(left) == 1
    assert is_partial(*left)
    with replacing(tmp_path / "b.json") as being_written:
        clear_partials(tmp_path)
        assert set(os.listdir(tmp_path)) == {".notes.partial", being_written.name}
        being_written.write_text("whole")
    assert set(os.listdir(tmp_path)) == {".notes.partial", "b.json"}
    clear_partials(tmp_path / "nothing there")


def test_who_first_writes_into_a_folder_clears_what_others_left(tmp_path: Path) -> None:
    (tmp_path / ".0123456789ab.partial.json").write_text("half")
    (tmp_path / ".0123456789ac.partial").mkdir()
    replace_text(tmp_path / "a.json", "whole")
    assert set(os.listdir(tmp_path)) == {"a.json", ".0123456789ac.partial"}


def test_without_locks_files_are_written_and_none_is_cleared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_locks(_descriptor: int, _flags: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", no_locks)
    (tmp_path / ".0123456789ab.partial").touch()
    replace_text(tmp_path / "a.json", "whole")
    assert set(os.listdir(tmp_path)) == {"a.json", ".0123456789ab.partial"}


def test_a_write_that_comes_back_short_is_an_error(tmp_path: Path) -> None:
    replace_bytes(tmp_path / "a", b"old")
    with longest_file(1000), pytest.raises(OSError, match="File too large") as short:
        replace_bytes(tmp_path / "a", b"x" * 1001)
    assert short.value.filename == str(tmp_path / "a")
    assert (tmp_path / "a").read_bytes() == b"old"
    assert os.listdir(tmp_path) == ["a"]


def test_what_versions_before_left_is_cleared(tmp_path: Path) -> None:
    digits = "0123456789abcdef" * 2
    kept = {"export.json", "export.json.bak", "export.json.7z", ".notes.part", "zarr.json", f"{digits}.part"}
    for name in {*kept, f".{digits}.part", ".last.safetensors.4711", f"zarr.{digits}.partial", "export.json.4711"}:
        (tmp_path / name).touch()
    clear_partials(tmp_path)
    assert set(os.listdir(tmp_path)) == {*kept, "export.json.4711"}  # elsewhere that may be anyone's
    clear_numbered(tmp_path / "export.json")
    assert set(os.listdir(tmp_path)) == kept


def test_a_file_that_a_library_puts_in_place_is_locked_and_may_be_read_as_any_other(tmp_path: Path) -> None:
    replace_bytes(tmp_path / "by us", b"whole")
    with replacing(tmp_path / "by a library") as partial:
        own = tmp_path / "own"
        own.touch(mode=0o600)
        own.write_bytes(b"whole")
        own.replace(partial)
    assert (tmp_path / "by a library").stat().st_mode == (tmp_path / "by us").stat().st_mode
    assert (tmp_path / "by a library").read_bytes() == b"whole"


def test_what_a_library_put_in_place_is_not_cleared_before_it_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def flush(partial: Path) -> None:
        clear_partials(tmp_path)
        assert partial.exists()

    monkeypatch.setattr(atomic_write, "flush_file", flush)
    with replacing(tmp_path / "a") as partial:
        (tmp_path / "own").write_bytes(b"whole")
        (tmp_path / "own").replace(partial)
    assert os.listdir(tmp_path) == ["a"]


def test_a_file_that_can_not_get_its_name_is_told_by_that_and_not_by_its_temporary_one(tmp_path: Path) -> None:
    (tmp_path / "taken").mkdir()
    for path, kind in ((tmp_path / "taken", IsADirectoryError), (tmp_path / "gone/file", FileNotFoundError)):
        with pytest.raises(kind) as caught:
            replace_bytes(path, b"a")
        assert caught.value.filename == str(path)
    assert [path.name for path in tmp_path.iterdir()] == ["taken"]
