"""Tasks for the workers of clusters, which import them from here; and what they make, compared."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import time
from pathlib import Path

from click.testing import CliRunner

from bgfg import cli
from tests.support.project import ROOT


def hashes(folder: Path) -> dict[str, str]:
    """Hash every file of a folder but the lock's, which holds the number of a process."""
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != ".lock"]
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def run(*words: object) -> str:
    done = CliRunner().invoke(cli.command_group, [str(word) for word in words], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def die_on_three(folder: Path, times: int, task: int) -> int:
    """Take the worker away with task 3 in work, so many times."""
    if task == 3 and len(list(folder.glob("died-*"))) < times:
        (folder / f"died-{os.getpid()}").touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return task


def note_and_wait(folder: Path, task: int) -> None:
    (folder / f"begun-{task}").touch()
    time.sleep(0.2)


def process_of(_task: int) -> int:
    return os.getpid()


def write_a_megabyte(folder: Path, task: int) -> None:
    time.sleep(0.05)  # what comes after the full disk would otherwise fail before anybody could stop it
    (folder / f"{task}.bin").write_bytes(bytes(2**20))


def another_version(folder: Path) -> Path:
    """Make a folder where workers find what they need to answer, of a bgfg of another version; return it."""
    shutil.copytree(ROOT / "bgfg", folder / "bgfg", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "data_manifests", folder / "bgfg" / "data_manifests")
    (folder / "bgfg/data_manifests/terminal/version.py").write_text('BGFG_VERSION = "0.0.9"\n')
    return folder
