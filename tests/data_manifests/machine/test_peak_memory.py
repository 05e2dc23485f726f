"""The most memory that this process has had."""

from __future__ import annotations

import subprocess
import sys


def test_memory_that_is_written_to_counts_also_when_it_is_gone() -> None:
    code = (
        "from bgfg.data_manifests.machine.peak_memory import peak_bytes\n"
        "before = peak_bytes(); taken = bytearray(b'x') * 100_000_000; within = peak_bytes(); del taken\n"
        "print(within - before, peak_bytes() - within)"
    )
    ran = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    grown_bytes, after_bytes = map(int, ran.stdout.split())
    assert 90_000_000 < grown_bytes < 120_000_000
    assert after_bytes < 10_000_000
