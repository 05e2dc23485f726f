"""Blocks are decoded into the slots that were asked for, byte by byte what the store has; damage is a line."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import zarr

from bgfg.data_manifests.terminal.errors import Problem
from bgfg.synth.store.block_decoder import BlockDecoder, DecodeTimes, ShardFrames
from bgfg.synth.store.corpus import Corpus
from tests.support.tiny_corpus import H, K, W


def empty_pool(slots: int) -> dict[str, np.ndarray]:
    shapes = {"image": (H, W, 3), "mask": (H, W), "depth": (H, W)}
    return {name: np.full((slots, *shape), 7, np.uint8) for name, shape in shapes.items()}


def test_placements_come_into_their_slots(labelled: Path) -> None:
    pool = empty_pool(9)
    decoder = BlockDecoder(ShardFrames(Corpus(labelled)), pool)
    stored = zarr.open_group(labelled / "data.zarr", mode="r")
    for block, placements, slots in ((5, [0, 3, 1], [8, 2, 0]), (0, list(range(K)), [1, 3, 5, 7])):
        decoder.decode(block, np.array(placements), np.array(slots))
        for array, pixels in pool.items():
            expected = np.asarray(stored[array])[[block * K + k for k in placements]]
            assert np.array_equal(pixels[slots], expected)
    assert (pool["image"][[4, 6]] == 7).all()
    assert decoder.times.read_s > 0
    assert decoder.times.decode_s > 0


@pytest.mark.parametrize("array", ["image", "depth"])
def test_a_damaged_block_names_its_shard_and_the_command(
    labelled: Path, copy_of: Callable[[Path], Path], array: str
) -> None:
    corpus = Corpus(copy_of(labelled))
    path = corpus.chunk_path(array, 1)
    data = bytearray(path.read_bytes())
    data[20] ^= 1
    path.write_bytes(data)
    decoder = BlockDecoder(ShardFrames(corpus), empty_pool(K))
    with pytest.raises(Problem, match=rf"{path}: chunk 0 doesn't match its checksum: see `bgfg verify"):
        decoder.decode(corpus.parts[0].samples_per_shard // K, np.arange(K), np.arange(K))


def test_a_missing_shard_is_named(labelled: Path, copy_of: Callable[[Path], Path]) -> None:
    corpus = Corpus(copy_of(labelled))
    corpus.chunk_path("mask", 0).unlink()
    with pytest.raises(Problem, match=r"mask/c/0/0/0: .*see `bgfg verify"):
        BlockDecoder(ShardFrames(corpus), empty_pool(K)).decode(0, np.arange(K), np.arange(K))


def test_a_corpus_that_is_planned_anew_meanwhile_is_told_as_such(
    labelled: Path, copy_of: Callable[[Path], Path]
) -> None:
    corpus = Corpus(copy_of(labelled))
    decoder = BlockDecoder(ShardFrames(corpus), empty_pool(K))
    shutil.rmtree(corpus.path / "manifest")  # as between two renames of `bgfg plan --replace`
    corpus.chunk_path("mask", 0).unlink()
    with pytest.raises(Problem, match="planned or labelled anew while it was read"):
        decoder.decode(0, np.arange(K), np.arange(K))


def test_times_add_up() -> None:
    assert DecodeTimes(1, 2, 3, 4) + DecodeTimes(read_s=1, idle_s=2) == DecodeTimes(2, 2, 3, 6)
    assert DecodeTimes(1, 2, 3, 4) - DecodeTimes(read_s=1, idle_s=2) == DecodeTimes(0, 2, 3, 2)
