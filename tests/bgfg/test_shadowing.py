"""In a folder that holds files of the user's own under bgfg's old names, it is bgfg's code that runs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

BIN = Path(sys.executable).parent
TORCHRUN = (sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "1")
MINE = "raise SystemExit('the file of the user was run')\n"
TRAIN_HELP = "Train a network on a corpus"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of somebody's project, whose every file ends the program that imports it."""
    for name in ("train.py", "benchmarks.py", "synth/__init__.py", "tests/__init__.py", "data_manifests/__init__.py"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(MINE, encoding="utf-8")
    return tmp_path


@pytest.fixture
def folder_with_bgfg(folder: Path) -> Path:
    """The same folder with a bgfg.py in it."""
    (folder / "bgfg.py").write_text(MINE, encoding="utf-8")
    return folder


def run(folder: Path, *command: str | Path) -> str:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=250, env=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout


def make_corpus(folder: Path, sources: Path, *bgfg: str | Path) -> str:
    """Make a small corpus by two worker processes; return what the command printed."""
    pictures = ("--bg", sources / "bg", "--fg", sources / "fg", "--split", "34/33/33", "--teacher", "none")
    sizes = ("--size", "17x13", "--cutout-height", "7", "--placements", "4", "--workers", "2")
    return run(folder, *bgfg, "dataset", "corpus", *pictures, *sizes)


def test_the_command_and_its_workers_run_bgfg_beside_a_bgfg_of_the_users_own(
    folder_with_bgfg: Path, sources: Path
) -> None:
    assert "48 images with masks" in make_corpus(folder_with_bgfg, sources, BIN / "bgfg")


def test_the_module_runs_bgfg(folder: Path) -> None:
    assert TRAIN_HELP in run(folder, sys.executable, "-m", "bgfg", "train", "--help")


def test_the_module_runs_bgfg_beside_a_bgfg_of_the_users_own_where_python_is_told_to_leave_the_folder_out(
    folder_with_bgfg: Path,
) -> None:
    assert TRAIN_HELP in run(folder_with_bgfg, sys.executable, "-P", "-m", "bgfg", "train", "--help")


@pytest.mark.slow  # PyTorch is imported; the same without torchrun is above
def test_torchrun_runs_the_module(folder: Path) -> None:
    assert TRAIN_HELP in run(folder, *TORCHRUN, "-m", "bgfg", "train", "--help")


@pytest.mark.slow  # see above
def test_torchrun_runs_the_command_beside_a_bgfg_of_the_users_own(folder_with_bgfg: Path) -> None:
    assert TRAIN_HELP in run(folder_with_bgfg, *TORCHRUN, "--no-python", str(BIN / "bgfg"), "train", "--help")


def test_a_script_of_the_users_imports_bgfg(folder: Path) -> None:
    (folder / "script.py").write_text("from bgfg.synth.store.corpus import Corpus\nprint(Corpus.__name__)\n")
    assert run(folder, sys.executable, "script.py") == "Corpus\n"
