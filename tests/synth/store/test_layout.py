"""How the arrays lie on disk."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import zarr

from bgfg.data_manifests.corpus.geometry import CorpusGeometry, blocks_per_shard
from bgfg.synth.store.corpus import Corpus
from bgfg.synth.store.layout import array_layouts, metadata_bytes
from tests.support.tiny_corpus import B, C, H, K, W


@pytest.mark.parametrize(
    ("array", "dtype", "shape", "chunk", "codecs"),
    [
        ("image", "uint8", (B * 2 * C * K, H, W, 3), (K, H, W, 3), ["transpose", "bytes", "zstd", "crc32c"]),
        ("mask", "uint8", (B * 2 * C * K, H, W), (K, H, W), ["bytes", "zstd", "crc32c"]),
        ("depth", "uint8", (B * 2 * C * K, H, W), (K, H, W), ["bytes", "zstd", "crc32c"]),
    ],
)
def test_sharded_arrays_are_what_the_format_says(
    labelled: Path, array: str, dtype: str, shape: tuple[int, ...], chunk: tuple[int, ...], codecs: list[str]
) -> None:
    stored = zarr.open_array(labelled / "data.zarr" / array, mode="r")
    assert (str(stored.dtype), stored.shape, stored.chunks) == (dtype, shape, chunk)
    assert stored.shards == (2 * C * K, *shape[1:])
    metadata = json.loads(metadata_bytes(Corpus(labelled).layouts[array]))
    assert [codec["name"] for codec in metadata["codecs"]] == ["sharding_indexed"]
    assert [codec["name"] for codec in metadata["codecs"][0]["configuration"]["codecs"]] == codecs
    assert metadata["dimension_names"][:3] == ["sample", "y", "x"]
    assert metadata["attributes"]["long_name"]


def test_prepared_arrays_are_what_the_format_says(planned: Path) -> None:
    group = zarr.open_group(planned / "data.zarr", mode="r")
    shapes = {name: (str(array.dtype), array.shape, array.chunks) for name, array in group.arrays()}
    assert shapes["background"] == ("uint8", (B, H, W, 3), (1, H, W, 3))
    assert shapes["cutout"] == ("uint8", (2 * C, 7, 7, 4), (1, 7, 7, 4))
    assert shapes["background_depth"] == ("uint16", (B, H, W), (1, H, W))
    assert set(group.attrs) == {"format", "version", "digest"}


def test_the_default_corpus_has_the_numbers_of_the_format() -> None:
    image = array_layouts(CorpusGeometry(100, 100, 20, 224, 224, 110, (110, 110)), False, None)["image"]
    assert image.shape == (400_000, 224, 224, 3)
    assert (image.chunk_shape, image.shard) == ((20, 224, 224, 3), 4_000)
    assert image.stored_shape == (224, 20, 224, 3)


@pytest.mark.parametrize(
    ("cutouts", "blocks"), [(2, 2), (200, 200), (400, 400), (2_000, 200), (2_018, 1_009), (598, 299)]
)
def test_a_shard_never_crosses_a_background_and_stays_near_two_hundred_blocks(cutouts: int, blocks: int) -> None:
    assert blocks_per_shard(cutouts) == blocks
    assert cutouts % blocks == 0
