"""Semaphores in shared memory: those of killed runs go, those of living ones stay."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bgfg.data_manifests.machine import semaphores
from bgfg.synth.compose.executor import Executor

SHARED_MEMORY = Path("/dev/shm")

WORK = """
import time, sys
from pathlib import Path
from bgfg.synth.compose.executor import Executor
def work(task):
    print(task, flush=True)
    time.sleep(60)
if __name__ == "__main__":
    Executor(2).run(Path("."), work, range(2), print)
"""

pytestmark = pytest.mark.skipif(not SHARED_MEMORY.is_dir(), reason="no shared memory in files")


def left_by(pid: int) -> set[str]:
    names = {path.name for path in SHARED_MEMORY.iterdir()}
    return {name for name in names if f"-{pid}-" in name or f"_{pid}_" in name}


def test_what_a_killed_group_left_is_cleared_by_the_next_run(tmp_path: Path) -> None:
    (tmp_path / "work.py").write_text(WORK)
    process = subprocess.Popen(
        [sys.executable, "work.py"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    assert process.stdout is not None
    assert {process.stdout.readline() for _ in range(2)} == {b"0\n", b"1\n"}
    living = left_by(process.pid)
    assert any(name.startswith("sem.loky-") for name in living)
    assert not any(name.startswith("joblib_memmapping_folder") for name in living)
    semaphores.clear_semaphores()
    assert left_by(process.pid) == living
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    deadline = time.monotonic() + 10
    while left_by(process.pid) and time.monotonic() < deadline:  # the lock goes when the kernel has cleared up
        semaphores.clear_semaphores()
    assert left_by(process.pid) == set()


def test_a_record_whose_number_is_another_process_s_by_now_is_left(tmp_path: Path) -> None:
    record = SHARED_MEMORY / f"bgfg-{os.getpid()}-0123456789ab"
    other = SHARED_MEMORY / f"sem.loky-{os.getpid()}-of-this-test"
    for path in (record, other):
        path.touch()
    try:
        semaphores.clear_semaphores()
        assert record.exists()
        assert other.exists()
    finally:
        record.unlink()
        other.unlink()


def test_what_has_the_name_of_a_record_and_no_number_of_a_process_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(semaphores, "_SHARED_MEMORY", tmp_path)
    stranger = tmp_path / f"bgfg-{10**30}-0123456789ab"
    stranger.touch()
    semaphores.clear_semaphores()
    assert stranger.exists()


def test_a_process_that_ends_by_itself_leaves_nothing(tmp_path: Path) -> None:
    (tmp_path / "work.py").write_text(WORK.replace("sleep(60)", "sleep(0)"))
    process = subprocess.Popen(
        [sys.executable, "work.py"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (0, b"")
    assert left_by(process.pid) == set()
    assert Executor(1).run(tmp_path, str, [1], lambda _result: None) == []
