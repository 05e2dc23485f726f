"""Readers of today open the store without bgfg: xarray as a data set, dask as arrays of chunks."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr

from bgfg.data_manifests.placement.multi_cutout import CutoutsPerSample
from bgfg.depth_teacher.labelling.label import label_corpus
from bgfg.synth.compose.shards import compose_corpus
from bgfg.synth.store.corpus import Corpus
from bgfg.synth.store.depth_array import start_depth
from bgfg.synth.verify.audit import audit_path
from bgfg.synth.verify.verify import verify_corpus
from tests.support.crowd_corpus import make_crowd_corpus
from tests.support.executors import IN_PROCESS
from tests.support.project import ROOT
from tests.support.tiny_corpus import H, K, W

# As corpora had them that were planned and labelled before; no other array's names have changed.
FORMER_NAMES = {
    "background": ["background", "y", "x", "channel"],
    "cutout": ["cutout", "y", "x", "channel"],
    "background_depth": ["background", "y", "x"],
    "depth": ["sample", "y", "x"],
}
HALF_SIZE_TEACHER = {
    "name": "stub",
    "version": 1,
    "size_px": [7, 9],
    "encoding": {"kind": "log", "near_m": 0.1, "far_m": 10.0},
}


def dimension_names(corpus: Path) -> dict[str, tuple[str, ...]]:
    group = zarr.open_group(corpus / "data.zarr", mode="r")
    metadata: dict[str, Any] = {name: array.metadata for name, array in group.arrays()}
    return {name: tuple(found.dimension_names) for name, found in metadata.items()}


def rename_as_before(corpus: Path) -> None:
    for name, names in FORMER_NAMES.items():
        path = corpus / "data.zarr" / name / "zarr.json"
        if path.exists():
            path.write_text(json.dumps(json.loads(path.read_text()) | {"dimension_names": names}))


def open_by_xarray(corpus: Path) -> Any:
    xarray = pytest.importorskip("xarray", reason="the extra [dev] isn't installed")
    return xarray.open_zarr(corpus / "data.zarr", consolidated=False)


def test_xarray_opens_a_corpus_and_reads_what_is_stored(labelled: Path) -> None:
    found, corpus = open_by_xarray(labelled), Corpus(labelled)
    assert set(found.data_vars) == set(corpus.layouts)
    assert not found.coords
    assert found.image.dims == ("sample", "y", "x", "channel")
    assert found.mask.dims == found.depth.dims == ("sample", "y", "x")
    assert found.attrs["digest"] == corpus.manifest.digest
    for name in corpus.layouts:
        assert found[name].dtype == corpus.array(name).dtype
        np.testing.assert_array_equal(found[name], corpus.array(name)[:])


def test_xarray_puts_masks_on_images_by_the_names_of_their_axes(labelled: Path) -> None:
    found = open_by_xarray(labelled).isel(sample=5)
    alone = found.image.where(found.mask >= 128, 0).transpose("y", "x", "channel")
    sample = Corpus(labelled)[5]
    np.testing.assert_array_equal(alone, np.where((sample.mask >= 128)[..., None], sample.image, 0))


def test_xarray_opens_depth_of_half_the_size_and_several_cutouts(
    tmp_path: Path, composed: Path, copy_of: Callable[[Path], Path]
) -> None:
    half = copy_of(composed)
    start_depth(Corpus(half), HALF_SIZE_TEACHER)
    found = open_by_xarray(half)
    assert dict(found.depth.sizes) == {"sample": len(Corpus(half)), "depth_y": 7, "depth_x": 9}
    assert dict(found.image.sizes) == {"sample": len(Corpus(half)), "y": H, "x": W, "channel": 3}
    crowd = open_by_xarray(make_crowd_corpus(tmp_path / "crowd", "random", CutoutsPerSample(1, 3)))
    assert crowd.instance.dims == crowd.mask.dims


def test_dask_reads_blocks_as_chunks(labelled: Path) -> None:
    dask_array = pytest.importorskip("dask.array", reason="the extra [dev] isn't installed")
    corpus = Corpus(labelled)
    for name in corpus.composed_arrays:
        lazy = dask_array.from_zarr(str(labelled / "data.zarr"), component=name)
        np.testing.assert_array_equal(lazy[K : 2 * K].compute(scheduler="synchronous"), corpus.array(name)[K : 2 * K])
        total = lazy.sum(dtype="int64").compute(scheduler="synchronous")
        assert total == corpus.array(name)[:].sum(dtype="int64")


def test_no_dimension_is_named_like_an_array_and_each_name_has_one_length(labelled: Path) -> None:
    names, lengths = dimension_names(labelled), dict[str, int]()
    for array, dimensions in names.items():
        for dimension, length in zip(dimensions, Corpus(labelled).layouts[array].shape, strict=True):
            assert dimension not in names
            assert lengths.setdefault(dimension, length) == length


def test_the_names_are_those_of_the_format(labelled: Path) -> None:
    [table] = re.findall(
        r"\| array \| dimension names \|\n\|---\|---\|\n((?:\|.*\n)+)", (ROOT / "docs/format.md").read_text()
    )
    told = dict[str, tuple[str, ...]]()
    for row in table.splitlines():
        arrays, names = (cell.strip() for cell in row.strip("|").split("|"))
        told |= dict.fromkeys(arrays.split(", "), tuple(re.findall("`([a-z_]+)`", names.partition(" where ")[0])))
    assert dimension_names(labelled) == {name: told[name] for name in Corpus(labelled).layouts}


def test_a_corpus_of_before_is_gone_on_with_verified_and_audited(
    planned: Path, labelled: Path, copy_of: Callable[[Path], Path]
) -> None:
    corpus = copy_of(planned)
    rename_as_before(corpus)
    compose_corpus(corpus, IN_PROCESS)
    label_corpus(corpus, "layered", IN_PROCESS)
    for _ in range(2):
        assert verify_corpus(corpus, IN_PROCESS).problems == []
        assert audit_path(corpus, IN_PROCESS, True).findings == audit_path(labelled, IN_PROCESS, True).findings
        assert dimension_names(corpus)["cutout"] == tuple(FORMER_NAMES["cutout"])
        rename_as_before(corpus)  # as an earlier version would have labelled it
    np.testing.assert_array_equal(Corpus(corpus)[7].image, Corpus(labelled)[7].image)


def test_half_size_depth_of_before_is_verified(composed: Path, copy_of: Callable[[Path], Path]) -> None:
    corpus = copy_of(composed)
    start_depth(Corpus(corpus), HALF_SIZE_TEACHER)
    rename_as_before(corpus)
    assert not [line for line in verify_corpus(corpus, IN_PROCESS).problems if "dimension_names" in line]
