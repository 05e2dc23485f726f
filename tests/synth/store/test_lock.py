"""One writer at a time."""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.store.lock import is_lock, results_folder, writer_folder, writer_lock
from tests.support.project import ROOT


def test_a_second_writer_is_refused_and_told_who_holds_it(tmp_path: Path) -> None:
    with writer_lock(tmp_path), pytest.raises(Problem, match=f"process {os.getpid()}"), writer_lock(tmp_path):
        pass


def test_what_else_lies_in_the_lock_is_told_in_a_few_characters(tmp_path: Path) -> None:
    with writer_lock(tmp_path):
        (tmp_path / ".lock").write_bytes(b"\xff" * 1_000)
        with pytest.raises(Problem, match=r"process .{20}\) is writing"), writer_lock(tmp_path):
            pass


def test_the_lock_is_free_again_after_use_and_after_death(tmp_path: Path) -> None:
    with writer_lock(tmp_path):
        pass
    code = (
        "import os, pathlib, sys; from bgfg.synth.store.lock import writer_lock\n"
        "with writer_lock(pathlib.Path(sys.argv[1])): os.kill(os.getpid(), 9)"
    )
    died = subprocess.run([sys.executable, "-c", code, str(tmp_path)], cwd=ROOT)
    assert died.returncode == -9
    with writer_lock(tmp_path):
        assert (tmp_path / ".lock").read_text() == str(os.getpid())


def test_refused_work_leaves_neither_folder_nor_lock(tmp_path: Path) -> None:
    with pytest.raises(Problem), writer_folder(tmp_path / "new/run", "run"):
        raise Problem("no")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "empty").mkdir()
    with pytest.raises(Problem), writer_folder(tmp_path / "empty"):
        raise Problem("no")
    assert list((tmp_path / "empty").iterdir()) == []


def test_what_failed_work_has_written_stays(tmp_path: Path) -> None:
    def fail() -> None:
        with writer_folder(tmp_path / "run"):
            (tmp_path / "run/made").touch()
            raise OSError("full")

    with pytest.raises(OSError, match="full"):
        fail()
    assert {path.name for path in (tmp_path / "run").iterdir()} == {".lock", "made"}


def test_a_file_system_without_locks_is_said_with_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_locks(_file: object, _flags: int) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", no_locks)
    said = r"its file system has no locks \(No locks available\).*: choose a folder on a local disk, or mount"
    with pytest.raises(Problem, match=said), writer_lock(tmp_path):
        pass


@pytest.mark.parametrize("end", [None, Problem("no"), KeyboardInterrupt()])
def test_a_folder_of_results_has_one_writer_and_keeps_no_lock(tmp_path: Path, end: BaseException | None) -> None:
    def write() -> None:
        with results_folder(tmp_path / "out"):
            assert [is_lock(path.name) for path in (tmp_path / "out").iterdir()] == [True]
            with (
                pytest.raises(Problem, match="is writing to this folder: wait for it"),
                results_folder(tmp_path / "out"),
            ):
                pass
            (tmp_path / "out/.lock").write_text("a user's own")
            if end is not None:
                raise end

    with contextlib.suppress(Problem, KeyboardInterrupt):
        write()
    assert [path.name for path in (tmp_path / "out").iterdir()] == [".lock"]
    assert (tmp_path / "out/.lock").read_text() == "a user's own"


def test_results_that_never_came_about_leave_no_folder(tmp_path: Path) -> None:
    with pytest.raises(Problem), results_folder(tmp_path / "new/out"):
        raise Problem("no")
    assert list(tmp_path.iterdir()) == []
