"""The far server answers as servers of files do, whole files and ranges, each after its delay."""

from __future__ import annotations

import time
import urllib.request
from pathlib import Path
from urllib.error import HTTPError

import pytest

from benchmarks.far_server import files_below, serving
from bgfg.data_manifests.objects.object_store import ObjectStore


def test_files_and_ranges_come_after_the_delay(tmp_path: Path) -> None:
    (tmp_path / "served").mkdir()
    (tmp_path / "served/x").write_bytes(bytes(range(256)))
    (tmp_path / "other").write_bytes(b"not served")
    with serving(files_below(tmp_path / "served"), delay_s=0.1) as url:
        store, began = ObjectStore(url), time.perf_counter()
        assert store.read("x", 10, 20) == bytes(range(10, 20))
        assert time.perf_counter() - began >= 0.1
        assert store.read("x", 250, 300) == bytes(range(250, 256))
        with urllib.request.urlopen(f"{url}/x") as answer:
            assert (answer.status, answer.read()) == (200, bytes(range(256)))
        for missing in ("y", "../other"):
            with pytest.raises(HTTPError, match="404"):
                urllib.request.urlopen(f"{url}/{missing}")
