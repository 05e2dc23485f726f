"""The number of CPU cores that may be used."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from bgfg.data_manifests.machine.cpu_count import usable_cpu_count
from tests.support.project import ROOT


def test_there_is_at_least_one_and_no_more_than_the_machine_has() -> None:
    assert 1 <= usable_cpu_count() <= (os.cpu_count() or 1)


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="there is no affinity here")
def test_cores_that_a_process_is_kept_from_do_not_count() -> None:
    code = (
        "import os; os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})\n"
        "from bgfg.data_manifests.machine.cpu_count import usable_cpu_count\n"
        "print(usable_cpu_count())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "1\n"
