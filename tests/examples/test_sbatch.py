"""The batch file for SLURM: a shell takes it, its slices are those that it asks for, and its calls parse."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

from click import Context

from bgfg import cli
from tests.support.project import ROOT

FILE = ROOT / "examples/compose.sbatch"
TEXT = FILE.read_text(encoding="utf-8")


def test_each_job_of_the_array_calls_for_its_slice(tmp_path: Path) -> None:
    """With a program in the place of bgfg that says what it was given."""
    stand_in = tmp_path / "bgfg"
    stand_in.write_text('#!/bin/bash\nprintf "%s\\n" "$@"\n')
    stand_in.chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "SLURM_ARRAY_TASK_ID": "3", "SLURM_CPUS_PER_TASK": "8"}
    done = subprocess.run(["bash", str(FILE), "a corpus"], env=environment, capture_output=True, text=True, check=True)
    words = done.stdout.splitlines()
    assert words == ["compose", "a corpus", "--shards", "3/16", "--workers", "8"]
    check(words)


def test_as_many_jobs_as_slices_are_asked_for_and_the_last_one_parses() -> None:
    jobs, slices = re.search(r"--array=1-(\d+)", TEXT), re.search(r"_TASK_ID/(\d+)", TEXT)
    assert jobs is not None
    assert slices is not None
    assert jobs[1] == slices[1]
    last = re.search(r'--wrap="bgfg (.*)"', TEXT)
    assert last is not None
    check(last[1].split())


def check(words: list[str]) -> None:
    command = cli.command_group.get_command(Context(cli.command_group), words[0])
    assert command is not None
    command.make_context(words[0], words[1:])
