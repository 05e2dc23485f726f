"""One door for files of others: regular ones come through it, nothing else does, and nothing passes it by."""

from __future__ import annotations

import ast
import errno
import os
import pickle
import socket
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from bgfg.data_manifests.files.failing_call import call_line, failed_call
from bgfg.data_manifests.files.regular_file import UnfitFile, open_regular, read_regular, require_regular
from tests.support.project import ROOT
from tests.support.unfit_files import ended, put_device, put_huge, put_pipe

# Calls that read a file by its name, and who may: what the system itself says, and files of Python's own.
_READS_BY_NAME = {"read_bytes", "read_text"}
_MAY_READ = {
    (f"{file}.py", "read_text") for file in ("depth_teacher/ops/limited_read", "data_manifests/machine/resident_memory")
}
# Folders, devices, and files that were just made are opened by their descriptor.
_MAY_OPEN = {
    "data_manifests/objects/chunk_cache.py", "data_manifests/objects/mirror_folders.py",
    "data_manifests/files/atomic_write.py", "data_manifests/files/flush.py",
    "data_manifests/files/memory_turn.py", "data_manifests/files/regular_file.py", "data_manifests/terminal/streams.py",
    "depth_teacher/ops/limited_read.py", "data_manifests/machine/semaphores.py", "synth/export/atomic_writer.py",
    "synth/formats/hdf5_file.py",
}  # fmt: skip


def test_a_regular_file_is_read_by_itself_or_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "f").write_bytes(b"content")
    (tmp_path / "link").symlink_to("f")
    for name in ("f", "link"):
        with open_regular(tmp_path / name, 7) as file:
            assert file.read(3) == b"con"
            assert not os.get_inheritable(file.fileno())
        assert read_regular(str(tmp_path / name), 7) == b"content"
        require_regular(tmp_path / name)


def test_what_is_no_file_is_told_at_once_and_leaves_nothing_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_pipe(tmp_path / "pipe")
    put_device(tmp_path / "device")
    monkeypatch.chdir(tmp_path)  # a socket's path must be short
    before = len(os.listdir("/proc/self/fd"))
    with socket.socket(socket.AF_UNIX) as door:
        door.bind("socket")
        for name, what in (("pipe", "a named pipe"), ("device", "a device"), ("socket", "a socket")):
            error = ended(partial(read_regular, tmp_path / name))
            assert isinstance(error, UnfitFile)
            assert str(error).startswith(f"not a regular file but {what}")
            assert error.filename == str(tmp_path / name)
    assert len(os.listdir("/proc/self/fd")) == before


def test_a_folder_and_what_is_not_there_are_what_they_always_were(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError, match=str(tmp_path)):
        open_regular(tmp_path)
    with pytest.raises(FileNotFoundError, match="gone"):
        open_regular(tmp_path / "gone")


def test_more_than_the_bound_is_refused_unread(tmp_path: Path) -> None:
    put_huge(tmp_path / "huge")
    with pytest.raises(UnfitFile, match=r"more than 1,073,741,824 bytes"):
        read_regular(tmp_path / "huge")
    (tmp_path / "f").write_bytes(b"1234")
    with pytest.raises(UnfitFile, match="more than 3 bytes") as caught:
        require_regular(tmp_path / "f", 3)
    assert caught.value.errno == errno.EFBIG


def test_it_says_something_of_the_file_in_a_line_of_its_own_also_from_a_worker(tmp_path: Path) -> None:
    put_pipe(tmp_path / "pipe")
    error = ended(lambda: require_regular(tmp_path / "pipe"))
    assert isinstance(error, UnfitFile)
    assert failed_call(error) is None
    for each in (error, pickle.loads(pickle.dumps(error))):
        assert isinstance(each, UnfitFile)
        assert isinstance(each, ValueError)
        assert call_line(each) == (
            f"{tmp_path}/pipe: not a regular file but a named pipe; mend that and run the same command again"
        )


def _readers_by_name(file: Path) -> Iterator[str]:
    name, text = file.relative_to(ROOT).as_posix(), file.read_text(encoding="utf-8")
    if not any(f"{called}(" in text for called in (*_READS_BY_NAME, "open")):
        return  # most files, which needn't be parsed
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Call):
            continue
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        modes = [
            each.value for each in (*node.args, *(k.value for k in node.keywords)) if isinstance(each, ast.Constant)
        ]
        reads_by_name = called in _READS_BY_NAME and (name, called) not in _MAY_READ
        opens = called == "open" and name not in _MAY_OPEN and "rb" in modes
        opens_descriptor = called == "open" and name not in _MAY_OPEN and ast.unparse(node.func) == "os.open"
        if reads_by_name or opens or opens_descriptor:
            yield f"{name}:{node.lineno}: {ast.unparse(node)[:60]}"


def test_nothing_of_the_product_reads_a_file_by_another_way() -> None:
    files = (file for package in ("bgfg", "data_manifests", "synth", "depth_teacher", "train")
             for file in sorted((ROOT / package).rglob("*.py")))  # fmt: skip
    assert [line for file in files for line in _readers_by_name(file)] == []
