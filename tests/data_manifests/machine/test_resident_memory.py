"""The memory of this process that is in use."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from bgfg.data_manifests.machine import resident_memory
from bgfg.data_manifests.machine.resident_memory import resident_bytes


@pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="the system doesn't say")
def test_memory_that_is_written_to_counts() -> None:
    before = resident_bytes()
    taken = np.ones(100_000_000, np.uint8)
    assert resident_bytes() - before > 90_000_000
    assert taken[-1]


def test_where_the_system_does_not_say_there_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resident_memory, "_STATUS", tmp_path / "none")
    assert resident_bytes() == 0
