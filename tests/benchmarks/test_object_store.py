"""The benchmark of object stores has its contestants do what it says, and prints what that took."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from benchmarks import object_store
from benchmarks.far_server import serving

pytest.importorskip("moto", reason="moto, a server of S3, isn't installed")

from tests.support.s3_server import serving_s3
from tests.support.stored_corpus import contents

PYTHON, DELAY_S = Path(sys.executable), 0.02


@pytest.mark.parametrize(("library", "driver"), [("obstore", "obstore"), ("fsspec", "aiohttp")])
def test_ranges_are_read_over_the_link(library: str, driver: str) -> None:
    """No faster than so many threads get answers."""
    pytest.importorskip(driver, reason="the driver is that library")
    data = bytes(50_003_000)
    with serving(lambda _path: data, DELAY_S) as url:
        rate, cost_ms = object_store.measured(PYTHON, library, "read", url, (12, 3_000, 4), os.environ)
    assert 0 < rate <= 4 / DELAY_S
    assert 0 <= cost_ms < 1_000  # the clock of a process ticks every 10 ms


@pytest.mark.parametrize(("library", "driver"), [("obstore", "obstore"), ("fsspec", "s3fs")])
def test_shards_are_written_whole(library: str, driver: str, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip(driver, reason="the driver is that library")
    with serving_s3() as server:
        for name, value in server.environment.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        rate, _ = object_store.measured(PYTHON, library, "write", "s3://pictures/p", (2, 3 * 2**20, 1), os.environ)
        found = contents("s3://pictures/p")
    assert rate > 0
    assert {key: len(data) for key, data in found.items()} == {f"{library}-{n}": 3 * 2**20 for n in range(2)}


def test_a_line_is_printed_for_each_job_and_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """Both in turns: the median of three runs, and the least and most that each cost."""
    calls: list[tuple[str, str]] = []

    def noted(_python: Path, library: str, what: str, url: str, numbers: Any, given: Any) -> tuple[float, float]:
        calls.append((library, what))
        assert url.startswith("http://127.0.0.1:" if what == "read" else "s3://")
        assert what == "read" or given["AWS_ENDPOINT_URL"].startswith("http://127.0.0.1:")
        turn = calls.count((library, what)) if what == "write" else 2
        return 1_000.0 * turn, 0.5 * turn

    monkeypatch.setattr(object_store, "measured", noted)
    done = CliRunner().invoke(object_store.main, ["--repeats", "3"], catch_exceptions=False)
    lines = done.stdout.splitlines()
    assert [re.split(", |:", line)[:2] for line in lines] == [
        [job, library]
        for job in ("ranges of 3 kB", "ranges of 200 kB", "shards of 50 MiB")
        for library in ("obstore", "fsspec")
    ]
    assert lines[-1].endswith("2,000.0/s, 1.00 ms of processor time each (0.50 to 1.50)")
    assert len(calls) == 18
