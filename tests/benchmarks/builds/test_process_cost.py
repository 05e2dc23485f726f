"""What a process and its children cost."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from benchmarks.builds.process_cost import ProcessCost
from bgfg.data_manifests.terminal.errors import Problem

_CHILD = "import time; data = bytes(range(256)) * 400_000; time.sleep(0.5); print(sum(i for i in range(3_000_000)))"
_PARENT = "import subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[1]], check=True); print('done')"


def test_children_are_counted(tmp_path: Path) -> None:
    cost = ProcessCost.of((sys.executable, "-c", _PARENT, _CHILD), tmp_path)
    assert cost.said == "done"
    assert 0.03 < cost.processor_s < 30
    assert 0.5 < cost.wall_s < 60
    if Path("/proc/self/smaps_rollup").exists():
        assert 102 < cost.memory_mb < 300  # the child's own 102 MB


def test_who_fails_is_told_by_its_last_line(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="ValueError: out of paper"):
        ProcessCost.of((sys.executable, "-c", "raise ValueError('out of paper')"), tmp_path)
