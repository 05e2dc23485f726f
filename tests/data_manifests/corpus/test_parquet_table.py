"""What all tables of a corpus have in common."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from bgfg.data_manifests.corpus import asset_table
from tests.support.corpus_tables import asset_rows, write_sample_table
from tests.support.project import ROOT


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="threads are counted under /proc")
def test_reading_a_table_starts_no_thread(tmp_path: Path) -> None:
    """A thread of Arrow's that still holds a file of Python when a short command ends aborts it."""
    write_sample_table(tmp_path / "samples.parquet")
    asset_table.write_assets(tmp_path / "assets.parquet", asset_rows(3, 2))
    code = (
        "import os, sys; from pathlib import Path; from bgfg.data_manifests.corpus import asset_table, sample_table\n"
        "from bgfg.data_manifests.corpus.geometry import CorpusGeometry\n"
        "folder, geometry = Path(sys.argv[1]), CorpusGeometry(3, 2, 4, 13, 17, 7, (7, 9))\n"
        "before = len(os.listdir('/proc/self/task'))\n"
        "asset_table.read_asset_table(lambda _: folder / 'assets.parquet', geometry)\n"
        "asset_table.read_assets(folder / 'assets.parquet')\n"
        "sample_table.read_sample(folder / 'samples.parquet', 17, geometry)\n"
        "sample_table.read_boxes(folder / 'samples.parquet', geometry.index.rectangles[0].strip(1))\n"
        "list(sample_table.iter_strips(lambda _: folder / 'samples.parquet', geometry))\n"
        "print(len(os.listdir('/proc/self/task')) - before)"
    )
    done = subprocess.run([sys.executable, "-c", code, tmp_path], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "0\n"
