"""Prepared pictures read without Zarr are those that Zarr reads, and a damaged one is named."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import zarr

from bgfg.data_manifests.files.checksum import array_sha256
from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.store.corpus import Corpus
from bgfg.synth.store.layout import ArrayLayout
from bgfg.synth.store.pictures import PictureFiles


@pytest.fixture
def corpus(planned: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(planned, tmp_path / "corpus"))


@pytest.mark.parametrize("name", ["background", "cutout", "background_depth"])
@pytest.mark.parametrize("selection", [0, -1, np.int64(1), slice(None), slice(1, 3), slice(None, None, 2), slice(0, 0)])
def test_pictures_are_those_that_zarr_reads(planned: Path, name: str, selection: int | slice) -> None:
    read = Corpus(planned).read(name, selection)
    expected = np.asarray(Corpus(planned).array(name)[:])[selection]
    assert read.dtype == expected.dtype
    np.testing.assert_array_equal(read, expected)


def test_a_number_beyond_the_pictures_is_an_index_error(planned: Path) -> None:
    with pytest.raises(IndexError):
        Corpus(planned).read("background", 1_000)


def test_a_picture_that_zarr_didnt_write_is_zero(tmp_path: Path) -> None:
    layout = ArrayLayout("background", (2, 4, 5, 3), "uint8", ("background_id", "y", "x", "channel"))
    array = layout.create(zarr.create_group(tmp_path))
    array[1] = np.full((4, 5, 3), 7, np.uint8)
    sha256 = array_sha256(np.asarray(array[:]))
    read = PictureFiles(layout, lambda number: tmp_path / f"background/c/{number}/0/0/0", sha256)[:]
    assert not (tmp_path / "background/c/0").exists()
    np.testing.assert_array_equal(read, array[:])


def test_a_picture_that_is_gone_is_not_read_as_black(corpus: Path) -> None:
    Corpus(corpus).chunk_path("background", 1).unlink()
    assert Corpus(corpus).read("background", 0).any()
    with pytest.raises(Problem, match=r"background: can't be read \(picture 1 is missing\)"):
        Corpus(corpus).read("background", 1)


@pytest.mark.parametrize("position", [0, 20, -1])
def test_a_damaged_picture_is_a_problem_that_names_it(corpus: Path, position: int) -> None:
    path = Corpus(corpus).chunk_path("background", 1)
    data = bytearray(path.read_bytes())
    data[position] ^= 1
    path.write_bytes(data)
    with pytest.raises(Problem, match=r"background: can't be read \(picture 1 doesn't match its checksum\)"):
        Corpus(corpus).read("background", slice(None))


def test_a_picture_of_another_size_is_a_problem(corpus: Path) -> None:
    opened = Corpus(corpus)
    shutil.copy(opened.chunk_path("cutout", 0), opened.chunk_path("background", 1))
    with pytest.raises(Problem, match="picture 1 isn't a block of shape"):
        opened.read("background", 1)
