"""The store, read by this project and by others, held to a slow composition from the source files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from shutil import copytree
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import tensorstore
import zarr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.store.corpus import Corpus
from tests.support import references
from tests.support.doors import damaged, refusal
from tests.support.tiny_corpus import CUTOUT_HEIGHT, B, C, H, K, W


def read_zarr(corpus: Path, array: str) -> NDArray:
    return np.asarray(zarr.open_group(corpus / "data.zarr", mode="r")[array])


def read_tensorstore(corpus: Path, array: str) -> NDArray:
    spec = {"driver": "zarr3", "kvstore": {"driver": "file", "path": str(corpus / "data.zarr" / array)}}
    return np.asarray(tensorstore.open(spec, read=True).result().read().result())


def read_zarrs(corpus: Path, array: str) -> NDArray:
    pytest.importorskip("zarrs", reason="the extra [bench] isn't installed")
    with zarr.config.set({"codec_pipeline.path": "zarrs.ZarrsCodecPipeline"}):
        return np.asarray(zarr.open_group(str(corpus / "data.zarr"), mode="r")[array])


def slow_samples(sources: Path, corpus: Path) -> tuple[NDArray, NDArray]:
    """Compose every sample again, pixel by pixel, from the source files and the rows of the table."""
    backgrounds = [np.asarray(Image.open(sources / f"bg/room{b + 1}.png")) for b in range(B)]
    cutouts = []
    for c in range(C):
        rgba = np.asarray(Image.open(sources / f"fg/person{c + 1}.png"))
        cutouts += [rgba, rgba[:, ::-1]]
    images, masks = [], []
    for row in pq.read_table(corpus / "manifest/samples.parquet").to_pylist():
        image, mask = references.compose(
            backgrounds[row["background"]], cutouts[row["cutout"]], row["x_px"], row["y_px"]
        )
        images.append(image)
        masks.append(mask)
    return np.array(images), np.array(masks)


@pytest.mark.parametrize("read", [read_zarr, read_tensorstore, read_zarrs])
def test_every_sample_is_the_slow_composition_of_the_source_files(sources: Path, composed: Path, read: Any) -> None:
    images, masks = slow_samples(sources, composed)
    assert images.shape == (B * 2 * C * K, H, W, 3)
    assert np.array_equal(read(composed, "image"), images)
    assert np.array_equal(read(composed, "mask"), masks)


def test_every_sample_is_the_slow_composition_of_the_prepared_arrays(composed: Path) -> None:
    backgrounds, cutouts = (read_zarr(composed, name) for name in ("background", "cutout"))
    images = read_zarr(composed, "image")
    for row in pq.read_table(composed / "manifest/samples.parquet").to_pylist():
        rgba = cutouts[row["cutout"], : row["height_px"], : row["width_px"]]
        image, _ = references.compose(backgrounds[row["background"]], rgba, row["x_px"], row["y_px"])
        assert np.array_equal(images[row["sample"]], image)


def test_a_sample_by_index_and_by_each_of_its_names_is_the_same(labelled: Path) -> None:
    corpus = Corpus(labelled)
    assert len(corpus) == B * 2 * C * K
    for i in (0, 17, len(corpus) - 1):
        sample = corpus[i]
        assert sample.row["sample"] == i
        assert sample.cutout.shape[0] == CUTOUT_HEIGHT
        for kind in ("image", "mask", "depth"):
            again = corpus[sample.row[f"{kind}_name"]]
            assert again.row == sample.row
            assert np.array_equal(again.image, sample.image)
            assert again.depth_m is not None
            assert sample.depth_m is not None
            assert np.array_equal(again.depth_m, sample.depth_m)
        assert int((sample.mask >= 128).sum()) == sample.row["visible_px"]
    assert corpus[-1].row["sample"] == len(corpus) - 1


def test_what_is_not_there_is_a_lookup_error(labelled: Path) -> None:
    corpus = Corpus(labelled)
    for number in (len(corpus), -len(corpus) - 1):
        with pytest.raises(
            IndexError, match=rf"corpus\[{number}\]: it has {len(corpus)} samples, 0 to {len(corpus) - 1}"
        ):
            corpus[number]
    for name in ("bg999_fg001_001.jpeg", "bg001.jpeg", "cat.png"):
        with pytest.raises(KeyError, match=name):
            corpus[name]


def test_samples_are_counted_as_python_counts(labelled: Path) -> None:
    corpus = Corpus(labelled)
    assert [sample.row["sample"] for sample in corpus] == list(range(len(corpus)))
    assert corpus[np.int64(-1)].row["sample"] == len(corpus) - 1
    with pytest.raises(
        TypeError, match=r"a sample at a time: \[corpus\[i\] for i in range\(2, 5\)\], or an array: corpus.r"
    ):
        corpus[2:5]  # type: ignore[index]
    with pytest.raises(TypeError, match=r"corpus\[1.5\]: give the number of a sample, or the name"):
        corpus[1.5]  # type: ignore[index]


def test_an_unfinished_sample_names_the_command(planned: Path) -> None:
    with pytest.raises(Problem, match=r"shard 0 of image is not done: run `bgfg compose"):
        Corpus(planned)[0]


def test_an_unlabelled_sample_has_no_depth(composed: Path) -> None:
    assert Corpus(composed)[0].depth_m is None


def test_what_is_no_corpus_is_named(tmp_path: Path) -> None:
    with pytest.raises(Problem, match=r"not a planned corpus.*bgfg plan"):
        Corpus(tmp_path)


class Unreadable:
    """An array whose library can't take what is stored."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def __getitem__(self, _: object) -> Any:
        raise self._error


