"""Prepared pictures lie on disk as zarr-python writes them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import zarr
from zarr.storage import LocalStore

from bgfg.data_manifests.corpus.geometry import CorpusGeometry
from bgfg.synth.store import group
from bgfg.synth.store.layout import array_layouts


@pytest.mark.parametrize("dtype", ["uint8", "uint16"])
def test_pictures_are_the_bytes_that_zarr_python_writes_and_blank_ones_are_left_out(tmp_path: Path, dtype: str) -> None:
    geometry = CorpusGeometry(3, 1, 1, 17, 13, 9, (9, 5))
    layout = array_layouts(geometry, True, None)["background" if dtype == "uint8" else "background_depth"]
    pictures = np.random.default_rng(5).integers(0, 9, layout.shape).astype(dtype)
    pictures[1] = 0
    array = layout.create(zarr.create_group(LocalStore(tmp_path / "theirs")))
    array[:] = pictures
    group._write_pictures(tmp_path / "ours", pictures)
    theirs, ours = (
        {path.relative_to(top): path.read_bytes() for path in top.rglob("*") if path.is_file()}
        for top in (tmp_path / "theirs" / layout.name / "c", tmp_path / "ours")
    )
    assert theirs == ours
    assert len(ours) == 2
