"""h5py reads the arrays back equal to the store, in plain types and by the gzip filter that every HDF5 has."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from bgfg.data_manifests.corpus.selection import Filter, Selection
from bgfg.synth.export.encode import depth_lookup_table
from bgfg.synth.export.forms import hdf5, registry
from bgfg.synth.export.forms.hdf5 import HDF5_FORMAT
from bgfg.synth.export.request import ExportRequest
from bgfg.synth.export.runner import export_corpus
from bgfg.synth.store.corpus import Corpus
from tests.support.executors import IN_PROCESS
from tests.support.tiny_corpus import B, C, H, W

h5py = pytest.importorskip("h5py")


@pytest.mark.parametrize(("bits", "band_bytes"), [(16, 3 * W * 3), (8, 100_000)])
def test_h5py_reads_what_the_store_has(
    labelled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bits: int, band_bytes: int
) -> None:
    monkeypatch.setitem(registry.EXPORT_FORMATS, "hdf5", replace(HDF5_FORMAT, samples_per_part=20))
    monkeypatch.setattr(hdf5, "_BAND_BYTES", band_bytes)  # bands that do and don't divide the height
    export_corpus(labelled, tmp_path / "out", ExportRequest("hdf5", Selection(), depth_bits=bits), IN_PROCESS)
    corpus = Corpus(labelled)
    with h5py.File(tmp_path / "out/samples.h5") as file:
        np.testing.assert_array_equal(file["image"][:], corpus.array("image")[:])
        np.testing.assert_array_equal(file["mask"][:], corpus.array("mask")[:])
        codes = corpus.array("depth")[:]
        np.testing.assert_array_equal(file["depth"][:], depth_lookup_table(corpus.depth_code(), bits)[codes])
        assert file["depth"].attrs["scale_m"] == (0.001 if bits == 16 else 10.0 / 255)
        for name in ("background", "cutout"):
            np.testing.assert_array_equal(file[name][:], corpus.array(name)[:])
        assert file["background"].shape == (B, H, W, 3)
        assert file["cutout"].shape[0] == 2 * C
        assert {file[name].compression for name in ("image", "mask", "depth")} == {"gzip"}
        for i in (0, 19, 20, 47):
            row = corpus[i].row
            for name, column in file["samples"].items():
                value = column[i]
                assert column.dtype.kind in "iuS"
                expected = row["image_name"] if name == "name" else row[name]
                assert (value.decode() if column.dtype.kind == "S" else value) == expected


def test_a_selection_becomes_rows_one_after_the_other(labelled: Path, tmp_path: Path) -> None:
    selection = Selection(filters=(Filter.parse("placement=1,3"), Filter.parse("background!=1")))
    export_corpus(labelled, tmp_path / "out", ExportRequest("hdf5", selection, grey=True), IN_PROCESS)
    corpus = Corpus(labelled)
    with h5py.File(tmp_path / "out/samples.h5") as file:
        samples = file["samples/sample"][:].tolist()
        assert samples == [i for i in range(48) if i % 4 in (1, 3) and i // 16 != 1]
        assert "depth" not in file
        for n, sample in enumerate(samples):
            luma = cv2.cvtColor(corpus[sample].image, cv2.COLOR_RGB2GRAY)
            np.testing.assert_array_equal(file["image"][n], luma)
            np.testing.assert_array_equal(file["mask"][n], corpus[sample].mask)