@pytest.mark.parametrize("error", [MemoryError(), OverflowError("an index of 2^64"), ValueError("other bytes")])
def test_what_the_library_of_arrays_cannot_read_is_a_problem(
    composed: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    corpus = Corpus(composed)
    monkeypatch.setattr(corpus.parts[0], "_stored_pixels", lambda _: Unreadable(error))
    with pytest.raises(
        Problem, match=r"data.zarr/image: can't be read \((MemoryError|an index|other bytes).*restore it"
    ):
        corpus.read("image", slice(0, 1))


def test_one_sample_is_read_as_zarr_reads_it(labelled: Path) -> None:
    corpus = Corpus(labelled)
    for array in ("image", "mask", "depth"):
        by_zarr = corpus.read(array, slice(None))
        for i in (*range(0, len(corpus), 7), -1):
            assert np.array_equal(corpus.read(array, i), by_zarr[i])
    with pytest.raises(IndexError):
        corpus.read("mask", len(corpus))


def test_a_sample_that_is_not_made_is_zero_and_one_of_a_damaged_shard_a_problem(
    composed: Path, copy_of: Callable[[Path], Path]
) -> None:
    corpus = Corpus(copy_of(composed))
    corpus.chunk_path("mask", 0).unlink()
    assert not corpus.read("mask", 0).any()
    shard = bytearray(corpus.chunk_path("image", 0).read_bytes())
    shard[10] ^= 1
    corpus.chunk_path("image", 0).write_bytes(shard)
    with pytest.raises(Problem, match=r"data.zarr/image: can't be read \(chunk 0 doesn't match its checksum\)"):
        corpus.read("image", 0)


def test_a_failed_shard_leaves_nothing_under_its_name(planned: Path, copy_of: Any) -> None:
    corpus = Corpus(copy_of(planned))

    def fail() -> None:
        with corpus.write_shard("mask", 1) as writer:
            writer.append(np.zeros((K, H, W), np.uint8))
            raise OSError("torn off")

    with pytest.raises(OSError, match="torn off"):
        fail()
    assert not corpus.chunk_path("mask", 1).exists()
    assert list((corpus.path / ".partial").iterdir()) == []


@pytest.mark.parametrize("name", ["samples.parquet", "assets.parquet"])
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_no_row_of_a_damaged_table_is_used(composed: Path, tmp_path: Path, name: str, data: st.DataObject) -> None:
    copy = tmp_path / "corpus"
    if not copy.exists():
        copytree(composed, copy)
    whole = (composed / "manifest" / name).read_bytes()
    (copy / "manifest" / name).write_bytes(data.draw(damaged(whole)))
    assert "changed since it was planned" in refusal(lambda: Corpus(copy)[0])
